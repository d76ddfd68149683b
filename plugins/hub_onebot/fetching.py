"""Pictures, voice, video and files of a message are fetched at once: the platform's links live for hours only."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Collection, Mapping
from functools import partial
from typing import Final

import aiohttp

from hub import Attachment, Context, NotReady, Refused, Unsupported
from hub_onebot.config import Media
from hub_onebot.cq import Segment

IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
SOUNDS: Final = frozenset({"audio/mpeg", "audio/ogg", "audio/wav", "audio/amr", "audio/mp4"})
FILMS: Final = frozenset({"video/mp4", "video/webm"})
DOCUMENTS: Final = frozenset(
    {
        "application/pdf",
        "text/plain",
        "application/zip",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)
TYPES: Final[Mapping[str, Collection[str]]] = {
    "image": IMAGES,
    "record": SOUNDS | {"video/mp4"},
    "video": FILMS,
    "file": IMAGES | SOUNDS | FILMS | DOCUMENTS,
}
_CHUNK: Final = 64 * 1024


class Fetcher:
    """Keeps what segments point to. A local path of the implementation's machine is nothing we read."""

    def __init__(self, ctx: Context, config: Media) -> None:
        self._ctx = ctx
        self._config = config

    async def fetch(self, segment: Segment, owner: str) -> Attachment | str:
        """The file of this segment; its web address where the hub keeps no files, and "" where it cannot be had.

        Raises StoreUnavailable.
        """
        source = _source(segment)
        if not source:
            return ""
        try:
            return await self._keep(source, segment, owner)
        except (Unsupported, NotReady):
            return source if source.startswith("https://") else ""
        except (Refused, aiohttp.ClientError, TimeoutError, ValueError) as error:
            self._ctx.count("onebot_media_lost")
            self._ctx.log.warning("a file could not be fetched", type=segment.type, error=type(error).__name__, why=_why(error))
            return ""

    async def _keep(self, source: str, segment: Segment, owner: str) -> Attachment:
        name, most, types = segment.data.get("name", ""), int(self._config.max_bytes), TYPES[segment.type]
        keep = partial(self._ctx.media.keep, owner=owner, name=name, max_bytes=most, types=types)
        if source.startswith("base64://"):
            data = base64.b64decode(source.removeprefix("base64://"), validate=True)
            return await keep(_pieces(data))
        timeout = aiohttp.ClientTimeout(total=self._config.seconds)
        async with self._ctx.http.get(source, timeout=timeout) as answer:
            if answer.status != 200:
                raise Refused(502, "not_there", f"the server answered {answer.status}")
            if (answer.content_length or 0) > most:
                raise Refused(413, "too_large", f"it has {answer.content_length} bytes")
            # What servers call a picture is often wrong; the content tells.
            return await keep(answer.content.iter_chunked(_CHUNK))


def _source(segment: Segment) -> str:
    """Where the bytes are: a web address, or the bytes themselves."""
    for name in ("url", "file"):
        value = segment.data.get(name, "")
        if value.startswith(("http://", "https://", "base64://")):
            return value
    return ""


def _why(error: Exception) -> str:
    # An aiohttp error may have the whole address in it, and with it a key to the file.
    return str(error)[:200] if isinstance(error, Refused) else ""


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), _CHUNK):
        yield data[start : start + _CHUNK]
