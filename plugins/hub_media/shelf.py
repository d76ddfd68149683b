"""Where the bytes stay: on the disk, or wherever another shelf puts them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from aiohttp import web

from hub import Refused, StoreUnavailable

CHUNK: Final = 256 * 1024

RunSync = Callable[..., Awaitable[Any]]


class Shelf(Protocol):
    """Keeps complete files under their ids (32 letters and digits). Ids never come twice."""

    async def put(self, id: str, file: Path) -> None:
        """Keep the content of `file`; it is safe when this returns. `file` may be moved away and is deleted afterwards.

        Raises StoreUnavailable when it cannot be kept; then nothing is left.
        """
        ...

    async def drop(self, id: str) -> None:
        """Forget the file; harmless when there is none."""
        ...

    def read(self, id: str) -> AsyncIterator[bytes]:
        """Its bytes, in pieces. Raises Refused (404) when they are gone."""
        ...

    async def response(self, request: web.Request, id: str, headers: Mapping[str, str]) -> web.StreamResponse:
        """Its bytes as an answer with these headers. Raises Refused (404) when they are gone."""
        ...


class DiskShelf:
    """A folder with one file for each id."""

    def __init__(self, folder: Path, run_sync: RunSync) -> None:
        self._folder = folder
        self._run_sync = run_sync

    async def put(self, id: str, file: Path) -> None:
        """Under its final name, also after the power failed."""
        try:
            await self._run_sync(_move, file, self._folder / id)
        except OSError as error:
            raise StoreUnavailable(f"a file cannot be kept: {error.strerror}") from error

    async def drop(self, id: str) -> None:
        """Off the disk."""
        (self._folder / id).unlink(missing_ok=True)

    async def read(self, id: str) -> AsyncIterator[bytes]:
        """From the disk, in threads."""
        try:
            file: BinaryIO = await self._run_sync((self._folder / id).open, "rb")
        except FileNotFoundError as error:
            raise gone() from error
        with file:
            while chunk := await self._run_sync(file.read, CHUNK):
                yield chunk

    async def response(self, _: web.Request, id: str, headers: Mapping[str, str]) -> web.StreamResponse:
        """Sent by the kernel; a browser may ask for a part of it."""
        path = self._folder / id
        if not await self._run_sync(path.is_file):
            raise gone()
        return web.FileResponse(path, headers=dict(headers))


def gone() -> Refused:
    """The refusal of a file whose bytes are no longer there."""
    return Refused(404, "not_found", "the file is no longer there")


def _move(file: Path, final: Path) -> None:
    file.rename(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
