"""What all routes of the core share: JSON out, checked values in."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from hub.errors import Refused
from hub.web.operations import Operation

_encoder: Final = msgspec.json.Encoder()
_GUARDED: Final = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
_HEADERS: Final = CIMultiDict({"Content-Type": "application/json", "Cache-Control": "no-store", **_GUARDED})
"""JSON concerns whoever is signed in, so nobody on the way may keep it; and it is never a page."""
_ID: Final = re.compile(r"[0-9]{1,18}")


class JsonAnswer(web.Response):
    """An answer with all the headers it needs."""


def answer(value: Any, status: int = 200) -> web.Response:
    """`value` as JSON."""
    return JsonAnswer(body=_encoder.encode(value), status=status, headers=_HEADERS)


def id_in_path(request: web.Request) -> int:
    """The ``{id}`` of the path. Raises Refused (404) where it cannot be one."""
    text = request.match_info["id"]
    if not _ID.fullmatch(text):
        raise Refused(404, "not_found", "there is nothing with this id")
    return int(text)


def number(request: web.Request, name: str, default: int, *, least: int = 0, most: int = 10**18) -> int:
    """A whole number of the query. Raises Refused (422)."""
    text = request.query.get(name)
    if text is None:
        return default
    if not _ID.fullmatch(text) or not least <= int(text) <= most:
        raise Refused(422, "invalid", f"{name} should be a whole number from {least} to {most}")
    return int(text)


def word(request: web.Request, name: str, default: str, *known: str) -> str:
    """A word of the query, one of `known`. Raises Refused (422)."""
    text = request.query.get(name, default)
    if text not in known:
        raise Refused(422, "invalid", f"{name} should be one of {', '.join(known)}")
    return text


def only_known(request: web.Request, doc: Operation) -> None:
    """Nothing in the query but what `doc` says. Raises Refused (400): what is not understood must not look as if it were."""
    unknown = request.query.keys() - {one.name for one in doc.parameters if one.place == "query"}
    if unknown:
        raise Refused(400, "unknown_parameter", f"there is no parameter {min(unknown)!r} here")
