"""Which calls into plugins are under way, and the sweeper that cancels what is overdue.

One task looks through the table every 50 ms while there is something in it: a timer for each call would cost
several times what the call costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.breaker import Breaker
from hub.clock import Clock
from hub.log import Logger

SWEEP: Final = 0.05
CANCEL_AGAIN: Final = 1.0


@dataclass(slots=True)
class Tally:
    """What one hook (or method) of one instance cost so far; `seconds` are seconds of waiting, not of CPU."""

    calls: int = 0
    failures: int = 0
    seconds: float = 0.0


@dataclass(slots=True, eq=False)
class Seat:
    """An instance as the caller sees it. `left` is set by `unregister`, `idle` while somebody waits for its calls to end."""

    instance: str
    position: int
    breaker: Breaker
    bulkhead: asyncio.Semaphore
    left: bool = False
    idle: asyncio.Future[None] | None = None


@dataclass(slots=True, eq=False)
class Call:
    """Something callable of an instance. `pick` takes its arguments out of the hook's; None where it takes them all."""

    seat: Seat
    what: str
    function: Callable[..., Awaitable[Any]]
    deadline: float
    tally: Tally
    pick: Callable[[Sequence[Any]], Sequence[Any]] | None = None
    is_hook: bool = False


class Running:
    """A line of the table: the call that `task` is in and when that is overdue.

    `cancels` counts the cancellations the sweeper asked for, `cancelled_before` those that were there already.
    """

    __slots__ = ("call", "cancelled_before", "cancels", "due", "task")

    def __init__(self, call: Call, due: float) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("plugins are called from a task")
        self.task = task
        self.cancelled_before = task.cancelling()
        self.cancels = 0
        self.due = due
        self.call = call

    @property
    def is_cancelled(self) -> bool:
        """Was the task cancelled since, by the sweeper or from outside?"""
        return self.cancels > 0 or self.task.cancelling() > self.cancelled_before


class Underway:
    """The table of calls that wait for something. Deadlines are seconds of `clock`; `inside` is the call in its first step."""

    def __init__(self, clock: Clock, log: Logger) -> None:
        self._clock = clock
        self._log = log
        self.inside: Call | None = None
        self._table: dict[Running, None] = {}
        self._busy = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to watch deadlines."""
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep_for_ever(), name="hub: deadlines")

    async def stop(self) -> None:
        """Stop watching; calls under way go on without a deadline."""
        sweeper, self._sweeper = self._sweeper, None
        if sweeper is not None:
            sweeper.cancel()
            await asyncio.wait([sweeper])

    def enter(self, call: Call, due: float) -> Running:
        """A line in the table for the current task."""
        running = Running(call, due)
        if not self._table:
            self._busy.set()
        self._table[running] = None
        return running

    def leave(self, running: Running) -> None:
        """Take the line out again, and wake `idle` when the call was the last into its seat."""
        del self._table[running]
        seat = running.call.seat
        if seat.idle is not None and not any(other.call.seat is seat for other in self._table):
            seat.idle.set_result(None)
            seat.idle = None

    async def idle(self, instance: str) -> None:
        """Return when no call into a seat that this instance left is under way."""
        for seat in {running.call.seat for running in self._table}:
            if seat.instance == instance and seat.left:
                seat.idle = seat.idle or asyncio.get_running_loop().create_future()
                await asyncio.shield(seat.idle)

    def caller_of(self, task: asyncio.Task[Any] | None) -> str:
        """The instance whose code `task` is in, or an empty string. May be asked from another thread."""
        if self.inside is not None and task is not None:
            return self.inside.seat.instance
        found = [running.call for running in tuple(self._table) if running.task is task]
        return found[-1].seat.instance if found else ""

    async def _sweep_for_ever(self) -> None:
        while True:
            if not self._table:
                self._busy.clear()
                await self._busy.wait()
            await self._clock.sleep(SWEEP)
            self._sweep()

    def _sweep(self) -> None:
        now = self._clock.monotonic()
        for running in tuple(self._table):
            if running.due <= now:
                running.due = now + CANCEL_AGAIN
                running.cancels += 1
                if running.cancels == 2:
                    call = running.call
                    self._log.error("does not end when cancelled", instance=call.seat.instance, call=call.what)
                running.task.cancel()
