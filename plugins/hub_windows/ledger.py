"""The ledger of one channel instance. The tables are the only truth: nothing is kept in memory, so nothing is lost with it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final
from weakref import WeakValueDictionary

import msgspec

from hub import Allowance, Conflict, Context, Rejected, StoreUnavailable
from hub.stores import StoreError
from hub.tables import Change, Statement
from hub_windows.tables import OF_ADDRESS, OF_ID, TAKEN, Statements
from hub_windows.words import word

JOB: Final = "reply windows"
CLEANED_EVERY: Final = 3600.0
KEPT: Final = 24 * 3600 * 1000
"""Milliseconds a window that is over stays, with its permits: a message may be tried again, and people ask why."""

LONGEST_REF: Final = 300


class Permit(msgspec.Struct, frozen=True):
    """One message may go: by which `rule`, naming which `ref`, as the how-manieth (`number`, from 1) of its window."""

    rule: str
    ref: str
    number: int
    key: str = ""
    address: str = ""


class Closed(Rejected):
    """Nothing may be sent now. `code` is ``window`` (the time is over) or ``quota`` (the number is used up).

    `until` is when the window in question ends or ended (milliseconds; None where there is none, or it has no end).
    """

    def __init__(self, message: str, *, code: str, until: int | None) -> None:
        super().__init__(message, code=code)
        self.until = until


class _Window(msgspec.Struct, frozen=True):
    """A row of the table."""

    id: int
    rule: str
    ref: str
    until_at: int | None
    allowed: int | None
    used: int
    number: int
    spent: bool
    version: int

    @property
    def ends(self) -> float:
        return math.inf if self.until_at is None else self.until_at

    @property
    def left(self) -> int | None:
        if self.spent:
            return 0
        return None if self.allowed is None else max(0, self.allowed - self.used)


class Windows:
    """What customers did, and what may be sent to them because of it. One for each channel instance, made in its `run`."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._cleaning = False
        ctx.job(JOB, self._clean)

    # -- what the customer does -----------------------------------------------------------------

    async def opened(self, address: str, rule: str, *, messages: int | None, seconds: float, ref: str = "") -> None:
        """The customer did something: from now on `messages` answers (None: any number) may be sent for `seconds`.

        `rule` is a word for what they did (``message``, ``click``, ``follow``, ``scan``, ``enter``, ``payment``). The newest
        of a rule replaces the earlier one, it does not add up. `ref` is the platform's id that an answer has to name. Windows of
        several refs live side by side, and to open one again changes nothing: it is the platform's repeat of what it said.

        Returns when it is stored: call it before the platform is told that we know. Raises StoreUnavailable.
        """
        if len(ref) > LONGEST_REF:
            raise Rejected(f"an id to be named in answers has at most {LONGEST_REF} characters")
        if not self._cleaning:
            await self._ctx.every(JOB, seconds=CLEANED_EVERY)
            self._cleaning = True
        now = self._now()
        until = None if math.isinf(seconds) else now + int(seconds * 1000)
        row = (self._ctx.new_id(), self._ctx.name, address, rule, ref, now, until, messages, 0, 0, False, 0)
        async with self._turn(address):
            await self._write(Statements.open_once if ref else Statements.open_anew, row)

    # -- what is sent ---------------------------------------------------------------------------

    async def take(self, address: str, key: str) -> Permit:
        """A permit for one message; `key` is its `Outbound.key`, and the same key gets the same permit again.

        Of the windows that are open and not used up it is of the one that ends first. Raises Closed when there is none, and
        StoreUnavailable.
        """
        async with self._turn(address):
            while True:
                windows = await self._windows(address)
                usable = [one for one in windows if one.ends > self._now() and one.left != 0]
                if not usable:
                    break
                try:
                    return await self._taken(min(usable, key=_first), address, key)
                except Conflict:
                    # Another process took one of the same window.
                    continue
                except StoreUnavailable:
                    raise
                except StoreError:
                    # The permit's name is there already, or it cannot be stored at all.
                    before = await self._before(address, key)
                    if before is None:
                        raise
                    return before
            before = await self._before(address, key)
            if before is None:
                raise self._closed(windows)
            return before

    async def _taken(self, window: _Window, address: str, key: str) -> Permit:
        number, until = window.number + 1, window.until_at or self._now()
        change = Change()
        change.write(Statements.count, (window.used + 1, number, window.version + 1, window.id, window.version))
        facts = (window.id, window.rule, window.ref, number, until)
        change.write(Statements.take, (self._name(key), self._ctx.name, *facts))
        await self._ctx.commit(change)
        return Permit(window.rule, window.ref, number, key, address)

    async def _before(self, address: str, key: str) -> Permit | None:
        row = await self._ctx.reader.one(TAKEN, self._name(key))
        return None if row is None else Permit(row["rule"], row["ref"], row["number"], key, address)

    def _closed(self, windows: Sequence[_Window]) -> Closed:
        if not windows:
            return Closed(word(self._ctx.locale, "never"), code="window", until=None)
        latest = max(windows, key=_first)
        if latest.ends <= self._now():
            return Closed(word(self._ctx.locale, "over"), code="window", until=latest.until_at)
        said = word(self._ctx.locale, "spent" if latest.spent else "used", count=latest.allowed)
        return Closed(said, code="quota", until=latest.until_at)

    async def give_back(self, permit: Permit) -> None:
        """The message was not sent after all: it may be another one. Its number is not given again."""
        async with self._turn(permit.address):
            while True:
                taken = await self._ctx.reader.one(TAKEN, self._name(permit.key))
                if taken is None:
                    return
                change = Change()
                change.write(Statements.give_back, (taken["name"],))
                row = await self._ctx.reader.one(OF_ID, taken["window_id"])
                if row is not None:
                    window = _window(row)
                    facts = (window.used - 1, window.number, window.version + 1, window.id, window.version)
                    change.write(Statements.count, facts)
                try:
                    await self._ctx.commit(change)
                except Conflict:
                    continue
                return

    # -- what the platform says -----------------------------------------------------------------

    async def used_up(self, address: str, *, ref: str = "") -> None:
        """The platform says so: nothing is left, whatever we counted; with `ref` of that window only."""
        facts = (True, self._ctx.name, address, self._now())
        async with self._turn(address):
            await (self._write(Statements.spend_one, (*facts, ref)) if ref else self._write(Statements.spend, facts))

    async def shut(self, address: str, *, ref: str = "") -> None:
        """The platform says that the time is over; with `ref` of that window only."""
        now = self._now()
        facts = (now, self._ctx.name, address, now)
        async with self._turn(address):
            await (self._write(Statements.end_one, (*facts, ref)) if ref else self._write(Statements.end, facts))

    # -- what is left ---------------------------------------------------------------------------

    async def left(self, address: str) -> Allowance:
        """What may be sent for sure, by the window that lasts longest; shorter ones beside it may allow more for a while.

        With nothing left, `until` is when the window that is used up ends (then it is to come) or ended (then it is past);
        None where the customer never did anything.
        """
        windows = await self._windows(address)
        usable = [one for one in windows if one.ends > self._now() and one.left != 0]
        if usable or windows:
            longest = max(usable or windows, key=_first)
            return Allowance(longest.left if usable else 0, longest.until_at, longest.rule)
        return Allowance(0, None, "")

    # -- inside ---------------------------------------------------------------------------------

    async def _windows(self, address: str) -> list[_Window]:
        return [_window(row) for row in await self._ctx.reader.all(OF_ADDRESS, self._ctx.name, address)]

    async def _write(self, statement: Statement, row: tuple[Any, ...]) -> None:
        change = Change()
        change.write(statement, row)
        await self._ctx.commit(change)

    async def _clean(self, _: dict[str, Any]) -> None:
        before, change = self._now() - KEPT, Change()
        for statement in (Statements.windows_over, Statements.permits_over):
            change.write(statement, (self._ctx.name, before))
        await self._ctx.commit(change)

    def _turn(self, address: str) -> asyncio.Lock:
        """One after the other at an address. The tables would refuse a second all the same; this saves trying."""
        return self._turns.setdefault(address, asyncio.Lock())

    def _name(self, key: str) -> str:
        return f"{self._ctx.name}/{key}"

    def _now(self) -> int:
        return int(self._ctx.clock.now() * 1000)


def _first(window: _Window) -> tuple[float, int]:
    """By their ends; of two that end together the earlier one."""
    return (window.ends, window.id)


def _window(row: Mapping[str, Any]) -> _Window:
    return msgspec.convert(dict(row), _Window, strict=False)
