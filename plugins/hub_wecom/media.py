"""Files both ways: from the platform into the media store, and from there to the platform."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Final

import aiohttp

from hub import Attachment, Context, Element, File, Image, NotReady, Refused, Rejected, Text, Unsupported, Video, Voice
from hub_wecom.api import Api
from hub_wecom.codes import KfError
from hub_wecom.words import words

TYPES: Final = (
    "image/png", "image/jpeg", "image/gif", "image/webp",
    "audio/amr", "audio/mpeg", "audio/ogg", "audio/wav", "audio/mp4", "video/mp4", "video/webm",
    "application/pdf", "text/plain", "application/zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
)  # fmt: skip
"""What is taken from customers, by content."""

_MIB: Final = 1024 * 1024
UPLOADS: Final[dict[str, tuple[tuple[str, ...], int]]] = {
    "image": (("image/png", "image/jpeg"), 10 * _MIB),
    "voice": (("audio/amr",), 2 * _MIB),
    "video": (("video/mp4",), 10 * _MIB),
}
"""What the platform shows as a picture, a voice, a film: types and most bytes. Everything else goes as a file."""

MOST_BYTES: Final = 20 * _MIB
LEAST_BYTES: Final = 6
KEPT: Final = 60 * 3600.0
"""Seconds a media id is used again; the platform keeps files for three days."""

REMEMBERED: Final = 5000


class Media:
    """Brings files in (`receive`) and out (`media_id`)."""

    def __init__(self, ctx: Context, api: Api, max_bytes: int) -> None:
        self._ctx = ctx
        self._api = api
        self._max_bytes = max_bytes
        self._uploaded: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()

    # -- in -----------------------------------------------------------------------------------------

    async def receive(self, kind: str, media_id: str, owner: str, *, last_try: bool) -> Element:
        """The file as an element; words in its place where it is gone or cannot be kept.

        Raises NotReady while it is worth to try again, StoreUnavailable when nothing can be kept.
        """
        try:
            async with self._api.download(media_id) as found:
                store, declared = self._ctx.media, "" if kind != "voice" else "audio/amr"
                kept = await store.keep(
                    found.chunks, owner=owner, name=found.name or kind, declared=declared,
                    max_bytes=self._max_bytes, types=TYPES,
                )  # fmt: skip
        except KfError:
            return self._instead(f"{kind}_gone")
        except (Refused, Unsupported) as error:
            if isinstance(error, Refused) and error.status >= 500:
                raise
            self._ctx.count("wecom_files_refused")
            return self._instead(f"{kind}_refused")
        except NotReady:
            if not last_try:
                raise
            return self._instead(f"{kind}_gone")
        return _element(kind, kept)

    def _instead(self, key: str) -> Text:
        return Text(words(key, self._ctx.locale))

    # -- out ----------------------------------------------------------------------------------------

    async def media_id(self, media: str, wanted: str) -> tuple[str, str]:
        """The platform's type and id of a file of the hub's, or of an address on the web.

        `wanted` is image, voice, video or file; what the platform would not show as that goes as a file. Raises Rejected when
        the bytes are gone or too many.
        """
        until = self._ctx.clock.now()
        for kind in dict.fromkeys((wanted, "file")):
            found = self._uploaded.get((media, kind))
            if found is not None and found[1] > until:
                return kind, found[0]
        name, mime, data = await self._bytes(media)
        types, most = UPLOADS.get(wanted, ((), 0))
        kind = wanted if mime in types and len(data) <= most else "file"
        if not LEAST_BYTES <= len(data) <= MOST_BYTES:
            raise Rejected(f"WeCom takes files of {LEAST_BYTES} bytes to 20 MiB, this one has {len(data)} bytes")
        media_id = await self._api.upload(kind, name, mime, data)
        self._uploaded[media, kind] = (media_id, until + KEPT)
        if len(self._uploaded) > REMEMBERED:
            self._uploaded.popitem(last=False)
        return kind, media_id

    async def _bytes(self, media: str) -> tuple[str, str, bytes]:
        if media.startswith(("https://", "http://")):
            return await self._from_the_web(media)
        attachment = await self._ctx.media.get(media)
        if attachment is None:
            raise Rejected("the file is not there any more")
        try:
            data = await _joined(self._ctx.media.read(attachment))
        except Refused as error:
            raise Rejected(str(error)) from error
        return attachment.name, attachment.mime, data

    async def _from_the_web(self, url: str) -> tuple[str, str, bytes]:
        try:
            async with self._ctx.http.get(url) as answer:
                if answer.status != 200:
                    raise Rejected(f"the file's address answers {answer.status}")
                data = await _joined(answer.content.iter_chunked(64 * 1024))
                return url.rpartition("/")[2][:80] or "file", answer.content_type, data
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotReady(f"the file's address cannot be reached: {type(error).__name__}") from None


async def _joined(chunks: AsyncIterator[bytes]) -> bytes:
    data = bytearray()
    async for chunk in chunks:
        data += chunk
        if len(data) > MOST_BYTES:
            raise Rejected("WeCom takes files of at most 20 MiB")
    return bytes(data)


def _element(kind: str, kept: Attachment) -> Element:
    """A file as what the customer sent it as, by its content where that says something else."""
    if kind == "image" and kept.mime.startswith("image/"):
        return Image(kept.id, name=kept.name, mime=kept.mime, width=kept.width, height=kept.height, size=kept.size)
    if kind == "voice" and kept.mime.startswith("audio/"):
        return Voice(kept.id, mime=kept.mime, size=kept.size)
    if kind == "video" and kept.mime.startswith("video/"):
        return Video(kept.id, name=kept.name, mime=kept.mime, size=kept.size)
    return File(kept.id, kept.name, mime=kept.mime, size=kept.size)
