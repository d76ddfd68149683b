"""The access token: one for each secret, fetched by one at a time, kept in the store."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any, Final

import aiohttp

from hub import AuthFailed, Context, NotReady
from hub_wecom.codes import BAD_CREDENTIALS, KfError
from hub_wecom.config import WeComConfig

AHEAD: Final = 300.0
"""Seconds before its end a token is not used any more."""


class Tokens:
    """Gives out the current token. Whoever saw one rejected asks for another by `renew`."""

    def __init__(self, ctx: Context, config: WeComConfig) -> None:
        self._ctx = ctx
        self._config = config
        self._lock = asyncio.Lock()
        self._token = ""
        self._until = 0.0
        whose = f"{config.corp_id}:{config.secret.get_secret_value()}"
        # A token of another secret is none: the key tells them apart and tells nobody the secret.
        self._key = f"token:{hashlib.sha256(whose.encode()).hexdigest()[:24]}"

    async def get(self) -> str:
        """The token. Raises AuthFailed for wrong credentials, NotReady when the platform cannot be reached."""
        if self._token and self._until > self._ctx.clock.now():
            return self._token
        return await self.renew(self._token)

    async def renew(self, rejected: str) -> str:
        """A token other than `rejected`; many who ask at once cause one call."""
        async with self._lock:
            now = self._ctx.clock.now()
            if self._token != rejected and self._until > now:
                return self._token
            kept: dict[str, Any] = await self._ctx.data.get(self._key, {})
            if kept.get("value", rejected) != rejected and float(kept.get("until", 0)) > now:
                self._token, self._until = kept["value"], float(kept["until"])
                return self._token
            self._token, lifetime = await self._fetch()
            self._until = now + max(60.0, lifetime - AHEAD)
            await self._ctx.data.put(self._key, {"value": self._token, "until": self._until})
            return self._token

    async def _fetch(self) -> tuple[str, float]:
        query = {"corpid": self._config.corp_id, "corpsecret": self._config.secret.get_secret_value()}
        self._ctx.count("wecom_tokens")
        try:
            async with self._ctx.http.get(f"{self._config.base_url}/cgi-bin/gettoken", params=query) as answer:
                told = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            # The error's own words could name the address, and with it the secret.
            raise NotReady(f"WeCom cannot be reached: {type(error).__name__}") from None
        if not isinstance(told, dict):
            raise NotReady("WeCom's answer cannot be read")
        number = int(told.get("errcode", 0))
        if number in BAD_CREDENTIALS:
            raise AuthFailed(f"WeCom refuses the credentials: {KfError(number, str(told.get('errmsg', ''))).told} ({number})")
        if number or not told.get("access_token"):
            raise NotReady(f"WeCom gives no token now: {number}")
        return str(told["access_token"]), float(told.get("expires_in", 7200))
