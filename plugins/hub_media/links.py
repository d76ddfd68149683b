"""Addresses of files that work for whoever has them, for a while."""

from __future__ import annotations

import hashlib
import hmac
import math
from typing import Final

STEP: Final = 600
"""Links made within so many seconds are the same, so that browsers can keep what they fetched."""


class Links:
    """Signs with `secret`."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, id: str, now: float, lifetime: float) -> str:
        """Good for `lifetime` seconds from `now`, and up to ten minutes more."""
        until = math.ceil((now + lifetime) / STEP) * STEP
        return f"{until:x}.{self._sign(id, until)}"

    def check(self, id: str, token: str, now: float) -> bool:
        """Is this a token for this file, and not too old?"""
        text, _, signature = token.partition(".")
        try:
            until = int(text, 16)
        except ValueError:
            return False
        genuine = hmac.compare_digest(self._sign(id, until).encode(), signature.encode("utf-8", "replace"))
        return genuine and until > now

    def _sign(self, id: str, until: int) -> str:
        return hmac.new(self._secret, f"{id}:{until}".encode(), hashlib.sha256).hexdigest()[:40]
