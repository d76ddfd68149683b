"""The media store: typed by content, complete on its shelf before its row is stored, and the row before anybody hears of it."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterable, AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import ClassVar, Final, TypeVar

from aiohttp import web

from hub import Attachment, HubError, MediaStore, PluginConfig, Refused
from hub.tables import Change
from hub_media.forms import chunks_of, file_of
from hub_media.intake import Intake
from hub_media.kinds import PICTURES, PLAYABLE, TEXT, plain, size_of
from hub_media.links import Links
from hub_media.names import clean_name, disposition
from hub_media.shelf import DiskShelf, Shelf
from hub_media.tables import ADD, DROP, FIND

C = TypeVar("C", bound=PluginConfig)

LARGEST_SIDE: Final = 20_000
"""Pixels; a larger picture is made to hurt whoever decodes it."""

_ID: Final = re.compile(r"[0-9a-f]{32}")


class Media(MediaStore[C]):
    """Keeps files in the hub's data folder; a subclass may give another `shelf`."""

    tables: ClassVar[str] = "hub_media.tables"

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Sweep up what a crash left half done; keep files while running."""
        self._links = Links(self.ctx.secret("links"))
        self._shelf = self.shelf()
        for part in self.ctx.files.glob("*.part"):
            part.unlink()
        yield

    def shelf(self) -> Shelf:
        """Where complete files stay; asked for once, at the start."""
        return DiskShelf(self.ctx.files, self.ctx.run_sync)

    # -- in -------------------------------------------------------------------------------------

    async def keep(
        self,
        chunks: AsyncIterable[bytes],
        *,
        owner: str,
        name: str,
        declared: str = "",
        max_bytes: int,
        types: Collection[str],
    ) -> Attachment:
        """See `MediaStore.keep`.

        Refuses with 413 `too_large`, 415 `type_not_allowed` or `lying_type` (the content is not what `declared` says),
        422 `empty` or `picture_too_large`.
        """
        allowed = frozenset(plain(mime) for mime in types)
        claim = _claim(declared)
        if claim and claim not in allowed:
            raise _type_refused(claim)
        new = secrets.token_hex(16)
        async with Intake(self.ctx.files / f"{new}.part", self.ctx.run_sync, max_bytes) as intake:
            async for chunk in chunks:
                await intake.take(chunk)
            mime = _checked_type(intake.mime, claim, allowed, intake.size)
            width, height = size_of(mime, bytes(intake.head))
            if max(width, height) > LARGEST_SIDE:
                raise Refused(422, "picture_too_large", f"a picture has at most {LARGEST_SIDE} pixels a side")
            await self._shelf.put(new, await intake.finish())
        attachment = Attachment(new, owner, clean_name(name), mime, intake.size, width, height)
        try:
            await self._note(attachment, intake.digest)
        except HubError:
            await self._shelf.drop(new)
            raise
        return attachment

    async def _note(self, attachment: Attachment, digest: str) -> None:
        a, now = attachment, int(self.ctx.clock.now() * 1000)
        change = Change()
        change.write(ADD, (a.id, a.owner, a.name, a.mime, a.size, a.width, a.height, digest, now))
        await self.ctx.commit(change)

    async def multipart(
        self, request: web.Request, *, owner: str, max_bytes: int, types: Collection[str]
    ) -> Attachment:
        """See `MediaStore.multipart`. Refuses as `keep`, and with 400, 415 or 422 where there is no file."""
        part = await file_of(request, max_bytes)
        declared = part.headers.get("Content-Type", "")
        name, chunks = part.filename or "", chunks_of(part)
        return await self.keep(chunks, owner=owner, name=name, declared=declared, max_bytes=max_bytes, types=types)

    # -- out ------------------------------------------------------------------------------------

    async def get(self, id: str) -> Attachment | None:
        """See `MediaStore.get`."""
        row = await self.ctx.reader.one(FIND, id) if _ID.fullmatch(id) else None
        return None if row is None else Attachment(**row)

    def read(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """See `MediaStore.read`."""
        return self._shelf.read(attachment.id)

    async def response(self, request: web.Request, attachment: Attachment) -> web.StreamResponse:
        """The file as an answer: shown by the browser where that is harmless, else downloaded under its name."""
        mime = attachment.mime
        inline = mime in PICTURES or mime in PLAYABLE
        headers = {
            "Content-Type": f"{mime}; charset=utf-8" if mime == TEXT else mime,
            "Content-Disposition": disposition(attachment.name, inline=inline),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=86400, immutable",
        }
        return await self._shelf.response(request, attachment.id, headers)

    async def erase(self, id: str) -> None:
        """See `MediaStore.erase`. The row goes first: bytes nobody can ask for are worth less than a row without bytes."""
        if _ID.fullmatch(id):
            change = Change()
            change.write(DROP, (id,))
            await self.ctx.commit(change)
            await self._shelf.drop(id)

    # -- links ----------------------------------------------------------------------------------

    def url_for(self, id: str, prefix: str, lifetime: float = 3600) -> str:
        """See `MediaStore.url_for`; works up to ten minutes longer."""
        return f"{prefix.rstrip('/')}/{id}?token={self._links.token(id, self.ctx.clock.now(), lifetime)}"

    def check_link(self, id: str, token: str) -> bool:
        """See `MediaStore.check_link`."""
        return self._links.check(id, token, self.ctx.clock.now())


def _claim(declared: str) -> str:
    """What the sender says the file is; "" where they do not say."""
    mime = plain(declared)
    if mime in ("application/octet-stream", "binary/octet-stream"):
        return ""
    return TEXT if mime.startswith("text/") else mime


def _checked_type(found: str, claim: str, allowed: Collection[str], size: int) -> str:
    if not size:
        raise Refused(422, "empty", "the file is empty")
    if claim == "audio/mp4" and found == "video/mp4":
        # One container; only the sender knows that there is no picture in it.
        found = claim
    if claim and claim != found:
        raise Refused(415, "lying_type", f"the file says it is {claim} and is not")
    if found not in allowed:
        raise _type_refused(found)
    return found


def _type_refused(mime: str) -> Refused:
    return Refused(415, "type_not_allowed", f"files of the type {mime or 'unknown'} are not taken")
