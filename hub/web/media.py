"""Files people send: typed by their content, kept under data/media, handed out so that a browser runs nothing of them.

A file is complete on the disk before its row is stored, and the row before anybody hears of its id.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import secrets
from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from hub.errors import Refused, StoreError
from hub.message import Element
from hub.store.change import Change
from hub.store.reader import marks
from hub.store.statements import Statements
from hub.web.images import PICTURES, PLAYABLE, TEXT, plain, size_of
from hub.web.intake import Intake, settle, too_large

if TYPE_CHECKING:
    from hub.hub import Hub

LARGEST_SIDE: Final = 20_000
"""Pixels; a larger picture is made to hurt whoever decodes it."""

LINK_STEP: Final = 600
"""Links made within so many seconds are the same, so that browsers can keep what they fetched."""

_ID: Final = re.compile(r"[0-9a-f]{32}")
_UNWANTED: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]+')
_MALFORMED: Final = (ValueError, RuntimeError, HttpProcessingError)
"""What aiohttp raises for a multipart body that is none."""

_CHUNK: Final = 64 * 1024
_ENVELOPE: Final = 16 * 1024
"""What multipart adds to a file, at most."""


class Attachment(msgspec.Struct, frozen=True):
    """A stored file. `size` in bytes; `width` and `height` in pixels, 0 where it is no picture."""

    id: str
    owner: str
    name: str
    mime: str
    size: int
    width: int = 0
    height: int = 0


class Media:
    """The files of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._folder = hub.data / "media"
        self._folder.mkdir(parents=True, exist_ok=True)
        for part in self._folder.glob("*.part"):
            part.unlink()

    # -- in -------------------------------------------------------------------------------------

    async def store(
        self,
        chunks: AsyncIterable[bytes],
        *,
        owner: str,
        name: str,
        declared: str = "",
        max_bytes: int,
        types: Collection[str],
    ) -> Attachment:
        """Keep a file of one of the MIME `types` with at most `max_bytes` bytes; `owner` may then send it.

        Raises Refused: 413 `too_large`, 415 `type_not_allowed` or `lying_type` (the content is not what `declared`
        says), 422 `empty` or `picture_too_large`. Then, and when the store fails, nothing is left.
        """
        allowed = frozenset(plain(mime) for mime in types)
        claim = _claim(declared)
        if claim and claim not in allowed:
            raise _type_refused(claim)
        new = secrets.token_hex(16)
        async with Intake(self._folder / f"{new}.part", self._hub.run_sync, max_bytes) as intake:
            async for chunk in chunks:
                await intake.take(chunk)
            mime = _checked_type(intake.mime, claim, allowed, intake.size)
            width, height = size_of(mime, bytes(intake.head))
            if max(width, height) > LARGEST_SIDE:
                raise Refused(422, "picture_too_large", f"a picture has at most {LARGEST_SIDE} pixels a side")
            attachment = Attachment(new, owner, clean_name(name), mime, intake.size, width, height)
            await intake.finish(self._folder / new)
        await self._commit(attachment, intake.digest)
        return attachment

    async def _commit(self, attachment: Attachment, digest: str) -> None:
        a, now = attachment, int(self._hub.clock.now() * 1000)
        change = Change()
        row = (a.id, a.owner, a.name, a.mime, a.size, a.width, a.height, digest, now)
        change.write(Statements.add_attachment, row)
        try:
            await self._hub.store.commit(change)
        except StoreError:
            settle(self._folder / a.id, None)
            raise

    async def multipart(
        self, request: web.Request, *, owner: str, max_bytes: int, types: Collection[str]
    ) -> Attachment:
        """Keep the file of a request's multipart field ``file``. Raises Refused as `store`, and 400 where there is none."""
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
        declared = part.headers.get("Content-Type", "")
        return await self.store(
            _chunks(part), owner=owner, name=part.filename or "", declared=declared, max_bytes=max_bytes, types=types
        )

    # -- out ------------------------------------------------------------------------------------

    async def get(self, id: str) -> Attachment | None:
        """The file of this id."""
        if not _ID.fullmatch(id):
            return None
        sql = "SELECT id, owner, name, mime, size, width, height FROM attachment WHERE id = ?"
        row = await self._hub.store.reader.one(sql, id)
        return None if row is None else Attachment(**row)

    def path_of(self, attachment: Attachment) -> Path:
        """Where the bytes are, for channels that pass them on."""
        return self._folder / attachment.id

    def response(self, _: web.Request, attachment: Attachment) -> web.FileResponse:
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
        return web.FileResponse(self.path_of(attachment), headers=headers)

    # -- links ----------------------------------------------------------------------------------

    def url_for(self, id: str, prefix: str, lifetime: int = 3600) -> str:
        """An address below `prefix` that works for `lifetime` seconds (and up to ten minutes more) for whoever has it."""
        until = math.ceil((self._hub.clock.now() + lifetime) / LINK_STEP) * LINK_STEP
        return f"{prefix.rstrip('/')}/{id}?token={until:x}.{self._sign(id, until)}"

    def check_link(self, id: str, token: str) -> bool:
        """Is this a token `url_for` made for this file, and not too old?"""
        text, _, signature = token.partition(".")
        try:
            until = int(text, 16)
        except ValueError:
            return False
        genuine = hmac.compare_digest(self._sign(id, until).encode(), signature.encode("utf-8", "replace"))
        return genuine and until > self._hub.clock.now()

    def _sign(self, id: str, until: int) -> str:
        return hmac.new(self._hub.secret, f"media:{id}:{until}".encode(), hashlib.sha256).hexdigest()[:40]

    # -- messages -------------------------------------------------------------------------------

    async def check_body(self, body: Iterable[Element], owner: str) -> None:
        """Raise Refused 422 `unknown_media` unless each file of the message is `owner`'s, or a web address."""
        named = {media for element in body if (media := getattr(element, "media", None)) is not None}
        ids = [media for media in named if not media.startswith(("https://", "http://"))]
        if not ids:
            return
        sql = f"SELECT id FROM attachment WHERE owner = ? AND id IN ({marks(ids)})"  # noqa: S608 - question marks only
        rows = await self._hub.store.reader.all(sql, owner, *ids)
        if len(rows) != len(ids):
            raise Refused(422, "unknown_media", "the message names a file that was not uploaded by its sender")


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while True:
        try:
            chunk = await part.read_chunk(_CHUNK)
        except _MALFORMED as error:
            raise Refused(400, "bad_request", "the multipart body is malformed") from error
        if not chunk:
            return
        yield chunk


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


def clean_name(name: str) -> str:
    """A file's name without folders and letters that do harm; at most 200 characters, its ending kept."""
    base = name.replace("\\", "/").rpartition("/")[2]
    base = _UNWANTED.sub("_", base).strip(" .") or "file"
    stem, dot, ending = base.rpartition(".")
    if len(base) > 200 and dot and len(ending) <= 10:
        return f"{stem[: 199 - len(ending)]}.{ending}"
    return base[:200]


def disposition(name: str, *, inline: bool) -> str:
    """The header that gives a file its name: plain for old readers, then as it is written."""
    plainly = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\%' else "_" for letter in name
    )
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plainly}\"; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"
