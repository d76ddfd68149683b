"""The names files are called by: without what does harm, and as a header says them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

# Half characters are what is left of a name that is not UTF-8; no database keeps them.
_UNWANTED: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u202a-\u202e\u2066-\u2069\ud800-\udfff]+')


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
