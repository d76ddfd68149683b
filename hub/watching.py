"""For plugins that look after the hub itself.

`numbers` and `routes` tell how it is while it runs. `looking` reads what is stored, whether a hub uses it or not; `settle` ends a
dead letter while none does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.clock import SystemClock
from hub.context import Context
from hub.errors import StoreUnavailable
from hub.explain import Step, explain_conversation
from hub.instance import UP, InstanceStatus
from hub.path import deadletters
from hub.path.deadletters import DeadLetter
from hub.path.reception import DEAD, DONE, NEW
from hub.people.reading import Reading
from hub.records import Event
from hub.store.reader import Reader
from hub.store.store import Store, reading
from hub.underway import Tally
from hub.web.failures import ErrorAnswer
from hub.web.operations import CSRF_HEADER, SESSION_COOKIE
from hub.web.routes import Route

__all__ = [
    "CSRF_HEADER", "SESSION_COOKIE", "UP", "DeadLetter", "ErrorAnswer", "InstanceStatus", "Looking", "Numbers", "Reading",
    "Route", "Step", "Tally", "Waypoint", "looking", "numbers", "routes", "settle",
]  # fmt: skip

_STATES: Final = {NEW: "waiting", DONE: "done", DEAD: "dead"}


# -- a hub that runs --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Numbers:
    """How a hub is at one moment; times are in seconds.

    `counters` and `calls` (by instance and method) only grow. `position` is the end of the event log, `feeds` is how far each
    durable subscription (instance, name) has still to read. `people` and `deliveries` are lanes with work in them, `repaired`
    counts messages the sweep found in nobody's hands, `due` what has still to go out (None while the store cannot be read).
    `agents` are those with an open workbench, by state.
    """

    name: str
    version: str
    loop_lag: float
    loop_longest: float
    loop_blockages: int
    groups: int
    changes: int
    position: int
    feeds: Mapping[tuple[str, str], int]
    in_flight: int
    people: int
    deliveries: int
    repaired: int
    dead_letters: int
    due: int | None
    sockets: int
    published: int
    agents: Mapping[str, int]
    counters: Mapping[str, int]
    calls: Mapping[tuple[str, str], Tally]
    instances: Sequence[InstanceStatus]


async def numbers(ctx: Context) -> Numbers:
    """The numbers of the hub `ctx` belongs to, read now."""
    hub, path, committer = ctx._hub, ctx._hub.path, ctx._hub.store.committer
    try:
        due = int(await hub.store.reader.value("SELECT count(*) FROM outbox WHERE state = 0") or 0)
    except StoreUnavailable:
        due = None
    connected = [agent.state for agent in hub.agents.all() if agent.connected]
    lag = {(one.instance, one.name): max(0, committer.position - one.position) for one in hub.feeds.status()}
    counters = dict(hub.counters)
    return Numbers(
        name=hub.settings.name_for(""), version=hub.version,
        loop_lag=hub.watchdog.lag, loop_longest=hub.watchdog.longest, loop_blockages=hub.watchdog.blockages,
        groups=committer.groups, changes=committer.changes, position=committer.position, feeds=lag,
        in_flight=len(path.reception.in_flight), people=len(path.lanes), deliveries=len(path.delivery.lanes),
        repaired=path.repaired, dead_letters=path.dead_total, due=due,
        sockets=counters.pop("sockets", 0), published=counters.pop("published", 0),
        agents={state: connected.count(state) for state in ("online", "break", "offline")},
        counters=counters, calls=dict(hub.calls.counters), instances=hub.registry.status(),
    )  # fmt: skip


def routes(ctx: Context) -> Sequence[Route]:
    """All routes of the hub `ctx` belongs to, by path and method."""
    return ctx._hub.routes.all()


# -- what is stored ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where a message stands in one of the queues (``inbox`` or ``outbox``); `due_at` in milliseconds, 0 in the inbox."""

    queue: str
    channel: str
    state: str
    attempts: int
    due_at: int
    error: str


class Looking:
    """What is stored, to be read. `reading` knows people, conversations and messages."""

    def __init__(self, reader: Reader) -> None:
        self.reading = Reading(reader)
        self._reader = reader

    async def waypoints(self, message_id: int) -> Sequence[Waypoint]:
        """Where a message stands; empty when it is through, or there is none."""
        found = []
        for queue, due in (("inbox", "0"), ("outbox", "due_at")):
            sql = f"SELECT channel, state, attempts, {due} AS due_at, error FROM {queue} WHERE id = ?"  # noqa: S608 - constants
            row = await self._reader.one(sql, message_id)
            if row is not None:
                state = _STATES.get(row["state"], str(row["state"]))
                found.append(Waypoint(queue, row["channel"], state, row["attempts"], row["due_at"], row["error"]))
        return found

    async def explain(self, conversation_id: int, locale: str) -> Sequence[Step]:
        """Every step of routing and delivery of a conversation, in words (zh-CN, else English)."""
        return await explain_conversation(self.reading, self._reader, conversation_id, locale)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """What could not be worked on or delivered, the newest first (at most 200)."""
        return await deadletters.list_dead(self._reader)


@asynccontextmanager
async def looking(data: Path, database: str = "") -> AsyncIterator[Looking]:
    """Read what a hub stored in the folder `data`, or in the `database` its document names. Raises StoreUnavailable."""
    async with reading(data, database=database) as reader:
        yield Looking(reader)


async def settle(data: Path, id: int, *, again: bool, database: str = "") -> None:
    """Put a dead letter back among the due (`again`), or give it up.

    Raises Refused (404) where there is none, and StoreUnavailable, also while a hub uses the store: there its own pages do this.
    """
    clock = SystemClock()
    async with opened(data, database) as store:
        await deadletters.settle(store, int(clock.now() * 1000), id, again=again)


@asynccontextmanager
async def opened(data: Path, database: str) -> AsyncIterator[Store]:
    """The store of a hub that does not run. Raises StoreUnavailable when one does."""

    def nobody_listens(_: Sequence[Event]) -> None:
        """Events are stored; the hub that starts next reads them."""

    store = await Store.open(data, SystemClock(), database=database, on_events=nobody_listens)
    try:
        yield store
    finally:
        await store.close()
