"""How the platform signs what it pushes: Ed25519, the seed made of the bot's secret."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def key_of(secret: str) -> Ed25519PrivateKey:
    """The secret, repeated until it has 32 bytes, cut there."""
    seed = secret.encode()
    while len(seed) < 32:
        seed *= 2
    return Ed25519PrivateKey.from_private_bytes(seed[:32])


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a push, in hex."""
    return key_of(secret).sign(timestamp.encode() + body).hex()
