"""A file while it comes in: counted, hashed, looked at, and on the disk when it is complete."""

from __future__ import annotations

import codecs
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

from hub import Refused, StoreUnavailable
from hub_media.kinds import HEAD, TEXT, is_plain_text, type_of

_WRITE_AT: Final = 256 * 1024

RunSync = Callable[..., Awaitable[Any]]


class Intake:
    """``async with`` it; `part`, where it is written, is gone afterwards. Disk work is done in threads, by `run_sync`.

    `size` counts bytes, `head` are the first of them, `digest` is the SHA-256 in hex.
    """

    def __init__(self, part: Path, run_sync: RunSync, max_bytes: int) -> None:
        self.size = 0
        self.head = bytearray()
        self._part = part
        self._run_sync = run_sync
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._hash = hashlib.sha256()
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_text = True
        self._file: BinaryIO | None = None

    async def __aenter__(self) -> Intake:
        try:
            self._file = await self._run_sync(self._part.open, "xb")
        except OSError as error:
            raise StoreUnavailable(f"a file cannot be kept: {error.strerror}") from error
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()
        self._part.unlink(missing_ok=True)

    @property
    def digest(self) -> str:
        """SHA-256 of what came, in hex."""
        return self._hash.hexdigest()

    @property
    def mime(self) -> str:
        """What it is, by its content; "" where nobody knows."""
        return type_of(bytes(self.head)) or (TEXT if self._is_text and self._ends_well() else "")

    def _ends_well(self) -> bool:
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        return True

    async def take(self, chunk: bytes) -> None:
        """The next bytes. Raises Refused (413) when there are too many, StoreUnavailable when the disk is full."""
        self.size += len(chunk)
        if self.size > self._max_bytes:
            raise too_large(self._max_bytes)
        self._hash.update(chunk)
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]
        if self._is_text:
            self._look_for_text(chunk)
        self._buffer += chunk
        if len(self._buffer) >= _WRITE_AT:
            await self._write()

    def _look_for_text(self, chunk: bytes) -> None:
        try:
            self._is_text = is_plain_text(self._decoder.decode(chunk))
        except UnicodeDecodeError:
            self._is_text = False

    async def _write(self) -> None:
        data, self._buffer = bytes(self._buffer), bytearray()
        assert self._file is not None
        try:
            await self._run_sync(self._file.write, data)
        except OSError as error:
            raise StoreUnavailable(f"a file cannot be kept: {error.strerror}") from error

    async def finish(self) -> Path:
        """Complete and safe on the disk; where it is until it is put on its shelf."""
        await self._write()
        assert self._file is not None
        try:
            await self._run_sync(_close, self._file)
        except OSError as error:
            raise StoreUnavailable(f"a file cannot be kept: {error.strerror}") from error
        return self._part


def _close(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def too_large(max_bytes: int) -> Refused:
    """The refusal of a file that has more bytes than it may."""
    return Refused(413, "too_large", f"a file has at most {max_bytes} bytes")
