"""Files customers send: fetched while the message waits a moment, kept by the hub's media store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import aiohttp

from hub import Attachment, Context, Element, File, HubError, Image, NotReady, Unsupported, Video, Voice
from hub_qq.config import QQConfig
from hub_qq.events import Attached
from hub_qq.waiting import within

CHUNK = 64 * 1024


class Fetching:
    """Makes elements of attachments.

    What cannot be fetched in time, is too large or of a kind that is not kept stays a link to the platform, as long as that
    keeps it: the message is not held up and not lost for it.
    """

    def __init__(self, ctx: Context, config: QQConfig) -> None:
        self._ctx = ctx
        self._files = config.files

    async def elements(self, files: Sequence[Attached], owner: str) -> tuple[Element, ...]:
        """All of them, in their order. `owner` is who sent them."""
        return tuple(await asyncio.gather(*(self._element(one, owner) for one in files)))

    async def _element(self, file: Attached, owner: str) -> Element:
        try:
            kept = await within(self._ctx, self._files.seconds, self._kept(file, owner))
        except (NotReady, Unsupported):
            # Nobody keeps files here, or not now.
            kept = None
        except (HubError, aiohttp.ClientError, TimeoutError, OSError) as error:
            self._ctx.count("qq_files_left")
            self._ctx.log.info("a customer's file stays at the platform", reason=_why(error))
            kept = None
        return _element(file, kept)

    async def _kept(self, file: Attached, owner: str) -> Attachment:
        store, most = self._ctx.media, int(self._files.max_bytes)
        async with self._ctx.http.get(file.url) as answer:
            answer.raise_for_status()
            return await store.keep(
                _chunks(answer), owner=owner, name=file.name, max_bytes=most, types=self._files.types
            )


async def _chunks(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async for chunk in answer.content.iter_chunked(CHUNK):
        yield chunk


def _element(file: Attached, kept: Attachment | None) -> Element:
    media, name, size = (kept.id, kept.name, kept.size) if kept else (file.url, file.name, file.size)
    mime = kept.mime if kept else file.kind if "/" in file.kind else ""
    kind = (mime or file.kind).partition("/")[0]
    if kind == "image":
        width, height = (kept.width, kept.height) if kept else (file.width, file.height)
        return Image(media, "", name, mime, width, height, size)
    if kind in ("voice", "audio"):
        return Voice(media, 0, file.transcript, mime, size)
    if kind == "video":
        return Video(media, 0, name, mime, size)
    return File(media, name or "file", mime, size)


def _why(error: Exception) -> str:
    """Without the address: it lets whoever has it see the file."""
    return str(error) if isinstance(error, HubError) else type(error).__name__
