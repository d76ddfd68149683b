"""The sync loop: one for each account, woken by callbacks, with a place in the platform's log that is stored.

The cursor moves on when everything before it is stored here. So whatever ends the process, the rows after the cursor come
again, and are known by their msgid.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from typing import Any, Final

from hub import AuthFailed, Busy, Context, HubError, NotReady, Refused, StoreUnavailable
from hub.pages import outcome_of
from hub_wecom.api import Api, Told
from hub_wecom.codes import KfError
from hub_wecom.config import WeComConfig
from hub_wecom.elements import Row
from hub_wecom.incoming import Incoming, customer_of

LIMIT: Final = 1000
TOKEN_GOOD_FOR: Final = 600.0
PATIENCE: Final = 4.0
"""Seconds a callback waits for its news to be stored; the platform hangs up after five."""

TRIES: Final = 3
"""How often a row that cannot be taken whole is tried before it goes without its file."""

AT_ONCE: Final = 32
"""Customers whose rows are taken at the same time."""

AGAIN: Final = 5.0
REMEMBERED: Final = 5000
LOST: Final = "cursor"
"""How a refusal of the cursor is known: the platform publishes no number for it, but names it."""


class Account:
    """One customer service account: its cursor, its token, its turn."""

    def __init__(self, ctx: Context, config: WeComConfig, api: Api, incoming: Incoming, name: str) -> None:
        self.name = name
        self._ctx = ctx
        self._config = config
        self._api = api
        self._incoming = incoming
        self._wake = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._token = ""
        self._token_until = 0.0
        self._done: OrderedDict[str, None] = OrderedDict()
        self._tries: dict[str, int] = {}

    # -- being woken --------------------------------------------------------------------------------

    async def fetch(self, token: str) -> None:
        """There is news: fetch it, with this token. Returns when it is stored, or after four seconds while it goes on.

        Raises Busy, NotReady or StoreUnavailable when nothing can be stored now.
        """
        if token:
            self._token, self._token_until = token, self._ctx.clock.monotonic() + TOKEN_GOOD_FOR
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(stored)
        self._wake.set()
        limit = asyncio.ensure_future(self._ctx.clock.sleep(PATIENCE))
        try:
            await asyncio.wait({stored, limit}, return_when=asyncio.FIRST_COMPLETED)
            if stored.done():
                stored.result()
        finally:
            limit.cancel()
            stored.cancel()

    async def run(self) -> None:
        """Fetch at the start, whenever woken, and now and then; for ever."""
        wait, waiting = 0.0, self._waiting
        try:
            while True:
                await self._rest(wait)
                self._wake.clear()
                waiting, self._waiting = self._waiting, []
                wait = await self._once(waiting)
        finally:
            _tell([*waiting, *self._waiting], NotReady("messages of WeCom's are not fetched at the moment"))

    async def _once(self, waiting: Sequence[asyncio.Future[None]]) -> float:
        """Fetch, and tell those who wait for it; returns after how many seconds the next look is due."""
        try:
            await self.pull()
        except AuthFailed as error:
            _tell(waiting, error)
            raise
        except HubError as error:
            _tell(waiting, error)
            return self._pause(error)
        _tell(waiting, None)
        return self._config.poll_every

    async def _rest(self, seconds: float) -> None:
        """Until woken, but no longer."""
        woken = asyncio.ensure_future(self._wake.wait())
        limit = asyncio.ensure_future(self._ctx.clock.sleep(seconds))
        try:
            await asyncio.wait({woken, limit}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            limit.cancel()

    def _pause(self, error: Exception) -> float:
        self._ctx.count("wecom_pulls_failed")
        self._ctx.log.warning("messages cannot be fetched from WeCom now", account=self.name, error=str(error))
        if isinstance(error, Busy | NotReady) and error.retry_after is not None:
            return float(error.retry_after)
        return AGAIN

    # -- pulling ------------------------------------------------------------------------------------

    async def pull(self) -> None:
        """Fetch until there is nothing more. How many rows a page has means nothing: only `has_more` tells."""
        cursor: str = await self._ctx.data.get(self._key("cursor"), "")
        newest: int = await self._ctx.data.get(self._key("newest"), 0)
        floor = 0 if cursor else await self._floor(newest)
        while True:
            told = await self._page(cursor)
            if told is None:
                self._ctx.log.warning("WeCom does not know the cursor any more", account=self.name)
                cursor, floor = "", newest
                continue
            rows = [row for row in told.get("msg_list") or () if isinstance(row, dict)]
            await self._take([row for row in rows if _sent(row) >= floor])
            before = cursor, newest
            cursor, newest = str(told.get("next_cursor") or cursor), max([newest, *map(_sent, rows)])
            if (cursor, newest) != before:
                await self._ctx.data.put(self._key("newest"), newest)
                await self._ctx.data.put(self._key("cursor"), cursor)
            if not told.get("has_more"):
                return

    async def _floor(self, newest: int) -> int:
        """Without a cursor the platform tells again of three days; only what is newer than this is news."""
        if newest:
            return newest
        return int(self._ctx.clock.now() - self._config.catch_up)

    async def _page(self, cursor: str) -> Told | None:
        """The next page; None when the platform does not know the cursor."""
        body: dict[str, Any] = {
            "open_kfid": self.name, "limit": LIMIT, "voice_format": 1 if self._config.voice == "silk" else 0,
        }  # fmt: skip
        if cursor:
            body["cursor"] = cursor
        token = self._token if self._token_until > self._ctx.clock.monotonic() else ""
        try:
            return await self._api.call("sync_msg", {**body, "token": token} if token else body)
        except KfError as error:
            if cursor and LOST in error.told:
                return None
            if not token:
                # Not a message's fault: somebody has to look, and until then it is tried slowly.
                self._ctx.log.error("WeCom refuses to tell what was said", account=self.name, error=str(error))
                raise NotReady(str(error), retry_after=self._config.poll_every) from error
            self._token = ""
            return await self._page(cursor)

    async def _take(self, rows: Sequence[Row]) -> None:
        """All rows: those of one customer in order, of several side by side, so that nobody waits for another's lane.

        What was taken is not taken again when the page has to be fetched anew.
        """
        new = [row for row in rows if str(row.get("msgid", "")) not in self._done]
        await self._incoming.meet(new)
        customers: defaultdict[str, list[Row]] = defaultdict(list)
        for row in new:
            customers[customer_of(row)].append(row)
        turns = asyncio.Semaphore(AT_ONCE)
        outcomes = await asyncio.gather(*(outcome_of(self._take_of_one(turns, some)) for some in customers.values()))
        errors = [outcome.error for outcome in outcomes if outcome.error is not None]
        if errors:
            raise next((error for error in errors if isinstance(error, AuthFailed)), errors[0])

    async def _take_of_one(self, turns: asyncio.Semaphore, rows: Sequence[Row]) -> None:
        async with turns:
            for row in rows:
                await self._take_one(str(row.get("msgid", "")), row)

    async def _take_one(self, msgid: str, row: Row) -> None:
        tries = self._tries.get(msgid, 0) + 1
        outcome = await outcome_of(self._incoming.take(self.name, row, last_try=tries >= TRIES))
        if isinstance(outcome.error, NotReady):
            self._tries[msgid] = tries
        if outcome.error is not None and _later(outcome.error):
            raise outcome.error
        if outcome.error is not None:
            # It will never be taken, and must not keep the rest.
            self._ctx.count("wecom_rows_failed")
            self._ctx.log.error("a row of WeCom's was left out", account=self.name, row=msgid, exc_info=outcome.error)
        self._tries.pop(msgid, None)
        self._done[msgid] = None
        if len(self._done) > REMEMBERED:
            self._done.popitem(last=False)

    def _key(self, what: str) -> str:
        return f"{what}:{self.name}"


def _later(error: Exception) -> bool:
    """Is it worth to take the row again?"""
    return isinstance(error, NotReady | AuthFailed | StoreUnavailable) or (isinstance(error, Refused) and error.status >= 500)


def _sent(row: Row) -> int:
    sent = row.get("send_time")
    return int(sent) if isinstance(sent, int | float) else 0


def _tell(waiting: Sequence[asyncio.Future[None]], error: HubError | None) -> None:
    for future in waiting:
        if not future.done():
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)
                # Who has gone meanwhile never looks; that is no fault to warn about.
                future.exception()
