"""The envelope of a push: signature, age, and the three modes of encryption. Whatever is wrong with it is refused here."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.utils import WeChatSigner

from hub import Refused
from hub.house import Clock
from hub.pages import attempt
from hub_wechat.config import WeChatConfig
from hub_wechat.forms import Form, read, text_of, write

MAX_BODY: Final = 256 * 1024
"""Bytes; a push has a few thousand, and files come by their ids."""


class _Sealing(PrpCrypto):  # type: ignore[misc]
    """wechatpy's AES, with random bytes nobody can foresee."""

    def get_random_string(self) -> str:
        return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Opened:
    """A push that is from the platform: its fields, the form they came in, and the key that opened it (None: it was plain)."""

    fields: Mapping[str, Any]
    form: Form
    crypto: WeChatCrypto | None = None


def signature(*parts: str) -> str:
    """The platform's signature of these parts."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    return str(signer.signature)


class Envelopes:
    """Opens pushes and seals answers. `count` counts what is refused."""

    def __init__(self, config: WeChatConfig, clock: Clock, count: Callable[[str], None]) -> None:
        self._token = config.token.get_secret_value()
        self._mode = config.mode
        self._window = config.replay_window
        self._app_id = config.app_id
        self._keys = tuple(WeChatCrypto(self._token, key, config.app_id) for key in config.aes_keys)
        self._clock = clock
        self._count = count

    def check(self, query: Mapping[str, str]) -> None:
        """Is the request signed by the platform, and not an old one? Raises Refused (403)."""
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not self._same(query.get("signature", ""), signature(self._token, stamp, nonce)):
            raise self._refused("bad_signature", "the signature is wrong")
        if not stamp.isascii() or not stamp.isdigit() or abs(self._clock.now() - int(stamp[:20])) > self._window:
            raise self._refused("replayed", f"this request is not of the last {self._window} s")

    def open(self, body: bytes, query: Mapping[str, str]) -> Opened:
        """What is in the envelope. Raises Refused: 403 for what is not for us, 400 for what is no message."""
        outer = attempt(read, body)
        if outer.value is None:
            raise self._refused("malformed", "the body is neither XML nor JSON of a message", 400)
        fields, form = outer.value
        if query.get("encrypt_type") != "aes":
            if self._mode == "safe" or ("Encrypt" in fields and "MsgType" not in fields):
                raise self._refused("not_encrypted", "this account takes encrypted messages only")
            return Opened(fields, form)
        if not self._keys:
            raise self._refused("encrypted", "this account takes plain messages only")
        return self._opened(text_of(fields, "Encrypt"), form, query)

    def _opened(self, sealed: str, form: Form, query: Mapping[str, str]) -> Opened:
        expected = signature(self._token, query.get("timestamp", ""), query.get("nonce", ""), sealed)
        if not self._same(query.get("msg_signature", ""), expected):
            raise self._refused("bad_signature", "the message's signature is wrong")
        for crypto in self._keys:
            text = attempt(_Sealing(crypto.key).decrypt, sealed, self._app_id).value
            if text is None:
                continue
            inner = attempt(read, text.encode())
            if inner.value is None:
                raise self._refused("malformed", "the encrypted message is neither XML nor JSON", 400)
            return Opened(inner.value[0], form, crypto)
        raise self._refused("not_for_us", "the message is encrypted for another account or with an unknown key")

    def seal(self, answer: str, opened: Opened) -> str:
        """`answer` in the envelope of the push it answers: encrypted with the key that opened that."""
        if opened.crypto is None:
            return answer
        sealed = _Sealing(opened.crypto.key).encrypt(answer, self._app_id).decode()
        stamp, nonce = str(int(self._clock.now())), secrets.token_hex(8)
        signed = signature(self._token, stamp, nonce, sealed)
        return write({"Encrypt": sealed, "MsgSignature": signed, "TimeStamp": int(stamp), "Nonce": nonce}, opened.form)

    def _same(self, given: str, expected: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())

    def _refused(self, code: str, message: str, status: int = 403) -> Refused:
        self._count(f"wechat_refused_{code}")
        return Refused(status, code, message)
