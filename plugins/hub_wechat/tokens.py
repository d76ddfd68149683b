"""An account's access token: asked for once whoever waits, kept in the store for all instances and restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from hub import AuthFailed, Context, StoreUnavailable
from hub.tables import Change
from hub_wechat.tables import ACCESS, Statements
from hub_wechat.words import word

Fetch = Callable[[], Awaitable[tuple[str, float]]]

MARGIN: Final = 60.0
"""Seconds before its end when a token is not used any more."""

PAUSE: Final = 60.0
"""Seconds in which nobody asks for another token, after two in a row were not accepted."""


class Tokens:
    """The token of `app_id`. `fetch` asks the platform for it (stable_token) and says for how many seconds it is good."""

    def __init__(self, ctx: Context, app_id: str, fetch: Fetch) -> None:
        self._ctx = ctx
        self._app_id = app_id
        self._fetch = fetch
        self._token = ""
        self._until = 0.0
        self._quiet_until = 0.0
        self._lock = asyncio.Lock()

    async def get(self) -> str:
        """A token that should be good."""
        return self._token if self._good() else await self.another("")

    def _good(self) -> bool:
        return bool(self._token) and self._until - MARGIN > self._ctx.clock.now()

    async def another(self, rejected: str) -> str:
        """A token other than `rejected`, which the platform did not accept. One asks the platform, all get what it said.

        Raises AuthFailed without asking when two in a row were not accepted a moment ago.
        """
        async with self._lock:
            if self._good() and self._token != rejected:
                return self._token
            if await self._stored() and self._token != rejected:
                return self._token
            if self._quiet_until > self._ctx.clock.now():
                raise AuthFailed(word(self._ctx.locale, "token", code=40001))
            token, seconds = await self._fetch()
            await self._keep(token, self._ctx.clock.now() + seconds)
            if token == rejected:
                self.distrust(token)
            return token

    def distrust(self, token: str) -> None:
        """The platform gave this token last, and did not accept it."""
        if token == self._token:
            self._quiet_until = self._ctx.clock.now() + PAUSE

    async def _stored(self) -> bool:
        """Take what another instance, process or run has stored; True when it is still good."""
        row = await self._ctx.reader.one(ACCESS, self._app_id)
        if row is None:
            return False
        self._token, self._until = row["token"], row["until_at"] / 1000
        return self._good()

    async def _keep(self, token: str, until: float) -> None:
        self._token, self._until = token, until
        change = Change()
        change.write(Statements.put_token, (self._app_id, token, int(until * 1000)))
        try:
            await self._ctx.commit(change)
        except StoreUnavailable as error:
            # It is good all the same; the next run asks for it again.
            self._ctx.log.warning("an access token could not be kept", error=str(error))
