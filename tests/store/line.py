"""A line to the PostgreSQL server that a test can cut, also in the very moment of a commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.databases import Postgres


class Line:
    """Passes everything on; `cut` ends it, `mend` lets it begin anew. `commits` are those seen so far."""

    def __init__(self, socket: str) -> None:
        self.port = 0
        self.commits = 0
        self._socket = socket
        self._whole = True
        self._lose = False
        self._ends: set[asyncio.StreamWriter] = set()

    def url(self, url: str) -> str:
        """The same database over this line."""
        where, _, _ = url.partition("?")
        return where.replace("@/", f"@127.0.0.1:{self.port}/")

    def cut(self) -> None:
        """Nobody gets through, and who was through is not any more."""
        self._whole = False
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        """As before."""
        self._whole = True

    def lose_the_next_commit(self) -> None:
        """The next commit reaches the server; the line breaks before the server's word comes back, once."""
        self._lose = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        if not self._whole:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_unix_connection(self._socket)
        mine = {writer, there_writer}
        self._ends |= mine
        lost = asyncio.Event()
        try:
            passing = [self._up(reader, there_writer, lost), self._down(there_reader, writer, lost)]
            await asyncio.wait([asyncio.ensure_future(way) for way in passing], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in mine:
                end.transport.abort()
            self._ends -= mine

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        while data := await _read(reader):
            if b"COMMIT;" in data:
                self.commits += 1
                if self._lose:
                    self._lose = False
                    lost.set()
            writer.write(data)

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        while data := await _read(reader):
            if lost.is_set():
                return
            writer.write(data)


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except ConnectionError:
        return b""


@asynccontextmanager
async def line_to(postgres: Postgres) -> AsyncIterator[Line]:
    """A line to the server."""
    line = Line(postgres.socket)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    async with server:
        yield line
        line.cut()
