"""The secrets of a claim: a code people type, a token machines carry, and what is kept of them instead."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

from hub import Body, Choice, Text

PREFIX: Final = "claim:"
"""The payload of a button, or the scene of a QR code, that carries a token."""

_CODE: Final = re.compile(r"[^\w$¥€£+-]*" + r"[\s-]?".join(4 * [r"(\d)"]) + r"[^\w$¥€£%]*")
"""Four digits as people and keyboards write them: in quotes and brackets, with a full stop, apart. A price or a time is none."""

LONGEST: Final = 40
"""Characters of a message that may be a code; a longer one says something else."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,40}")


def new_token() -> str:
    """A token nobody can guess; short enough for a QR scene of 64 characters."""
    return secrets.token_urlsafe(18)


def new_code(is_taken: Callable[[str], bool]) -> str:
    """Four digits, any of them as likely as the next, and none of those that are taken."""
    while is_taken(code := f"{secrets.randbelow(10_000):04}"):
        pass
    return code


def code_in(body: Body) -> str:
    """The code a message consists of; empty where it says something else, or more."""
    if len(body) != 1 or not isinstance(body[0], Text) or len(body[0].text) > LONGEST:
        return ""
    # Full-width digits, and without the marks nobody sees that come along when something is copied.
    text = unicodedata.normalize("NFKC", body[0].text)
    found = _CODE.fullmatch("".join(one for one in text if unicodedata.category(one) != "Cf"))
    return "".join(str(int(digit)) for digit in found.groups()) if found is not None else ""


def token_in(body: Body) -> str:
    """The token a message carries; empty where it carries none."""
    for element in body:
        if isinstance(element, Choice) and element.payload.startswith(PREFIX):
            token = element.payload.removeprefix(PREFIX)
            return token if _TOKEN.fullmatch(token) else ""
    return ""


class Digests:
    """What is stored of secrets: without the hub's key nobody can tell which they were."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, purpose: str, text: str) -> str:
        """64 hexadecimal digits."""
        return hmac.new(self._key, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()

    def matching(self, digest: str, known: Iterable[str]) -> int:
        """The place of `digest` among `known`, or -1; takes as long whether it is there or not."""
        found = -1
        for place, one in enumerate(known):
            found = place if hmac.compare_digest(one, digest) else found
        return found
