"""Signatures and AES as the platform's documents describe them, written without wechatpy: two who agree were not one."""

from __future__ import annotations

import base64
import hashlib
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


def signature(*parts: str) -> str:
    """SHA-1 of the sorted parts, one after the other."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


class Sealed:
    """One EncodingAESKey with the appid that stands at the end of each plaintext."""

    def __init__(self, encoding_aes_key: str, appid: str) -> None:
        self._key = base64.b64decode(encoding_aes_key + "=")
        self._appid = appid.encode()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))

    def seal(self, text: str) -> str:
        """What stands in `Encrypt`."""
        data = text.encode()
        plain = os.urandom(16) + struct.pack(">I", len(data)) + data + self._appid
        padding = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()

    def open(self, sealed: str) -> str:
        """The text inside. Raises ValueError for another key or appid."""
        decryptor = self._cipher().decryptor()
        plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
        plain = plain[16 : -plain[-1]]
        if len(plain) < 4:
            raise ValueError("there is nothing inside")
        end = 4 + struct.unpack(">I", plain[:4])[0]
        if plain[end:] != self._appid:
            raise ValueError("sealed for another account")
        return plain[4:end].decode()
