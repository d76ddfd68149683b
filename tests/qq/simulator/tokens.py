"""Access tokens: the same one until a minute before its end, then a new one, while the old one lives on for that minute."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final

OVERLAP: Final = 60.0


class Tokens:
    """Gives out tokens. `asked` counts how often; `lifetime` is in seconds."""

    def __init__(self, app_id: str, secret: str, now: Callable[[], float], lifetime: float) -> None:
        self.asked = 0
        self.lifetime = lifetime
        self._app_id = app_id
        self._secret = secret
        self._now = now
        self._ends: dict[str, float] = {}

    def give(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request for a token; like the platform's, an error comes with status 200."""
        self.asked += 1
        if asked.get("appId") != self._app_id or asked.get("clientSecret") != self._secret:
            return {"code": 100016, "message": "invalid appid or secret"}
        now = self._now()
        for token, end in self._ends.items():
            if end - now > OVERLAP:
                return {"access_token": token, "expires_in": str(int(end - now))}
        token = secrets.token_urlsafe(32)
        self._ends[token] = now + self.lifetime
        return {"access_token": token, "expires_in": str(int(self.lifetime))}

    def valid(self, authorization: str) -> bool:
        """Is this an ``Authorization`` with a token that lives?"""
        scheme, _, token = authorization.partition(" ")
        return scheme == "QQBot" and self._ends.get(token, 0) > self._now()

    def revoke(self) -> None:
        """None of the tokens is good any more."""
        self._ends.clear()

    def age(self, left: float) -> None:
        """The latest token ends in `left` seconds."""
        for token in self._ends:
            self._ends[token] = self._now() + left
