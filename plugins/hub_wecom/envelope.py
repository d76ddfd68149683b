"""The envelope of callbacks: signed, encrypted, and meant for one corp."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Sequence

from wechatpy.enterprise.crypto import PrpCrypto
from wechatpy.enterprise.exceptions import InvalidCorpIdException

from hub import Refused


class Envelope:
    """Opens what the platform sends to `corp_id`. `keys` are EncodingAESKeys, the current one first."""

    def __init__(self, corp_id: str, token: str, keys: Sequence[str]) -> None:
        self._corp_id = corp_id
        self._token = token
        self._ciphers = [PrpCrypto(base64.b64decode(f"{key}=")) for key in keys if key]

    def check(self, signature: str, timestamp: str, nonce: str, sealed: str) -> None:
        """Raise Refused (401) unless the platform signed this."""
        parts = sorted(part.encode() for part in (self._token, timestamp, nonce, sealed))
        right = hashlib.sha1(b"".join(parts)).hexdigest()  # noqa: S324 - the platform's choice
        if not hmac.compare_digest(right.encode(), signature.encode()):
            raise Refused(401, "bad_signature", "the signature is wrong")

    def open(self, sealed: str) -> str:
        """What is inside. Raises Refused (403) where no key opens it, or it is meant for another corp."""
        for cipher in self._ciphers:
            try:
                opened: str = cipher.decrypt(sealed, self._corp_id)
            except InvalidCorpIdException:
                continue
            except (ValueError, binascii.Error, struct.error, IndexError):
                # What a wrong key leaves is noise, and may fail at any step.
                continue
            return opened
        raise Refused(403, "bad_envelope", "this was not encrypted for this corp with a key of ours")
