"""Files for customers: given to the platform first, which answers with a name that a message then carries."""

from __future__ import annotations

import asyncio
import base64
from typing import Any, Final
from weakref import WeakValueDictionary

import msgspec

from hub import Attachment, Context, File, Image, Refused, Rejected, Video, Voice
from hub_qq.api import Api
from hub_qq.places import Place
from hub_qq.words import word

LARGEST: Final = 10 * 1024 * 1024
"""Bytes of a file that travels in the request."""

REMEMBERED: Final = 500
SOONER: Final = 30_000

_PLAYS: Final = frozenset(("audio/wav", "audio/mpeg", "audio/silk", "audio/flac"))

Media = Image | File | Voice | Video


class _Known(msgspec.Struct, frozen=True):
    info: str
    until: int | None


class Uploading:
    """Uploads files, each once for all groups and once for all single chats while the platform keeps it."""

    def __init__(self, ctx: Context, api: Api) -> None:
        self._ctx = ctx
        self._api = api
        self._known: dict[tuple[str, str], _Known] = {}
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def info(self, place: Place, media: Media) -> str:
        """The platform's name of the file. Raises Rejected for one it cannot have, NotReady when it does not answer."""
        key = (place.scene, media.media)
        async with self._turns.setdefault(key, asyncio.Lock()):
            known, now = self._known.get(key), int(self._ctx.clock.now() * 1000)
            if known is not None and (known.until is None or known.until > now):
                return known.info
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[key] = await self._uploaded(place, media, now)
            return known.info

    async def _uploaded(self, place: Place, media: Media, now: int) -> _Known:
        asked: dict[str, Any] = {"srv_send_msg": False}
        if _is_link(media.media):
            asked |= {"file_type": _kind(media, media.mime), "url": media.media}
        else:
            kept, content = await self.content(media.media)
            data = (await self._ctx.run_sync(base64.b64encode, content)).decode()
            asked |= {"file_type": _kind(media, kept.mime), "file_data": data}
            if asked["file_type"] == 4:
                asked["file_name"] = kept.name
        answer = await self._api.call("POST", f"{place.path}/files", asked)
        info, lasts = str(answer.get("file_info") or ""), answer.get("ttl")
        if not info:
            raise Rejected(word(self._ctx.locale, "refused", code=0, why="file_info"))
        until = now + int(lasts) * 1000 - SOONER if isinstance(lasts, int) and lasts > 0 else None
        return _Known(info, until)

    async def content(self, id: str) -> tuple[Attachment, bytes]:
        """One of the hub's files, whole. Raises Rejected when it is gone or too large."""
        kept = await self._ctx.media.get(id)
        if kept is None:
            raise Rejected(word(self._ctx.locale, "gone"))
        if kept.size > LARGEST:
            raise Rejected(word(self._ctx.locale, "too_large", most=LARGEST // 1024 // 1024))
        try:
            return kept, b"".join([chunk async for chunk in self._ctx.media.read(kept)])
        except Refused as error:
            raise Rejected(word(self._ctx.locale, "gone")) from error


def _is_link(media: str) -> bool:
    return media.startswith(("https://", "http://"))


def _kind(media: Media, mime: str) -> int:
    """1 picture, 2 film, 3 voice, 4 file: also for sounds and films of a kind that the platform does not play."""
    match media:
        case Image():
            return 1
        case Video() if mime in ("", "video/mp4"):
            return 2
        case Voice() if mime in ("", *_PLAYS):
            return 3
        case _:
            return 4
