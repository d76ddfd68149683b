"""The envelope, written from the platform's description and not with the library the channel uses."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


@dataclass(frozen=True)
class Seal:
    """Token, EncodingAESKey and receiver (the corp's id)."""

    token: str
    aes_key: str
    receiver: str

    def _cipher(self) -> Cipher[modes.CBC]:
        key = base64.b64decode(f"{self.aes_key}=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def encrypt(self, text: str, *, salt: bytes = b"") -> str:
        """16 random bytes, the length, the text, the receiver; padded to 32."""
        data = text.encode()
        plain = (salt or secrets.token_bytes(16)) + len(data).to_bytes(4, "big") + data + self.receiver.encode()
        padding = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()

    def decrypt(self, sealed: str) -> str:
        """The text; raises ValueError for another receiver."""
        decryptor = self._cipher().decryptor()
        plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
        plain = plain[: -plain[-1]]
        length = int.from_bytes(plain[16:20], "big")
        if plain[20 + length :].decode() != self.receiver:
            raise ValueError("it is for another receiver")
        return plain[20 : 20 + length].decode()

    def sign(self, timestamp: str, nonce: str, sealed: str) -> str:
        """`msg_signature`."""
        return hashlib.sha1("".join(sorted((self.token, timestamp, nonce, sealed))).encode()).hexdigest()
