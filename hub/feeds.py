"""Durable subscriptions: the event log, in order, from where each reader stood.

CRM sync, surveys, webhooks and analytics stand on this. The position is stored after the handler returned, so an
event is never skipped; after a crash the last ones may come again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hub.errors import StoreUnavailable
from hub.records import Event
from hub.store.statements import Statements

if TYPE_CHECKING:
    from hub.hub import Hub

BATCH: Final = 100
LONGEST_WAIT: Final = 60.0
SKIPPED_AT_ONCE: Final = 1000
"""Events nobody wanted move the stored position only every so many."""

Handler = Callable[[Sequence[Event]], Awaitable[None]]


@dataclass(slots=True, eq=False)
class Feed:
    """One reader. `position` is the last event it has dealt with, `error` why it does not get on."""

    instance: str
    name: str
    handler: Handler
    kinds: frozenset[str]
    position: int = 0
    stored: int = 0
    begun: bool = False
    failures: int = 0
    error: str = ""
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def key(self) -> str:
        """Its name in the store."""
        return f"{self.instance}/{self.name}"


class Feeds:
    """All subscriptions of the hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._feeds: dict[str, Feed] = {}

    def subscribe(
        self, instance: str, name: str, handler: Handler, kinds: tuple[str, ...]
    ) -> Callable[[], Awaitable[None]]:
        """Begin to read; returns how to end it. See `Context.subscribe`."""
        feed = Feed(instance, name, handler, frozenset(kinds))
        if feed.key in self._feeds:
            raise ValueError(f"{instance!r} has a subscription called {name!r} already")
        self._feeds[feed.key] = feed
        task = asyncio.create_task(self._run(feed), name=f"{instance}: subscription {name}")

        async def end() -> None:
            del self._feeds[feed.key]
            task.cancel()
            await asyncio.wait([task])

        return end

    def wake(self) -> None:
        """There are new events."""
        for feed in self._feeds.values():
            feed.wake.set()

    def status(self) -> Sequence[Feed]:
        """All subscriptions, for those who look."""
        return tuple(self._feeds.values())

    async def _run(self, feed: Feed) -> None:
        while True:
            feed.wake.clear()
            try:
                if not feed.begun:
                    await self._begin(feed)
                if not await self._step(feed):
                    await feed.wake.wait()
            except StoreUnavailable as error:
                feed.error = str(error)
                await self._hub.clock.sleep(2)

    async def _begin(self, feed: Feed) -> None:
        """Find the place; a new subscription begins at the end of the log, and says so to the store at once."""
        stored = await self._hub.store.reader.value("SELECT position FROM feed WHERE name = ?", feed.key)
        feed.position = feed.stored = self._hub.store.committer.position if stored is None else int(stored)
        if stored is None:
            await self._store(feed)
        feed.begun = True

    async def _step(self, feed: Feed) -> bool:
        """Deal with the next events; False when there are none."""
        events = await self._hub.reading.events(feed.position, BATCH)
        if not events:
            return False
        wanted = [event for event in events if not feed.kinds or event.kind in feed.kinds]
        if wanted and not await self._handle(feed, wanted):
            return True
        feed.position = events[-1].id
        if wanted or feed.position - feed.stored >= SKIPPED_AT_ONCE:
            await self._store(feed)
        return True

    async def _handle(self, feed: Feed, events: Sequence[Event]) -> bool:
        what = f"subscription {feed.name}"
        outcome = await self._hub.calls.guard(feed.instance, what, feed.handler, events, deadline=30.0)
        if outcome.error is None:
            feed.failures, feed.error = 0, ""
            return True
        feed.failures += 1
        feed.error = str(outcome.error) or type(outcome.error).__name__
        await self._hub.clock.sleep(min(LONGEST_WAIT, 2.0 ** (feed.failures - 1)))
        return False

    async def _store(self, feed: Feed) -> None:
        await self._hub.store.write(Statements.move_feed, (feed.key, feed.position))
        feed.stored = feed.position
