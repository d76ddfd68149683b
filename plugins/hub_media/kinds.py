"""What a file is, by its first bytes, and how large a picture is, without decoding it."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Final

HEAD: Final = 256 * 1024
"""So many bytes from the start of a file are enough for everything here."""

TEXT: Final = "text/plain"
ZIP: Final = "application/zip"
PICTURES: Final = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
PLAYABLE: Final = frozenset(
    ("audio/mpeg", "audio/ogg", "audio/wav", "audio/amr", "audio/mp4", "video/mp4", "video/webm")
)

_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"PK\x03\x04", ZIP),
)
_WITHIN_RIFF: Final[Mapping[bytes, str]] = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_OFFICE: Final[tuple[tuple[bytes, str], ...]] = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MP3_SYNC: Final = frozenset((0xFA, 0xFB, 0xF2, 0xF3, 0xE2, 0xE3))

_ALIASES: Final[Mapping[str, str]] = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "audio/webm": "video/webm",
    "video/ogg": "audio/ogg",
    "application/ogg": "audio/ogg",
    "application/x-zip-compressed": ZIP,
}


def type_of(head: bytes) -> str:
    """The MIME type of a file that begins with `head`; "" when it is none of those we know. Text is not looked for."""
    for start, mime in _STARTS:
        if head.startswith(start):
            return _office(head) if mime == ZIP else mime
    if head[:4] == b"RIFF":
        return _WITHIN_RIFF.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:11] in (b"M4A", b"M4B") else "video/mp4"
    if len(head) > 2 and head[0] == 0xFF and head[1] in _MP3_SYNC:
        return "audio/mpeg"
    return ""


def _office(head: bytes) -> str:
    """Office documents are ZIP files; the names of their parts tell which."""
    if b"[Content_Types].xml" in head or b"_rels/" in head:
        return next((mime for part, mime in _OFFICE if part in head), ZIP)
    return ZIP


def plain(mime: str) -> str:
    """A type as we write it: lower case, without parameters, one name for each."""
    name = mime.partition(";")[0].strip().lower()
    return _ALIASES.get(name, name)


def is_plain_text(text: str) -> bool:
    """Has it no control characters but those that lay out text?"""
    return not _CONTROL.search(text)


def size_of(mime: str, head: bytes) -> tuple[int, int]:
    """Width and height of a picture in pixels, from its header; (0, 0) where the header does not tell."""
    read = {"image/png": _png, "image/gif": _gif, "image/webp": _webp, "image/jpeg": _jpeg}.get(mime)
    if read is None:
        return 0, 0
    try:
        return read(head)
    except (struct.error, IndexError):
        return 0, 0


def _png(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", head, 16) if head[12:16] == b"IHDR" else (0, 0)
    return width, height


def _gif(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", head, 6)
    return width, height


def _webp(head: bytes) -> tuple[int, int]:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L" and head[20] == 0x2F:
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset((0x01, *range(0xD0, 0xD9)))


def _jpeg(head: bytes) -> tuple[int, int]:
    """From marker to marker until the one that begins a frame."""
    at = 2
    while head[at] == 0xFF:
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        else:
            at += 2 + max(2, struct.unpack_from(">H", head, at + 2)[0])
    return 0, 0
