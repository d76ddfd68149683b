"""How a hub is at one moment, in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub import Context, StoreUnavailable
from hub.watching import InstanceStatus, Tally, hub_of


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
    hub = hub_of(ctx)
    path, committer = hub.path, hub.store.committer
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
        agents={state: connected.count(state) for state in ("online", "break", "training", "offline")},
        counters=counters, calls=dict(hub.calls.counters), instances=hub.registry.status(),
    )  # fmt: skip
