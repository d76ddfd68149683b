"""Timers: jobs of plugin instances at a time, durable in our store.

A timer is a row. APScheduler is only the clock that makes us look, and the reader of cron lines: its own stores are
synchronous, and its default of one second of grace silently drops runs.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from hub.errors import ConfigError, StoreUnavailable
from hub.store.change import fitting
from hub.store.reader import Row, marks
from hub.store.rows import timer_row
from hub.store.statements import Statements

if TYPE_CHECKING:
    from hub.hub import Hub

LOOK_EVERY: Final = 0.5
AT_ONCE: Final = 200
LONGEST_WAIT: Final = 3600.0
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
Handler = Callable[[dict[str, Any]], Awaitable[None]]


def _crontab(line: str) -> dict[str, str]:
    """The fields of a cron line for APScheduler."""
    fields = line.split()
    if len(fields) != 5:
        raise ValueError(f"it has {len(fields)} fields instead of 5")
    fields[4] = ",".join(map(_weekdays, fields[4].split(",")))
    return dict(zip(("minute", "hour", "day", "month", "day_of_week"), fields, strict=True))


def _weekdays(part: str) -> str:
    # APScheduler counts weekdays from Monday, everybody else from Sunday: so they are given to it by name.
    found = re.fullmatch(r"(?:\*|([0-7])(?:-([0-7]))?)(?:/([1-9]))?", part)
    if found is None or part == "*":
        return part
    begin, end, step = found.groups()
    first = int(begin or 0)
    last = int(end) if end else first if begin and not step else 6
    return ",".join(_DAYS[first : last + 1 : int(step or 1)]) or part


class Timers:
    """All jobs. A job whose handler raises is tried again, waiting longer each time; it is never forgotten."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._busy: set[str] = set()
        self._ended: set[str] = set()
        self._looking = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        # On a busy machine a look may be left out; the next one finds everything. APScheduler would warn each time.
        logger = logging.getLogger("hub.timers")
        logger.setLevel(logging.ERROR)
        self._scheduler = AsyncIOScheduler(timezone=UTC, logger=logger)

    def start(self) -> None:
        """Begin to look for what is due."""
        self._scheduler.add_job(self.tick, "interval", seconds=LOOK_EVERY, misfire_grace_time=None)
        self._scheduler.start()

    async def stop(self) -> None:
        """Stop looking, and end what is under way: it will run again."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for task in self._tasks:
            task.cancel()
        await self.idle()

    def handle(self, instance: str, job: str, handler: Handler) -> Callable[[], None]:
        """Name a job; returns how to take it back."""
        key = (instance, job)
        if key in self._handlers:
            raise ConfigError(f"{instance!r} has a job called {job!r} already")
        self._handlers[key] = handler
        return lambda: self._handlers.pop(key, None) and None

    async def schedule(self, instance: str, job: str, after: float, payload: dict[str, Any], key: str) -> None:
        """Once, in `after` seconds. See `Context.schedule`."""
        id = self._hub.store.ids.next()
        row = timer_row(id, instance, job, key or str(id), self._now() + int(after * 1000), payload)
        await self._hub.store.write(Statements.put_timer, row)

    async def every(self, instance: str, job: str, *, seconds: float = 0, cron: str = "") -> None:
        """Again and again. Keeps the date that is already set when the rhythm is the same."""
        if bool(seconds) == bool(cron):
            raise ConfigError(f"job {job!r}: give either seconds or cron")
        row = await self._hub.store.reader.one("SELECT seconds, cron FROM timer WHERE name = ?", f"{instance}/{job}/every")
        if row is not None and row["seconds"] == seconds and row["cron"] == cron:
            return
        due = self._next(seconds, cron, self._now())
        new = timer_row(self._hub.store.ids.next(), instance, job, "every", due, {}, seconds, cron)
        await self._hub.store.write(Statements.put_timer, new)

    def _next(self, seconds: float, cron: str, after: int) -> int:
        if seconds:
            return after + int(seconds * 1000)
        zone = ZoneInfo(self._hub.settings.hub.timezone)
        try:
            fields = _crontab(cron)
            # Every hour is every hour; any other is one on the wall, where a clock knows nothing of its zone.
            trigger = CronTrigger(**fields, timezone=zone if fields["hour"] == "*" else UTC)
        except ValueError as error:
            raise ConfigError(f"cron line {cron!r}: {error}") from error
        now = datetime.fromtimestamp((after + 1) / 1000, zone)
        wall = now if trigger.timezone is zone else now.replace(tzinfo=UTC, fold=0)
        while (date := trigger.get_next_fire_time(None, wall)) is not None:
            # Once a date: what the clock shows twice comes the first time, what it leaps over comes as much later.
            due = int(date.replace(tzinfo=zone).timestamp() * 1000)
            if due > after:
                return due
            wall = date + timedelta(minutes=1)
        raise ConfigError(f"cron line {cron!r} never comes true")

    async def tick(self) -> None:
        """Start what is due now and has somebody to do it."""
        async with self._looking:
            # What ends while we read may be among the rows as it was before.
            self._ended.clear()
            try:
                rows = await self._due()
            except StoreUnavailable as error:
                self._hub.log.warning("cannot look for due jobs", error=str(error))
                return
            for row in rows:
                if row["name"] not in self._busy | self._ended and (row["instance"], row["job"]) in self._handlers:
                    self._busy.add(row["name"])
                    task = asyncio.create_task(self._run(row), name=f"{row['instance']}: job {row['job']}")
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)

    async def _due(self) -> Sequence[Row]:
        """Due rows of those who are there: what waits for somebody who is gone must not stand in the way."""
        if not self._handlers:
            return ()
        who = [f"{instance}/{job}" for instance, job in self._handlers]
        sql = f"SELECT * FROM timer WHERE due_at <= ? AND instance || '/' || job IN ({marks(who)}) ORDER BY due_at LIMIT ?"
        return await self._hub.store.reader.all(sql, self._now(), *who, AT_ONCE + len(self._busy))

    async def idle(self) -> None:
        """Return when no job is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, row: Row) -> None:
        try:
            handler = self._handlers[row["instance"], row["job"]]
            work = (f"job {row['job']}", handler, msgspec.json.decode(row["payload"]))
            outcome = await self._hub.calls.guard(row["instance"], *work, deadline=300.0)
            await self._note(row, outcome.error)
        except StoreUnavailable as error:
            self._hub.log.error("a job ran and could not be noted; it will run again", job=row["name"], error=str(error))
        finally:
            self._busy.discard(row["name"])
            self._ended.add(row["name"])

    async def _note(self, row: Row, error: Exception | None) -> None:
        write = self._hub.store.write
        if error is not None:
            attempts = row["attempts"] + 1
            due = self._now() + int(min(LONGEST_WAIT, 2.0**attempts) * 1000)
            text = fitting(str(error) or type(error).__name__, 500)
            await write(Statements.change_timer, (due, attempts, text, row["id"]))
        elif row["seconds"] or row["cron"]:
            due = self._next(row["seconds"], row["cron"], self._now())
            await write(Statements.change_timer, (due, 0, "", row["id"]))
        else:
            await write(Statements.drop_timer, (row["id"],))

    def _now(self) -> int:
        return int(self._hub.clock.now() * 1000)
