"""Who a customer is beyond this account: the unionid, asked for once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub import Context, HubError, StoreUnavailable
from hub.pages import outcome_of
from hub.tables import Change
from hub_wechat.client import Api
from hub_wechat.shared import Shared
from hub_wechat.tables import CUSTOMER, Statements

PATIENCE: Final = 1.5
"""Seconds a push waits for the unionid of somebody new; later it is there for their next message."""

ASKED_AGAIN: Final = 24 * 3600.0
"""Seconds after which somebody without a unionid is asked about again."""

UNASKED_AFTER_TROUBLE: Final = 600.0
NOBODY: Final = "40003"
"""The platform does not know this openid, or no more."""

MOST_KNOWN: Final = 10_000


class Customers:
    """Unionids by openid. `asks` tells whether the platform is asked; in mini-programs it can be by a login code only."""

    def __init__(self, ctx: Context, api: Api, app_id: str, *, asks: bool) -> None:
        self._ctx = ctx
        self._api = api
        self._app_id = app_id
        self._asks = asks
        self._known: dict[str, tuple[str, str]] = {}
        self._asking = Shared[None](ctx, "unionid", PATIENCE)
        self._quiet_until = 0.0

    async def keys(self, openid: str) -> dict[str, str]:
        """What other channels may know them by; waits for the platform, but not long."""
        unionid, _ = await self._stored(openid)
        if not unionid and self._asks and openid not in self._known and self._quiet_until <= self._ctx.clock.now():
            await self._asking.waited_for(openid, lambda: self._ask(openid))
            unionid, _ = self._known.get(openid, ("", ""))
        return {"unionid": unionid} if unionid else {}

    async def attributes(self, openid: str) -> dict[str, Any]:
        """Facts for their person: where in the mini-program they came from."""
        _, session_from = await self._stored(openid)
        return {"wechat_session_from": session_from} if session_from else {}

    async def learn(self, openid: str, *, unionid: str = "", session_from: str = "") -> None:
        """Keep what somebody found out; what is empty stays as it was."""
        before = await self._stored(openid)
        facts = (unionid[:128] or before[0], session_from[:1000] or before[1])
        change, now = Change(), int(self._ctx.clock.now() * 1000)
        change.write(Statements.put_customer, (self._name(openid), *facts, now))
        # Remembered first: two things learnt at the same moment do not overwrite each other.
        self._remember(openid, facts)
        try:
            await self._ctx.commit(change)
        except HubError:
            self._known.pop(openid, None)
            raise

    async def login(self, openid: str, code: str) -> None:
        """Learn the unionid by a code of ``wx.login()``; waits for the platform, but not long."""
        await self._asking.waited_for(openid, lambda: self._log_in(openid, code))

    async def _log_in(self, openid: str, code: str) -> None:
        outcome = await outcome_of(self._api.wxa.code_to_session(code))
        answer: Any = outcome.value
        if not isinstance(answer, dict) or answer.get("openid") != openid:
            self._ctx.log.info("a login code told nothing", error=str(outcome.error or "it is somebody else's"))
            return
        await self._noted(openid, answer)

    async def close(self) -> None:
        """Nobody waits for an answer any more."""
        await self._asking.close()

    async def _ask(self, openid: str) -> None:
        outcome = await outcome_of(self._api.user.get(openid))
        if outcome.error is not None and getattr(outcome.error, "code", "") != NOBODY:
            self._quiet_until = self._ctx.clock.now() + UNASKED_AFTER_TROUBLE
            self._ctx.log.warning("a unionid could not be asked for", error=str(outcome.error))
            return
        await self._noted(openid, outcome.value if isinstance(outcome.value, dict) else {})

    async def _noted(self, openid: str, answer: Mapping[str, Any]) -> None:
        unionid = answer.get("unionid")
        try:
            await self.learn(openid, unionid=unionid if isinstance(unionid, str) else "")
        except HubError as error:
            self._ctx.log.warning("a unionid could not be kept", error=str(error))

    async def _stored(self, openid: str) -> tuple[str, str]:
        known = self._known.get(openid)
        if known is not None:
            return known
        try:
            row = await self._ctx.reader.one(CUSTOMER, self._name(openid))
        except StoreUnavailable:
            return "", ""
        if openid in self._known:
            # Learnt while the row was read.
            return self._known[openid]
        if row is None:
            if not self._asks:
                self._remember(openid, ("", ""))
            return "", ""
        found = (row["unionid"], row["session_from"])
        if row["unionid"] or row["asked_at"] > (self._ctx.clock.now() - ASKED_AGAIN) * 1000:
            self._remember(openid, found)
        return found

    async def forget(self, openid: str) -> None:
        """Nothing is known of them any more."""
        change = Change()
        change.write(Statements.drop_customer, (self._name(openid),))
        await self._ctx.commit(change)
        self._known.pop(openid, None)

    def _remember(self, openid: str, facts: tuple[str, str]) -> None:
        while len(self._known) >= MOST_KNOWN:
            self._known.pop(next(iter(self._known)))
        self._known[openid] = facts

    def _name(self, openid: str) -> str:
        return f"{self._app_id}:{openid}"
