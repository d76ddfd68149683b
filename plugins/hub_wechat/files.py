"""Files customers send: fetched while the push waits, kept by the media store before the platform forgets them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import aiohttp
from wechatpy.utils import json as wechat_json

from hub import Attachment, Context, Element, File, HubError, Image, NotReady, Refused, Text, Unsupported, Video, Voice
from hub.pages import outcome_of
from hub_wechat.client import Api
from hub_wechat.config import Media
from hub_wechat.forms import text_of
from hub_wechat.pushes import Push
from hub_wechat.shared import Shared
from hub_wechat.troubles import GONE, TOKEN_CODES, trouble
from hub_wechat.words import word

PATIENCE: Final = 2.5
"""Seconds a push waits for its file; what takes longer comes as a message of its own."""

KINDS: Final = {"image": "image", "voice": "voice", "video": "video", "shortvideo": "video", "file": "file"}
SMALL: Final = 64 * 1024
TIMEOUT: Final = aiohttp.ClientTimeout(total=120, connect=10, sock_read=30)


class Gone(Exception):
    """The platform has the file no more."""


class Files:
    """Fetches what a push names. `kind_of` tells which pushes name a file."""

    def __init__(self, ctx: Context, api: Api, config: Media, api_url: str) -> None:
        self._ctx = ctx
        self._api = api
        self._config = config
        self._download_url = f"{api_url}/cgi-bin/media/get"
        self._fetching = Shared[Element | None](ctx, "file", PATIENCE)

    async def element(self, push: Push) -> tuple[Element, bool]:
        """What stands in the message, and whether the file is still to come.

        Tries of the same push share what is fetched.
        """
        task = await self._fetching.waited_for(push.key, lambda: self.fetched(push.fields, push.openid))
        found = task.result() if task.done() and not task.cancelled() else None
        if found is None:
            task.cancel()
            return Text(self._word(KINDS[push.name], "later", push.fields)), True
        return found, False

    async def fetched(self, fields: Mapping[str, Any], openid: str) -> Element | None:
        """The file as an element, or the words that stand for it; None when it may be there later."""
        kind = KINDS[text_of(fields, "MsgType").lower()]
        outcome = await outcome_of(self._kept(fields, openid, kind))
        if outcome.value is not None:
            return _element(kind, outcome.value, fields)
        match outcome.error:
            case Gone():
                return Text(self._word(kind, "gone", fields))
            case Unsupported() if kind == "image" and text_of(fields, "PicUrl").startswith("https://"):
                return Image(text_of(fields, "PicUrl"))
            case Refused(status=status) if status < 500:
                return Text(self._word(kind, "refused", fields))
            case Unsupported():
                return Text(self._word(kind, "refused", fields))
            case error:
                # Never its text: the address, with the token, may be in there.
                told = str(error) if isinstance(error, HubError) else type(error).__name__
                self._ctx.log.warning("a customer's file could not be fetched", kind=kind, error=told)
                return None

    def _word(self, kind: str, how: str, fields: Mapping[str, Any]) -> str:
        said = text_of(fields, "Recognition")
        return word(self._ctx.locale, f"{kind}_{how}") + (f" {said}" if said else "")

    async def close(self) -> None:
        """Nothing is fetched any more."""
        await self._fetching.close()

    # -- fetching -------------------------------------------------------------------------------

    async def _kept(self, fields: Mapping[str, Any], openid: str, kind: str) -> Attachment:
        # Raises before anything is fetched that nobody could keep.
        _ = self._ctx.media
        picture, media_id = text_of(fields, "PicUrl", 2000), text_of(fields, "MediaId", 500)
        name = text_of(fields, "Title", 300) or f"{kind}-{text_of(fields, 'MsgId', 64)}"
        if picture:
            outcome = await outcome_of(self._by_url(picture, openid, name))
            if outcome.error is None or not media_id or isinstance(outcome.error, Refused):
                return outcome.result(self._ctx.name) if not isinstance(outcome.error, Gone) else _gone()
        if not media_id:
            raise Gone
        return await self._by_id(media_id, openid, name)

    async def _by_url(self, url: str, openid: str, name: str) -> Attachment:
        async with self._ctx.http.get(url, timeout=TIMEOUT) as answer:
            if answer.status in (403, 404, 410):
                raise Gone
            if answer.status != 200:
                raise NotReady(f"HTTP {answer.status}")
            return await self._keep(answer.content.iter_chunked(SMALL), openid, name)

    async def _by_id(self, media_id: str, openid: str, name: str) -> Attachment:
        """By the API, which answers with the bytes, with the address of a video, or with an error."""
        token = await self._api.tokens.get()
        for last in (False, True):
            params = {"access_token": token, "media_id": media_id}
            async with self._ctx.http.get(self._download_url, params=params, timeout=TIMEOUT) as answer:
                if answer.status != 200:
                    raise NotReady(f"HTTP {answer.status}")
                told, begin = await _told(answer)
                if told is None:
                    return await self._keep(_after(begin, answer), openid, name)
            if isinstance(told.get("video_url"), str):
                return await self._by_url(told["video_url"], openid, name)
            code = int(told.get("errcode", 0))
            if code == GONE:
                raise Gone
            if code not in TOKEN_CODES or last:
                raise trouble(code, str(told.get("errmsg", "")), self._ctx.locale)
            token = await self._api.tokens.another(token)
        raise Gone

    async def _keep(self, chunks: AsyncIterator[bytes], openid: str, name: str) -> Attachment:
        limits, owner = self._config, f"{self._ctx.name}:{openid}"
        return await self._ctx.media.keep(chunks, owner=owner, name=name, max_bytes=limits.max_bytes, types=limits.types)


def _gone() -> Attachment:
    raise Gone


async def _told(answer: aiohttp.ClientResponse) -> tuple[dict[str, Any] | None, bytes]:
    """The JSON that came instead of a file, or None and the file's first bytes."""
    if answer.content_type not in ("application/json", "text/plain", "text/json"):
        return None, b""
    begin = await answer.content.read(SMALL)
    try:
        found = wechat_json.loads(begin.decode())
    except ValueError:
        return None, begin
    told = isinstance(found, dict) and ("errcode" in found or "video_url" in found)
    return (found, b"") if told else (None, begin)


async def _after(begin: bytes, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    if begin:
        yield begin
    async for chunk in answer.content.iter_chunked(SMALL):
        yield chunk


def _element(kind: str, kept: Attachment, fields: Mapping[str, Any]) -> Element:
    if kind == "image":
        return Image(kept.id, name=kept.name, mime=kept.mime, width=kept.width, height=kept.height, size=kept.size)
    if kind == "voice":
        return Voice(kept.id, transcript=text_of(fields, "Recognition"), mime=kept.mime, size=kept.size)
    if kind == "video":
        return Video(kept.id, name=kept.name, mime=kept.mime, size=kept.size)
    return File(kept.id, kept.name, kept.mime, kept.size)
