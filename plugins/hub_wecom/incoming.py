"""One row of the platform's log after the other: what customers and staff said becomes messages of the hub."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from hub import Author, Context, Element, Inbound, Refused, plain_text
from hub_wecom.addresses import Address
from hub_wecom.config import WeComConfig
from hub_wecom.customers import Customers
from hub_wecom.elements import Row, body_of
from hub_wecom.happenings import Happenings
from hub_wecom.media import Media
from hub_wecom.sessions import Sessions, State
from hub_windows import Windows

CUSTOMER: Final = 3
STAFF: Final = 5
"""Who made a row (`origin`); 4 are the platform's own events."""

ANSWERS: Final = 5
ANSWERED_FOR: Final = 48 * 3600.0
"""How many messages the platform takes after each of the customer's, and for how many seconds."""

REMEMBERED: Final = 2000


class Incoming:
    """Takes rows. `recent` are the last messages by msgid, so that one that is taken back can be named."""

    def __init__(
        self, ctx: Context, config: WeComConfig, customers: Customers, media: Media,
        windows: Windows, sessions: Sessions, happenings: Happenings,
    ) -> None:  # fmt: skip
        self._ctx = ctx
        self._config = config
        self._customers = customers
        self._media = media
        self._windows = windows
        self._sessions = sessions
        self._happenings = happenings
        self.recent: OrderedDict[str, str] = OrderedDict()
        happenings.recent = self.recent

    async def meet(self, rows: Sequence[Row]) -> None:
        """Learn who wrote these, all in one call."""
        await self._customers.learn(customer_of(row) for row in rows)

    async def take(self, account: str, row: Row, *, last_try: bool) -> None:
        """Have one row's effect, once.

        Raises Busy, NotReady or StoreUnavailable when it has to be taken again later; with `last_try` no file is
        waited for.
        """
        customer, msgid, origin = customer_of(row), str(row.get("msgid", "")), row.get("origin")
        account = str(row.get("open_kfid") or account)
        if not msgid or (row.get("msgtype") != "event" and not customer):
            self._ctx.count("wecom_rows_skipped")
            return
        if row.get("msgtype") == "event":
            await self._happenings.take(account, msgid, row)
        elif origin == STAFF:
            await self._staff_said(Address(account, customer), msgid, row, last_try=last_try)
        elif origin == CUSTOMER:
            await self._customer_said(Address(account, customer), msgid, row, last_try=last_try)
        else:
            self._ctx.count("wecom_rows_skipped")

    async def _customer_said(self, address: Address, msgid: str, row: Row, *, last_try: bool) -> None:
        inbound = await self._inbound(address, msgid, row, last_try=last_try)
        if inbound is None:
            return
        self._sessions.heard(address)
        age = self._ctx.clock.now() - inbound.at / 1000 if inbound.at else 0.0
        lasts = min(ANSWERED_FOR, max(0.0, ANSWERED_FOR - age))
        # Before the message is stored: its answer may be ready at once.
        await self._windows.opened(str(address), "message", messages=ANSWERS, seconds=lasts)
        name = self._customers.named(address.customer)
        await self._accept(inbound, msgid)
        if name:
            await self._happenings.rename(address, name)

    async def _staff_said(self, address: Address, msgid: str, row: Row, *, last_try: bool) -> None:
        userid = str(row.get("servicer_userid", ""))
        author = self._happenings.staff(userid)
        inbound = await self._inbound(address, msgid, row, last_try=last_try, author=author)
        self._sessions.note(address, State.HUMAN, userid)
        if inbound is not None:
            await self._accept(inbound, msgid)
        await self._happenings.handled_in_wecom(address, f"{address.account}/{msgid}", userid)

    async def _inbound(
        self, address: Address, msgid: str, row: Row, *, last_try: bool, author: Author | None = None
    ) -> Inbound | None:
        async def fetch(kind: str, media_id: str) -> Element:
            return await self._media.receive(kind, media_id, f"{self._ctx.name}/{address}", last_try=last_try)

        body = await body_of(row, fetch, self._ctx.locale)
        if not body:
            self._ctx.count("wecom_rows_skipped")
            return None
        sender, key = self._customers.sender(address.customer), f"{address.account}/{msgid}"
        return Inbound(key, sender, body, str(address), _at(row), author=author)

    async def _accept(self, inbound: Inbound, msgid: str) -> None:
        try:
            await self._ctx.accept(inbound)
        except Refused as error:
            if error.status >= 500:
                raise
            # It will never be taken: it must not keep the rest.
            self._ctx.count("wecom_rows_refused")
            self._ctx.log.warning("a message of WeCom's cannot be taken", key=inbound.key, reason=str(error))
            return
        self.recent[msgid] = plain_text(inbound.body, self._ctx.locale)[:100]
        if len(self.recent) > REMEMBERED:
            self.recent.popitem(last=False)


def customer_of(row: Row) -> str:
    """The external_userid of whom a row is about; events have it inside."""
    inner: Any = row.get("event")
    found = row.get("external_userid") or (inner.get("external_userid") if isinstance(inner, dict) else "")
    return str(found or "")


def _at(row: Row) -> int:
    """When it was said, in milliseconds."""
    sent = row.get("send_time")
    return int(sent * 1000) if isinstance(sent, int | float) and 0 < sent < 10**11 else 0
