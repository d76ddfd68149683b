"""The hub: all its parts, put together, started and stopped in order.

There is no other place that knows all parts, and no state outside of this object: two hubs run in one process.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from hub.calling import Calls, attempt, outcome_of
from hub.clock import Clock, SystemClock
from hub.config import LoadedConfig
from hub.conversations.texts import Texts
from hub.errors import StoreUnavailable
from hub.feeds import Feeds
from hub.log import Logger, make_logger
from hub.path.notifier import Notifier
from hub.path.path import MessagePath
from hub.people.agents import Agents
from hub.people.dossiers import People
from hub.people.reading import Reading
from hub.plugin import MediaStore
from hub.records import Event
from hub.registry import Registry
from hub.store.apps import apps_of
from hub.store.store import Store
from hub.timers import Timers
from hub.version import VERSION
from hub.web.outgoing import Outgoing
from hub.web.routes import Routes

T = TypeVar("T")
PATIENCE: Final = 10.0
"""Seconds that what is under way gets to end when the hub stops."""


class Hub:
    """One hub. Use it as ``async with Hub(config, data) as hub``."""

    version: Final = VERSION

    store: Store
    reading: Reading
    people: People
    agents: Agents
    secret: bytes

    def __init__(self, config: LoadedConfig, data: Path, *, clock: Clock | None = None, log: Logger | None = None) -> None:
        self.settings = config.settings
        self.data = data
        self.clock = clock or SystemClock()
        self.log = log or make_logger(level=self.settings.hub.log.level, json=self.settings.hub.log.json_lines)
        self.counters: Counter[str] = Counter()
        self.stopping = False
        self.texts = Texts(self.settings.hub.locale, self.settings.service.texts)
        self.calls = Calls(clock=self.clock, log=self.log)
        self.registry = Registry(self)
        self.routes = Routes()
        self.outgoing = Outgoing(self)
        self.live: list[Callable[[Sequence[Event]], None]] = []
        self.farewells: list[Callable[[], Awaitable[None]]] = []
        self.notifier = Notifier(self)
        self.feeds = Feeds(self)
        self.timers = Timers(self)
        self.path = MessagePath(self)
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="plugin")
        self._apps = apps_of(spec.cls for spec in config.instances)
        for instance in config.instances:
            self.registry.add(instance)

    async def __aenter__(self) -> Hub:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    async def open(self) -> None:
        """Open the store and learn what is there; nothing moves yet. Raises StoreUnavailable."""
        database = self.settings.database
        store = await Store.open(self.data, self.clock, database=database, on_events=self._on_events, apps=self._apps)
        self.store = store
        self.reading = Reading(store.reader)
        self.people = People(self.reading)
        self.secret = await self._own_secret()
        self.agents = Agents(self)
        await self.people.start()
        await self.agents.start()

    async def start(self) -> None:
        """Open the store, take up what was left, start the plugins.

        Raises StoreUnavailable when the store cannot be opened, ConfigError when a required plugin cannot start.
        """
        await self.open()
        await self.calls.start()
        await self.registry.start_all()
        await self.path.start()
        self.timers.start()
        await self.calls.notify("hub_started")

    def begin_to_stop(self) -> None:
        """From now on take nothing new, and answer those who wait for what has not begun."""
        self.stopping = True
        self.path.close()

    async def say_farewell(self) -> None:
        """End what would keep a request open for ever. See `Context.farewell`."""
        for outcome in await asyncio.gather(*(outcome_of(end()) for end in tuple(self.farewells))):
            if outcome.error is not None:
                self.log.error("a farewell failed", exc_info=outcome.error)

    async def stop(self) -> None:
        """Take nothing new, end what is under way, let everything go. What is not done stays stored."""
        self.begin_to_stop()
        if not hasattr(self, "store"):
            return
        await self.calls.notify("hub_stopping")
        await self.timers.stop()
        await self.path.stop(PATIENCE)
        await self.notifier.stop()
        await self.say_farewell()
        await self.registry.stop_all()
        await self.calls.stop()
        await self.close()

    async def close(self) -> None:
        """Let the store go; the end of `open`."""
        await self.store.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _own_secret(self) -> bytes:
        """The secret all tokens are signed with: made once, kept in the store."""
        data = self.store.data("hub")
        kept = await data.get("secret")
        if kept is None:
            kept = secrets.token_hex(32)
            await data.put("secret", kept)
        return bytes.fromhex(kept)

    def _on_events(self, events: Sequence[Event]) -> None:
        self.feeds.wake()
        for hear in tuple(self.live):
            # A plugin's fault must not end the committer, which calls this.
            outcome = attempt(hear, events)
            if outcome.error is not None:
                self.log.error("events could not be told", exc_info=outcome.error)

    @property
    def media(self) -> MediaStore[Any]:
        """The plugin that keeps files. Raises Unsupported when there is none, NotReady while it does not run."""
        return self.registry.media()

    def count(self, name: str, number: int = 1) -> None:
        """Count something for the metrics page."""
        self.counters[name] += number

    async def run_sync(self, function: Callable[..., T], *args: object) -> T:
        """Call something that blocks, in one of four threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)

    async def writable(self) -> bool:
        """Does the store take writes? Asked by the readiness check."""
        try:
            await self.store.data("hub").put("alive", int(self.clock.now()))
        except StoreUnavailable:
            return False
        return True
