"""For plugins that look after the hub itself.

`numbers` and `routes` tell how it is while it runs, `caller_of` in whose code a task is. `looking` opens what is stored to
be read, whether a hub uses it or not, for a `Reading` and `list_dead`; `offline` opens a hub that is not running.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.context import Context
from hub.errors import StoreUnavailable
from hub.instance import UP, InstanceStatus
from hub.log import Logger
from hub.offline import offline
from hub.path.deadletters import DeadLetter, list_dead
from hub.path.reception import DEAD, DONE, NEW
from hub.people.reading import Reading
from hub.store.reader import Reader
from hub.store.store import reading as looking
from hub.underway import Tally
from hub.web.failures import ErrorAnswer
from hub.web.operations import CSRF_HEADER, SESSION_COOKIE
from hub.web.routes import Route

__all__ = [
    "CSRF_HEADER", "SESSION_COOKIE", "STATES", "UP", "DeadLetter", "ErrorAnswer", "InstanceStatus", "Logger", "Numbers",
    "Reader", "Reading", "Route", "Tally", "caller_of", "list_dead", "looking", "numbers", "offline", "routes",
]

STATES: Final = {NEW: "waiting", DONE: "done", DEAD: "dead"}
"""What the numbers in the column `state` of the tables ``inbox`` and ``outbox`` mean."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """How a hub is at one moment.

    `counters` and `calls` (by instance and method) only grow. `position` is the end of the event log, `feeds` is how far each
    durable subscription (instance, name) has still to read. `people` and `deliveries` are lanes with work in them, `repaired`
    counts messages the sweep found in nobody's hands, `due` what has still to go out (None while the store cannot be read).
    `agents` are those with an open workbench, by state.
    """

    name: str
    version: str
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


def caller_of(ctx: Context, task: asyncio.Task[Any] | None) -> str:
    """The instance whose code `task` is in, or an empty string. May be asked from another thread."""
    return ctx._hub.calls.caller_of(task)
