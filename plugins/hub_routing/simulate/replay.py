"""Replay: arrivals through the very router that serves live, with a clock that jumps from event to event."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub_routing.agents import AgentSettings
from hub_routing.engine import Router, Staff, Task
from hub_routing.policy import RoutingConfig
from hub_routing.simulate.talks import Talks
from hub_routing.simulate.trace import Arrival

REAL_TIME: Final = 1e8
"""Arrivals later than this are at real times (seconds since 1970): then opening hours hold."""

NEVER: Final = math.inf

PATIENCE: Final = 86_400.0
"""Seconds after the last thing that happened in which somebody may still be served."""


@dataclass(slots=True)
class Fate:
    """What became of one customer. Times are those of the trace, None where it did not come to that."""

    arrival: Arrival
    assigned_at: float | None = None
    abandoned_at: float | None = None
    finished_at: float | None = None
    agent: str | None = None

    @property
    def wait(self) -> float:
        """Seconds until an agent had them, or they gave up."""
        ended = self.assigned_at if self.assigned_at is not None else self.abandoned_at
        return NEVER if ended is None else ended - self.arrival.at


@dataclass(slots=True)
class Replayed:
    """The fates in the order of the trace, the work of each agent, and from when to when."""

    fates: list[Fate]
    loads: dict[str, Load] = field(default_factory=dict)
    began: float = 0.0
    ended: float = 0.0


@dataclass(slots=True)
class Load:
    """One agent's share: customers, and how much of the time with at least one, and with how many on average."""

    served: int = 0
    busy: float = 0.0
    held: float = 0.0


def staff_of(agents: Iterable[AgentSettings], teams: Iterable[tuple[str, Iterable[str]]] = ()) -> list[Staff]:
    """The agents of a document; `teams` are its teams with the logins they list."""
    listed = [(team, frozenset(members)) for team, members in teams]
    return [
        Staff(
            one.login,
            frozenset(one.teams) | {team for team, members in listed if one.login in members},
            dict(one.skills),
            one.capacity,
            frozenset(one.reception) if one.reception is not None else None,
        )
        for one in agents
    ]


class Replay:
    """One run over one trace."""

    def __init__(
        self, policy: RoutingConfig, agents: Sequence[AgentSettings], *, teams: Sequence[tuple[str, Iterable[str]]] = ()
    ) -> None:
        self._staff = staff_of(agents, teams)
        self._speeds = {one.login: tuple(one.speed) for one in agents}
        self._how = (policy, [team for team, _ in teams])

    def run(self, arrivals: Sequence[Arrival], told: Callable[[int], None] = lambda _: None) -> Replayed:
        """Everybody's fate. `told` hears how many have arrived, now and then."""
        policy, teams = self._how
        order = sorted(range(len(arrivals)), key=lambda number: arrivals[number].at)
        began = arrivals[order[0]].at if order else 0.0
        router = Router(policy, teams=teams, accepting=False, hours=began > REAL_TIME)
        for one in self._staff:
            router.join(one, began)
        router.drain()
        run = _Run(router, Talks(dict(self._speeds)), [Fate(one) for one in arrivals])
        for count, number in enumerate(order, 1):
            run.until(arrivals[number].at)
            run.arrive(number)
            if count % 20_000 == 0:
                told(count)
        run.until(NEVER)
        return run.result(began, self._speeds)


class _Run:
    """What is going on in a replay."""

    def __init__(self, router: Router, talks: Talks, fates: list[Fate]) -> None:
        self._router = router
        self._talks = talks
        self._fates = fates
        self._leaving: list[tuple[float, int]] = []
        self._now = self._progress = 0.0

    def until(self, end: float) -> None:
        """Let everything happen up to `end`: at the same moment talks end first, then dates, then people leave."""
        router, talks = self._router, self._talks
        while True:
            ended = talks.next_end
            at_end = ended[0] if ended is not None else NEVER
            due = router.next_due
            at_due = due if due is not None else NEVER
            at_leave = self._leaving[0][0] if self._leaving else NEVER
            now = min(at_end, at_due, at_leave)
            if now > end or now == NEVER or (at_end == at_leave == end == NEVER and not self._hope(at_due)):
                return
            self._now = now
            if ended is not None and at_end == now:
                self._end(ended[1], ended[2], now)
            elif at_due == now:
                router.advance(now)
            else:
                self._leave(heapq.heappop(self._leaving)[1], now)
            self._follow()

    def _hope(self, due: float) -> bool:
        """May those who are left still be served? Dates of a queue that nobody serves come again and again."""
        return bool(self._router.tasks) and due - self._progress < PATIENCE

    def arrive(self, number: int) -> None:
        """The customer of this number comes."""
        one = self._fates[number].arrival
        facts = {
            "customer": {"tier": one.tier},
            "case": {"channel": one.channel, "queue": one.queue},
        }
        task = Task(
            number, one.queue, one.channel, one.at, one.need, one.tier, facts,
            owner=one.owner, last_agent=one.last_agent, last_at=one.at,
        )  # fmt: skip
        self._now = self._progress = one.at
        self._router.enter(task, one.at)
        self._follow()
        if one.patience is not None and task.status in ("waiting", "private"):
            heapq.heappush(self._leaving, (one.at + one.patience, number))

    def _leave(self, number: int, now: float) -> None:
        task = self._router.tasks.get(number)
        if task is not None and task.status in ("waiting", "private"):
            self._fates[number].abandoned_at = now
            self._router.finish(number, now)

    def _end(self, agent: str, number: object, now: float) -> None:
        assert isinstance(number, int)
        self._progress = now
        self._talks.end(agent, number, now)
        self._fates[number].finished_at = now
        self._router.finish(number, now)

    def _follow(self) -> None:
        """Do what the router says."""
        for move in self._router.drain():
            if move.task is None or not isinstance(move.task.id, int):
                continue
            fate = self._fates[move.task.id]
            if move.kind == "assign":
                fate.assigned_at, fate.agent = move.at, move.agent
                self._progress = move.at
                self._talks.begin(move.agent, move.task.id, fate.arrival.work, move.at)
            elif move.kind == "closed":
                fate.abandoned_at = move.at
                self._router.finish(move.task.id, move.at)

    def result(self, began: float, speeds: dict[str, tuple[float, ...]]) -> Replayed:
        """How it went."""
        ended = max(began, self._progress)
        loads = {agent: Load(0, *self._talks.shares(agent, ended)) for agent in speeds}
        for fate in self._fates:
            if fate.agent is not None:
                loads[fate.agent].served += 1
        return Replayed(self._fates, loads, began, ended)
