"""The access token: one for everybody, renewed by one, kept where the next start finds it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import aiohttp
import msgspec

from hub import AuthFailed, Context, NotReady
from hub_qq.codes import code_of
from hub_qq.config import QQConfig
from hub_qq.waiting import within
from hub_qq.words import word

EARLY: Final = 55_000
"""Milliseconds before its end from which a token is renewed. The platform gives a new one in the last minute of the old one."""

KEPT: Final = "token"


class _Token(msgspec.Struct, frozen=True):
    """`until` in milliseconds."""

    value: str = ""
    until: int = 0


class Tokens:
    """Gives out the token."""

    def __init__(self, ctx: Context, config: QQConfig) -> None:
        self._ctx = ctx
        self._config = config
        self._token = _Token()
        self._turn = asyncio.Lock()

    async def get(self) -> str:
        """A token that is good for a while. Raises AuthFailed for wrong credentials, NotReady while there is none."""
        if self._good(self._token):
            return self._token.value
        return await self._other_than("")

    async def renew(self, rejected: str) -> str:
        """Another token than this one, which the platform does not take; who comes after the first gets what that one got."""
        return await self._other_than(rejected)

    async def _other_than(self, rejected: str) -> str:
        async with self._turn:
            if not self._good(self._token) or self._token.value == rejected:
                # Another process may have renewed it.
                self._token = msgspec.convert(await self._ctx.data.get(KEPT, {}), _Token)
            if not self._good(self._token) or self._token.value == rejected:
                self._token = await self._fetch()
                await self._ctx.data.put(KEPT, {"value": self._token.value, "until": self._token.until})
            return self._token.value

    def _good(self, token: _Token) -> bool:
        return bool(token.value) and token.until - self._now() > EARLY

    async def _fetch(self) -> _Token:
        config, locale = self._config, self._ctx.locale
        asked = {"appId": config.app_id, "clientSecret": config.secret.get_secret_value()}
        try:
            status, said = await within(self._ctx, config.timeout, self._post(config.hosts.token, asked))
        except TimeoutError as error:
            raise NotReady(word(locale, "no_answer")) from error
        except aiohttp.ClientError as error:
            # Without what it says: that may name the request.
            raise NotReady(word(locale, "unreached", why=type(error).__name__)) from None
        self._ctx.count("qq_tokens")
        value = said.get("access_token") if isinstance(said, dict) else None
        if isinstance(value, str) and value:
            return _Token(value, self._now() + int(_seconds(said.get("expires_in")) * 1000))
        if status < 500 and status != 429 and (code := code_of(said)):
            raise AuthFailed(word(locale, "credentials", code=code))
        raise NotReady(word(locale, "no_token"))

    async def _post(self, url: str, asked: dict[str, str]) -> tuple[int, Any]:
        async with self._ctx.http.post(url, json=asked) as answer:
            try:
                return answer.status, msgspec.json.decode(await answer.read())
            except msgspec.DecodeError:
                return answer.status, None

    def _now(self) -> int:
        return int(self._ctx.clock.now() * 1000)


def _seconds(value: object) -> float:
    """`expires_in`, which is a number in quotes."""
    try:
        return float(value) if isinstance(value, str | int | float) else 0
    except ValueError:
        return 0
