"""The platform's API: asked with the token, its errors told apart by what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import aiohttp
import msgspec

from hub import AuthFailed, Context, NotReady, Rejected
from hub_qq.codes import Fate, code_of, fate_of
from hub_qq.config import QQConfig
from hub_qq.tokens import Tokens
from hub_qq.waiting import within
from hub_qq.words import reason, word

Form = Callable[[], aiohttp.FormData]

LONGEST_WORDS: Final = 200
LARGE: Final = 256 * 1024


class Unreached(NotReady):
    """The platform was not reached: what was asked has not happened."""


class NoAnswer(NotReady):
    """The platform was asked and did not answer: nobody knows what has happened."""


class Failed(Rejected):
    """The platform said no: what was asked has not happened. `fate` tells what to do."""

    def __init__(self, message: str, code: int, fate: Fate, retry_after: float | None) -> None:
        super().__init__(message, code=str(code))
        self.fate = fate
        self.retry_after = retry_after


class Api:
    """Asks the platform."""

    def __init__(self, ctx: Context, config: QQConfig, tokens: Tokens) -> None:
        self._ctx = ctx
        self._config = config
        self._tokens = tokens

    async def call(self, method: str, path: str, asked: Any = None, *, form: Form | None = None) -> Any:
        """The answer's JSON; `form` makes a multipart body. Raises Failed, NoAnswer, Unreached.

        A token the platform does not take is renewed, once.
        """
        token = await self._token("")
        try:
            return await self._once(method, path, asked, form, token)
        except Failed as failed:
            if failed.fate is not Fate.TOKEN:
                raise
            again = await self._token(token)
            if again == token:
                raise Unreached(word(self._ctx.locale, "no_token")) from failed
        try:
            return await self._once(method, path, asked, form, again)
        except Failed as failed:
            if failed.fate is not Fate.TOKEN:
                raise
            raise Unreached(word(self._ctx.locale, "no_token")) from failed

    async def _token(self, rejected: str) -> str:
        try:
            return await (self._tokens.renew(rejected) if rejected else self._tokens.get())
        except AuthFailed as error:
            # A message waits for better credentials; it is not lost for wrong ones.
            raise Unreached(str(error)) from error
        except NotReady as error:
            raise Unreached(str(error), retry_after=error.retry_after) from error

    async def _once(self, method: str, path: str, asked: Any, form: Form | None, token: str) -> Any:
        locale = self._ctx.locale
        body: Any = form() if form is not None else await self._encoded(asked)
        try:
            status, retry_after, raw = await within(
                self._ctx, self._config.timeout, self._request(method, path, body, token)
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreached(word(locale, "unreached", why=type(error).__name__)) from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise NoAnswer(word(locale, "no_answer")) from error
        try:
            said = msgspec.json.decode(raw) if raw else {}
        except msgspec.DecodeError:
            said = {}
        code = code_of(said)
        if not code and status < 400:
            return said
        raise self._failure(code, status, said, retry_after)

    async def _encoded(self, asked: Any) -> bytes | None:
        if asked is None:
            return None
        large = any(isinstance(value, str) and len(value) > LARGE for value in asked.values())
        return await self._ctx.run_sync(msgspec.json.encode, asked) if large else msgspec.json.encode(asked)

    async def _request(self, method: str, path: str, body: Any, token: str) -> tuple[int, float | None, bytes]:
        headers = {"Authorization": f"QQBot {token}", "X-Union-Appid": self._config.app_id}
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/json"
        url = f"{self._config.hosts.api.rstrip('/')}{path}"
        async with self._ctx.http.request(method, url, data=body, headers=headers) as answer:
            return answer.status, _seconds(answer.headers.get("Retry-After", "")), await answer.read()

    def _failure(self, code: int, status: int, said: Any, retry_after: float | None) -> NotReady | Failed:
        locale, fate = self._ctx.locale, fate_of(code, status)
        if fate is Fate.BROKEN:
            return NoAnswer(word(locale, "no_answer"))
        number = code or status
        if fate is Fate.BUSY:
            return Failed(word(locale, "busy", code=number), number, fate, retry_after)
        words = str(said.get("message") or "")[:LONGEST_WORDS] if isinstance(said, dict) else ""
        why = reason(locale, str(code), words or f"HTTP {status}")
        return Failed(word(locale, "refused", code=number, why=why), number, fate, retry_after)


def _seconds(value: str) -> float | None:
    return float(value) if value.isdigit() else None
