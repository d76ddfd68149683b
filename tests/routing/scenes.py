"""Traces and policies for the tests of routing."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub_routing import RoutingConfig
from hub_routing.simulate import Arrival, Replay, Replayed


@dataclass
class Agent:
    """An agent of a document."""

    login: str
    teams: tuple[str, ...] = ()
    skills: dict[str, int] = field(default_factory=dict)
    capacity: int | None = None
    speed: tuple[float, ...] = ()
    reception: tuple[str, ...] | None = None


def agents(count: int, name: str = "a", **facts: Any) -> list[Agent]:
    return [Agent(f"{name}{number}", **facts) for number in range(count)]


def replayed(policy: dict[str, Any], staff: Sequence[Agent], arrivals: Sequence[Arrival]) -> Replayed:
    return Replay(RoutingConfig.model_validate(policy), staff).run(arrivals)


def trace(
    seed: int,
    count: int,
    *,
    every: float,
    work: float,
    patience: float | None = None,
    channel: str = "voice",
    kind: Callable[[random.Random], dict[str, Any]] = lambda _: {},
) -> list[Arrival]:
    """Poisson arrivals with exponential work (and patience); `kind` says what each of them is."""
    chance = random.Random(seed)
    now, found = 0.0, []
    for number in range(count):
        now += chance.expovariate(1 / every)
        facts = {"queue": "q", "need": {}, "tier": "", "channel": channel, **kind(chance)}
        left = chance.expovariate(1 / patience) if patience is not None else None
        found.append(Arrival(number, now, work=chance.expovariate(1 / work), patience=left, **facts))
    return found


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def waits(done: Replayed, queue: str = "") -> list[float]:
    """Of those who were served."""
    return [one.wait for one in done.fates if one.assigned_at is not None and queue in ("", one.arrival.queue)]
