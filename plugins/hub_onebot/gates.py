"""Who is let in: access tokens before a socket opens, signatures before an event is read."""

from __future__ import annotations

import hashlib
import hmac

from aiohttp import web
from pydantic import SecretStr

from hub import Refused


def check_token(request: web.Request, token: SecretStr) -> None:
    """Raise Refused: 401 where no access token is given, 403 where it is another."""
    given = _token_in(request)
    if not given:
        raise Refused(401, "no_token", "an access token is needed")
    if not hmac.compare_digest(_bytes(given), _bytes(token.get_secret_value())):
        raise Refused(403, "wrong_token", "the access token is wrong")


def _token_in(request: web.Request) -> str:
    """From the header, or from the address for those who cannot set headers."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        return value.strip() if scheme.lower() in ("bearer", "token") else ""
    return request.query.get("access_token", "")


def check_signature(request: web.Request, body: bytes, secret: SecretStr) -> None:
    """Raise Refused: 401 where the body is not signed, 403 where the signature is another's."""
    given = request.headers.get("X-Signature", "")
    if not given:
        raise Refused(401, "no_signature", "the event is not signed")
    right = hmac.new(_bytes(secret.get_secret_value()), body, hashlib.sha1).hexdigest()
    if not hmac.compare_digest(_bytes(given), f"sha1={right}".encode()):
        raise Refused(403, "wrong_signature", "the signature is wrong")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
