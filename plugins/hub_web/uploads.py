"""Files visitors send: within a quota, and theirs alone to send on."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from hub import Body, Context, Element, File, Image, MediaStore, NotReady, Refused, Unsupported
from hub_web.allowance import Allowance
from hub_web.config import Uploads as Limits
from hub_web.tokens import Visitor
from hub_web.words import refused, reworded

HOUR: Final = 3600


class Uploads:
    """Takes uploads, and checks that a message names only its sender's own. `name` is the instance's."""

    def __init__(self, ctx: Context, limits: Limits) -> None:
        self._ctx = ctx
        self._limits = limits
        self._files = Allowance(limits.per_hour, HOUR)
        self._bytes = Allowance(int(limits.bytes_per_hour), HOUR)

    @property
    def types(self) -> list[str]:
        """The MIME types that are taken; none where no plugin keeps files."""
        try:
            self._store(self._ctx.locale)
        except Refused as error:
            return [] if error.code == "no_files" else list(self._limits.types)
        return list(self._limits.types)

    def _store(self, locale: str) -> MediaStore[Any]:
        """What keeps the files. Raises Refused where nothing does (422) or it does not run (503)."""
        try:
            return self._ctx.media
        except Unsupported as error:
            raise refused("no_files", locale) from error
        except NotReady as error:
            raise refused("files_later", locale) from error

    async def take(self, request: web.Request, visitor: Visitor) -> dict[str, Any]:
        """Keep the request's file; returns what the message then refers to.

        Raises Refused, worded for the visitor: 400 for a broken form, 413 for too much, 415 for a kind that is
        not taken or a file that is not what it says, 422 without a file or where none are kept, 429 over the quota, 503 while
        they cannot be kept. Then nothing is kept.
        """
        store, most = self._store(visitor.locale), int(self._limits.max_bytes)
        size = most if request.content_length is None else min(request.content_length, most)
        now = self._ctx.clock.monotonic()
        if not self._files.spend(visitor.anonymous, now) or not self._bytes.spend(visitor.anonymous, now, size):
            raise refused("upload_quota", visitor.locale)
        try:
            kept = await store.multipart(request, owner=self._owner(visitor), max_bytes=most, types=self._limits.types)
        except Refused as error:
            raise reworded(error, visitor.locale, limit=f"{most / 1024 / 1024:.3g}") from error
        facts = {"mime": kept.mime, "size": kept.size, "width": kept.width, "height": kept.height, "name": kept.name}
        return {"media": kept.id, **facts}

    async def checked(self, body: Body, visitor: Visitor) -> Body:
        """The body with what the hub itself knows of its files. Raises Refused (422) for a file that is not the visitor's."""
        return tuple([await self._checked(element, visitor) for element in body])

    async def _checked(self, element: Element, visitor: Visitor) -> Element:
        if not isinstance(element, Image | File):
            return element
        kept = await self._store(visitor.locale).get(element.media)
        if kept is None or kept.owner != self._owner(visitor):
            raise refused("unknown_media", visitor.locale)
        if isinstance(element, File):
            return File(kept.id, kept.name, kept.mime, kept.size)
        if not kept.mime.startswith("image/"):
            raise refused("bad_message", visitor.locale)
        return Image(kept.id, element.alt[:200], kept.name, kept.mime, kept.width, kept.height, kept.size)

    def _owner(self, visitor: Visitor) -> str:
        """Stays the same when the visitor is recognised later."""
        return f"{self._ctx.name}:{visitor.anonymous}"
