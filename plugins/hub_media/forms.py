"""The file in a request's form."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from hub import Refused
from hub_media.intake import too_large

_MALFORMED: Final = (ValueError, RuntimeError, HttpProcessingError)
"""What aiohttp raises for a multipart body that is none."""

_CHUNK: Final = 64 * 1024
_ENVELOPE: Final = 16 * 1024
"""What multipart adds to a file, at most."""


async def file_of(request: web.Request, max_bytes: int) -> BodyPartReader:
    """The multipart field ``file``. Raises Refused where there is none (400, 415, 422), or more than `max_bytes` (413)."""
    if request.content_type != "multipart/form-data":
        raise Refused(415, "unsupported_media_type", "send the file as multipart/form-data")
    if (request.content_length or 0) > max_bytes + _ENVELOPE:
        raise too_large(max_bytes)
    try:
        part = await (await request.multipart()).next()
    except _MALFORMED as error:
        raise Refused(400, "bad_request", "the multipart body is malformed") from error
    if not isinstance(part, BodyPartReader) or part.name != "file":
        raise Refused(422, "no_file", "the first field has to be the file, and be called file")
    return part


async def chunks_of(part: BodyPartReader) -> AsyncIterator[bytes]:
    """What the field holds, in pieces. Raises Refused (400) for a broken form."""
    while True:
        try:
            chunk = await part.read_chunk(_CHUNK)
        except _MALFORMED as error:
            raise Refused(400, "bad_request", "the multipart body is malformed") from error
        if not chunk:
            return
        yield chunk
