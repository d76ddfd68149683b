"""A clock that stands still until a test turns it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Final

_TURNS: Final = 40


class ManualClock:
    """Time that moves only by `advance`; starts at `now` seconds since 1970-01-01 UTC, and at 0 for `monotonic`."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._started = now
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self._started + self._elapsed

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Return when the clock was turned by `seconds`; at once (after other tasks had a turn) for 0 or less."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), future))
        await future

    async def advance(self, seconds: float, *, while_: Callable[[], bool] = lambda: True) -> None:
        """Turn the clock forward: sleepers wake in the order of their times, each at its own time.

        Between two wake-ups the other tasks get turns, so that what a sleeper starts is seen before time goes on. It goes
        on only `while_` that is true; else the clock stands where it was then.
        """
        target = self._elapsed + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= target and while_():
            due, _, future = heapq.heappop(self._sleepers)
            if future.done():
                continue
            self._elapsed = due
            future.set_result(None)
            await self.settle()
        if while_():
            self._elapsed = target
        await self.settle()

    async def settle(self) -> None:
        """Give the other tasks turns of the loop without moving the time. Does not wait for input or output."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
