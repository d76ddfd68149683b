"""The words for those who enter a mini-program's customer service: at most two in a minute, while the platform lets them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from hub import Context, Rejected
from hub_wechat.actions import Quota
from hub_wechat.client import Api

JOB: Final = "greet"
MOST: Final = 2
WITHIN: Final = 60.0
REMEMBERED: Final = 10_000


class Greetings:
    """Greets by a job, so that the push need not wait for the API."""

    def __init__(self, ctx: Context, api: Api, quota: Quota, words: str) -> None:
        self._ctx = ctx
        self._api = api
        self._quota = quota
        self._words = words
        self._times: OrderedDict[str, list[float]] = OrderedDict()
        ctx.job(JOB, self._greet)

    async def soon(self, openid: str, key: str) -> None:
        """Greet somebody who has just come."""
        if self._words:
            await self._ctx.schedule(JOB, 0, {"openid": openid, "key": key}, key=key)

    async def _greet(self, payload: dict[str, Any]) -> None:
        openid, key, now = str(payload["openid"]), str(payload["key"]), self._ctx.clock.now()
        lately = [at for at in self._times.get(openid, []) if at > now - WITHIN]
        if len(lately) >= MOST:
            return
        # Noted before it goes: another job may look meanwhile.
        self._times[openid] = [*lately, now]
        self._times.move_to_end(openid)
        if len(self._times) > REMEMBERED:
            self._times.popitem(last=False)
        try:
            await self._quota.spend(openid, f"greeting:{key}", lambda: self._api.message.send_text(openid, self._words))
        except Rejected as error:
            # Too late, or the platform does not want it: a greeting is nothing to try again.
            self._ctx.log.info("a customer was not greeted", reason=str(error))
            return
        self._ctx.count("wechat_greeted")
