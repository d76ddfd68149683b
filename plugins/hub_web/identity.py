"""Signed identities: the shop's own server says who a visitor is, by a JWT (HS256) with a shared secret."""

from __future__ import annotations

from typing import Final

import jwt
from pydantic import SecretStr

from hub_web.tokens import ALGORITHM
from hub_web.words import refused

LEEWAY: Final = 30
"""Seconds two servers' clocks may differ."""

FACTS: Final = ("name", "phone", "email")
KEYS: Final = ("phone", "email")
"""Facts that also tell other channels who somebody is; a shop may sign others, as the claim ``keys``."""

LONGEST: Final = 200
MOST_KEYS: Final = 10


def verify(token: str, secret: SecretStr, now: float, locale: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """The shop's id of the visitor, what the shop says about them, and the keys by which other channels may know them.

    Raises Refused (403) unless the signature, `sub` and `exp` are right at `now` (seconds).
    """
    key = secret.get_secret_value()
    if not key:
        raise refused("no_identity", locale)
    try:
        claims = jwt.decode(
            token, key, [ALGORITHM], options={"verify_exp": False, "verify_aud": False, "require": ["sub", "exp"]}
        )
    except (jwt.InvalidTokenError, TypeError):
        raise refused("invalid_identity", locale) from None
    subject, ends = claims["sub"], claims["exp"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST:
        raise refused("invalid_identity", locale)
    if isinstance(ends, bool) or not isinstance(ends, int | float) or now > ends + LEEWAY:
        raise refused("invalid_identity", locale)
    facts = {name: claims[name][:LONGEST] for name in FACTS if isinstance(claims.get(name), str) and claims[name]}
    return subject, facts, {**{name: facts[name] for name in KEYS if name in facts}, **_keys(claims.get("keys"))}


def _keys(said: object) -> dict[str, str]:
    if not isinstance(said, dict):
        return {}
    good = {kind: value for kind, value in said.items() if isinstance(kind, str) and isinstance(value, str) and value}
    return {kind[:40]: value[:LONGEST] for kind, value in list(good.items())[:MOST_KEYS]}
