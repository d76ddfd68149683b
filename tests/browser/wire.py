"""A wire between a page and the hub that a test can cut, restore, make deaf, and close to WebSockets: for real, in TCP."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

CHUNK: Final = 65_536
REFUSAL: Final = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Wire:
    """Passes on what comes to its own port. `url` stands in the pages instead of the hub's."""

    def __init__(self, hub_port: int) -> None:
        self._hub_port = hub_port
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()
        self._answers_pass = asyncio.Event()
        self._answers_pass.set()
        self.port = 0
        self.takes_sockets = True
        self.lost = 0

    @property
    def url(self) -> str:
        """Where pages find the hub."""
        return f"http://127.0.0.1:{self.port}"

    async def restore(self) -> None:
        """Listen, at the port it had before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, start_serving=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End every connection and take no new ones."""
        assert self._server is not None
        self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)
        await self._server.wait_closed()

    def lose_answers(self) -> None:
        """From now on what the pages say arrives, and what the hub says is lost."""
        self._answers_pass.clear()

    def pass_answers(self) -> None:
        """The hub is heard again; what was lost stays lost."""
        self._answers_pass.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        try:
            with contextlib.suppress(OSError):
                await self._join(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()  # the way a cable is pulled: no goodbye
        finally:
            writer.close()
            self._passing.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(CHUNK)
        if not self.takes_sockets and b"upgrade: websocket" in first.lower():
            writer.write(REFUSAL)
            await writer.drain()
            return
        hub_reader, hub_writer = await asyncio.open_connection("127.0.0.1", self._hub_port)
        try:
            hub_writer.write(first)
            await asyncio.gather(self._pass(reader, hub_writer), self._pass(hub_reader, writer, answers=True))
        finally:
            hub_writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool = False) -> None:
        while data := await reader.read(CHUNK):
            if answers and not self._answers_pass.is_set():
                self.lost += 1
                continue
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()
