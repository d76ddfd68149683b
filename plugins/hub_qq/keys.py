"""The bot's Ed25519 key, made of its secret: it proves to us who pushes, and to the platform who we are."""

from __future__ import annotations

import re
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

SEED: Final = 32

# What we sign for whoever asks is a text such as the platform's pushes are signed by: a time, then the body. So nothing is
# signed that could be a body: that begins with a brace.
_TIME: Final = re.compile(r"[0-9]{1,20}")
_TOKEN: Final = re.compile(r"[0-9A-Za-z_\-+/=.]{1,128}")


class Keys:
    """Checks signatures and answers the question of op 13."""

    def __init__(self, secret: SecretStr) -> None:
        text = secret.get_secret_value().encode()
        seed = text * (SEED // len(text) + 1)
        self._key = Ed25519PrivateKey.from_private_bytes(seed[:SEED])
        self._public = self._key.public_key()

    def signed(self, signature: str, timestamp: str, body: bytes) -> bool:
        """Is this the platform's signature of these very bytes?"""
        try:
            self._public.verify(bytes.fromhex(signature), timestamp.encode() + body)
        except (InvalidSignature, ValueError):
            return False
        return True

    def proof(self, plain_token: object, event_ts: object) -> str | None:
        """The signature the platform asks for (op 13), in hex; None for what it would not ask."""
        if not isinstance(plain_token, str) or not isinstance(event_ts, str):
            return None
        if not _TIME.fullmatch(event_ts) or not _TOKEN.fullmatch(plain_token):
            return None
        return self._key.sign(f"{event_ts}{plain_token}".encode()).hex()
