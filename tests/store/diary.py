"""A plugin that does nothing but write down what the hub calls it with."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field

from hub import Event, Plugin, PluginConfig
from hub.testing import HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub


class Diary:
    """What was called, also over restarts. `troubles` are raised one after the other; `then` is awaited before the end."""

    def __init__(self) -> None:
        self.batches: list[tuple[Event, ...]] = []
        self.jobs: list[dict[str, Any]] = []
        self.troubles: deque[Exception | None] = deque()
        self.then: Callable[[Any], Awaitable[None]] | None = None

    @property
    def places(self) -> list[int]:
        """Of all events, in the order they came."""
        return [event.id for batch in self.batches for event in batch]

    async def take(self, events: Sequence[Event]) -> None:
        """The subscription."""
        self.batches.append(tuple(events))
        await self._end(events)

    async def run(self, payload: dict[str, Any]) -> None:
        """The job."""
        self.jobs.append(payload)
        await self._end(payload)

    async def _end(self, what: Any) -> None:
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble is not None:
            raise trouble
        if self.then is not None:
            await self.then(what)


class DiaryConfig(PluginConfig):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    diary: Diary = Field(default_factory=Diary)
    kinds: tuple[str, ...] = ()
    every: tuple[float, str] = (0, "")


class Listener(Plugin[DiaryConfig]):
    """Subscribes to the event log."""

    Config = DiaryConfig

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self.ctx.subscribe("all", self.config.diary.take, kinds=self.config.kinds)
        yield


class Worker(Plugin[DiaryConfig]):
    """Has a job called ``work``."""

    Config = DiaryConfig

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self.ctx.job("work", self.config.diary.run)
        seconds, cron = self.config.every
        if seconds or cron:
            await self.ctx.every("work", seconds=seconds, cron=cron)
        yield


async def working(make_hub: MakeHub, *, diary: Diary, **more: Any) -> HubKit:
    """A hub with a worker that writes into `diary`, on a clock that is turned by hand."""
    every = more.pop("every", (0, ""))
    return await make_hub(use(Worker, "worker", diary=diary, every=every), **{"clock": ManualClock(), **more})


async def wait(kit: HubKit, seconds: float) -> None:
    """Let time pass, and the hub look at it."""
    assert isinstance(kit.clock, ManualClock)
    await kit.clock.advance(seconds)
    await look(kit)


async def look(kit: HubKit) -> None:
    """Do what is due."""
    await kit.hub.timers.tick()
    await kit.hub.timers.idle()


async def due(kit: HubKit, zone: str = "Asia/Shanghai") -> list[str]:
    """The dates that are set."""
    rows = await kit.rows("SELECT due_at FROM timer ORDER BY due_at")
    return [f"{datetime.fromtimestamp(row['due_at'] / 1000, ZoneInfo(zone)):%a %Y-%m-%d %H:%M}" for row in rows]
