"""Lanes: strict order for one person, parallel across persons.

A lane exists while it has work. Its key is a person's id, or an identity while nobody knows yet whose it is; the
work tells the key it found, and what still waits moves along, in order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Generic, TypeVar

from hub.clock import Clock

Item = TypeVar("Item")
Run = Callable[["asyncio.Task[None] | None"], Awaitable[None]]


class Crew:
    """The tasks that run lanes. One that has ended a lane goes on with the next that is ready, so that most cost no task."""

    def __init__(self) -> None:
        self._ready: deque[Run] = deque()
        self._called = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def take(self, run: Run) -> None:
        """Call `run` with the task it will be in, soon."""
        self._ready.append(run)
        if not self._called:
            self._called = True
            # Asked once: before Python 3.12 it is a system call.
            self._loop = self._loop or asyncio.get_running_loop()
            self._loop.call_soon(self._start, self._loop)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._called = False
        # Who is still ready found nobody who was just ending.
        for _ in self._ready:
            loop.create_task(self._work(loop))

    async def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        task = asyncio.current_task(loop)
        while self._ready:
            await self._ready.popleft()(task)


class _Lane(Generic[Item]):
    # `task` is there while it runs the lane.
    __slots__ = ("items", "key", "task")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.items: deque[Item] = deque()
        self.task: asyncio.Task[None] | None = None


class Lanes(Generic[Item]):
    """Runs ``work(key, item)``, one item at a time for each key.

    `work` returns None when the item is done, or the key of the lane it belongs to: then the item and all that
    wait behind it go there.
    """

    def __init__(self, work: Callable[[Hashable, Item], Awaitable[Hashable | None]], crew: Crew | None = None) -> None:
        self._work = work
        self._crew = crew or Crew()
        self._lanes: dict[Hashable, _Lane[Item]] = {}
        self._resting: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._ended = asyncio.Event()

    def __len__(self) -> int:
        return len(self._lanes)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._lanes

    def submit(self, key: Hashable, item: Item) -> None:
        """Put `item` at the end of the lane of `key`."""
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(key)
            self._crew.take(partial(self._run, lane))
        lane.items.append(item)

    async def _run(self, lane: _Lane[Item], task: asyncio.Task[None] | None) -> None:
        lane.task = task
        items = lane.items
        try:
            while items and not self._stopped:
                item = items.popleft()
                elsewhere = await self._work(lane.key, item)
                if elsewhere is not None and elsewhere != lane.key:
                    del self._lanes[lane.key]
                    for moved in (item, *items):
                        self.submit(elsewhere, moved)
                    items.clear()
        finally:
            lane.task = None
            if not items and self._lanes.get(lane.key) is lane:
                del self._lanes[lane.key]
            if self._stopped:
                self._ended.set()
            elif items:
                # The work raised: that costs its item, and nothing of what waits behind it.
                self._crew.take(partial(self._run, lane))

    async def rest(self, clock: Clock, seconds: float) -> None:
        """Wait to try again; when the lanes stop the work ends here, at once."""
        with self.resting():
            await clock.sleep(seconds)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """While inside, the work only waits to try again: when the lanes stop it ends there, at once."""
        task = asyncio.current_task()
        assert task is not None
        if self._stopped:
            raise asyncio.CancelledError
        self._resting.add(task)
        try:
            yield
        finally:
            self._resting.discard(task)

    def close(self) -> list[Item]:
        """Begin no other item, and end the work that only waits; returns what nobody has begun."""
        self._stopped = True
        for task in self._resting:
            task.cancel()
        return [item for lane in self._lanes.values() for item in lane.items]

    async def stop(self, patience: float) -> None:
        """Close, and give what is under way up to `patience` seconds to end."""
        self.close()
        try:
            async with asyncio.timeout(patience):
                await self._quiet()
        except TimeoutError:
            for lane in self._lanes.values():
                if lane.task is not None:
                    lane.task.cancel()
            await self._quiet()

    async def _quiet(self) -> None:
        # Not until the tasks end: one may have gone on with a lane of others.
        while any(lane.task is not None for lane in self._lanes.values()):
            self._ended.clear()
            await self._ended.wait()
