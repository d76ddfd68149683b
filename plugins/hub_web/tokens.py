"""Visitor tokens: who a page speaks for, signed with a key of this instance.

A token is a JWT (HS256) and opaque to pages. It is good for an hour and can be renewed for 30 days more; nothing is
stored for it, so a visitor who never writes leaves no trace.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

import jwt

from hub_web.config import Tokens
from hub_web.words import refused

ALGORITHM: Final = "HS256"
USER, ANONYMOUS = "user:", "visitor:"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in front of a page.

    `anonymous` is the id their browser got, `user` the shop's id where its server vouched for it ("" otherwise), `facts`
    what that server said about them (name, phone, email), `keys` by which other channels may know them.
    """

    anonymous: str
    user: str = ""
    facts: dict[str, str] = field(default_factory=dict, hash=False)
    locale: str = "zh-CN"
    keys: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def external_id(self) -> str:
        """The visitor's identity in this channel."""
        return USER + self.user if self.user else ANONYMOUS + self.anonymous

    @property
    def anonymous_id(self) -> str:
        """The identity they had before they were known."""
        return ANONYMOUS + self.anonymous


def new_anonymous() -> str:
    """An id nobody can guess."""
    return secrets.token_hex(12)


class VisitorTokens:
    """Makes and reads visitor tokens. Times are seconds of the hub's clock."""

    def __init__(self, key: bytes, lives: Tokens) -> None:
        self._key = key
        self._lives = lives

    def issue(self, visitor: Visitor, now: float) -> tuple[str, int]:
        """A token and when it ends (ms)."""
        ends = int(now) + self._lives.session
        claims: dict[str, Any] = {"vid": visitor.anonymous, "loc": visitor.locale, "exp": ends}
        if visitor.user:
            claims |= {"usr": visitor.user, "facts": visitor.facts, "keys": visitor.keys}
        return jwt.encode(claims, self._key, ALGORITHM), ends * 1000

    def read(self, token: str, now: float, *, renewing: bool = False, locale: str = "zh-CN") -> Visitor:
        """Whose token this is. Raises Refused (401) for one that is forged or over; `renewing` is more patient."""
        try:
            # The end is compared with the hub's clock below: PyJWT would ask the machine's.
            claims = jwt.decode(
                token, self._key, [ALGORITHM], options={"verify_exp": False, "require": ["vid", "loc", "exp"]}
            )
        except jwt.InvalidTokenError:
            raise refused("invalid_token", locale) from None
        grace = self._lives.renewal if renewing else 0
        if now >= claims["exp"] + grace:
            raise refused("expired_token", locale)
        return Visitor(claims["vid"], claims.get("usr", ""), claims.get("facts", {}), claims["loc"], claims.get("keys", {}))
