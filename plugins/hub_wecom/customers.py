"""Who customers are, as the platform tells: name, avatar and the id that joins them to other channels."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from hub import Context, NotReady, Sender
from hub.tables import Change, marks
from hub_wecom.api import Api
from hub_wecom.codes import KfError
from hub_wecom.tables import Statements

AT_ONCE: Final = 100
"""Customers the platform tells of in one call."""

KNOWN_FOR: Final = 24 * 3600 * 1000
"""Milliseconds after which it is asked again, when the customer writes: names change, and a unionid may come later."""

IN_MEMORY: Final = 20_000


class Profile(msgspec.Struct, frozen=True, gc=False):
    """What is known of one customer."""

    name: str = ""
    avatar: str = ""
    unionid: str = ""
    told_at: int = 0


class Customers:
    """Profiles by external_userid: in memory, in our table, at last from the platform."""

    def __init__(self, ctx: Context, api: Api, corp_id: str) -> None:
        self._ctx = ctx
        self._api = api
        self._corp_id = corp_id
        self._known: OrderedDict[str, Profile] = OrderedDict()
        self._nameless: OrderedDict[str, None] = OrderedDict()

    def sender(self, customer: str, **attributes: str) -> Sender:
        """The customer as a sender; ids are valid in the whole corp."""
        profile = self._known.get(customer, Profile())
        if not profile.name:
            self._nameless[customer] = None
            if len(self._nameless) > IN_MEMORY:
                self._nameless.popitem(last=False)
        facts = {**({"avatar": profile.avatar} if profile.avatar else {}), **attributes}
        keys = {"unionid": profile.unionid} if profile.unionid else {}
        return Sender(customer, name=profile.name, scope=self._corp_id, verified=True, attributes=facts, keys=keys)

    def named(self, customer: str) -> str:
        """Their name, once, where it came to be known after their first message; else nothing."""
        profile = self._known.get(customer)
        if profile is None or not profile.name or customer not in self._nameless:
            return ""
        del self._nameless[customer]
        return profile.name

    async def learn(self, customers: Iterable[str]) -> None:
        """Know these from now on. What the platform does not tell now is asked for another time."""
        wanted = list(dict.fromkeys(one for one in customers if one and self._is_old(one)))
        for first in range(0, len(wanted), AT_ONCE):
            some = wanted[first : first + AT_ONCE]
            await self._recall(some)
            missing = [one for one in some if self._is_old(one)]
            if missing:
                await self._ask(missing)

    def _is_old(self, customer: str) -> bool:
        profile = self._known.get(customer)
        return profile is None or profile.told_at < int(self._ctx.clock.now() * 1000) - KNOWN_FOR

    async def _recall(self, customers: Sequence[str]) -> None:
        keys = [f"{self._corp_id}/{one}" for one in customers]
        sql = f"SELECT key, name, avatar, unionid, told_at FROM wecom_customer WHERE key IN ({marks(keys)})"
        for row in await self._ctx.reader.all(sql, *keys):
            profile = Profile(row["name"], row["avatar"], row["unionid"], row["told_at"])
            self._remember(row["key"].partition("/")[2], profile)

    async def _ask(self, customers: Sequence[str]) -> None:
        try:
            told = await self._api.call("customer/batchget", {"external_userid_list": list(customers)})
        except (KfError, NotReady) as error:
            # Whoever they are, their words come first.
            self._ctx.count("wecom_profiles_failed")
            self._ctx.log.debug("WeCom does not tell who customers are", error=str(error))
            return
        now, change = int(self._ctx.clock.now() * 1000), Change()
        for one in told.get("customer_list") or ():
            profile = Profile(_text(one, "nickname", 200), _text(one, "avatar", 1000), _text(one, "unionid", 100), now)
            customer = _text(one, "external_userid", 150)
            self._remember(customer, profile)
            row = (f"{self._corp_id}/{customer}", profile.name, profile.avatar, profile.unionid, now)
            change.write(Statements.put_customer, row)
        for customer in told.get("invalid_external_userid") or ():
            # Not active in the last two days: nothing is known, and need not be asked at each message.
            self._remember(str(customer), self._known.get(str(customer), Profile()))
        if change.writes:
            await self._ctx.commit(change)

    async def forget(self, customer: str) -> None:
        """Nothing is known of them any more."""
        change = Change()
        change.write(Statements.drop_customer, (f"{self._corp_id}/{customer}",))
        await self._ctx.commit(change)
        self._known.pop(customer, None)

    def _remember(self, customer: str, profile: Profile) -> None:
        self._known[customer] = profile
        self._known.move_to_end(customer)
        if len(self._known) > IN_MEMORY:
            self._known.popitem(last=False)


def _text(told: dict[str, Any], name: str, most: int) -> str:
    value = told.get(name)
    return value[:most].replace("\0", "") if isinstance(value, str) else ""
