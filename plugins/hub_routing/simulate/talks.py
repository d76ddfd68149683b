"""Work in progress: an agent's talks share their speed, so how long one takes depends on how many are held meanwhile."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class _Talk:
    id: Hashable
    left: float
    since: float
    rate: float
    version: int = 0


@dataclass(slots=True, eq=False)
class _Desk:
    speed: Sequence[float]
    talks: dict[Hashable, _Talk] = field(default_factory=dict)
    busy: float = 0.0
    held: float = 0.0
    at: float = 0.0

    def rate(self) -> float:
        """How fast each talk goes now."""
        count = len(self.talks)
        return float(self.speed[min(count, len(self.speed)) - 1]) if self.speed and count else 1.0

    def note(self, now: float) -> None:
        """Sum up how long the agent was busy, and with how many talks."""
        gone = now - self.at
        self.busy += gone if self.talks else 0.0
        self.held += gone * len(self.talks)
        self.at = now


class Talks:
    """All talks of all agents. `speeds` are, by agent, the speed of each of one, two, three … talks held at once."""

    def __init__(self, speeds: dict[str, Sequence[float]]) -> None:
        self._desks = {agent: _Desk(speed) for agent, speed in speeds.items()}
        self._ends: list[tuple[float, int, str, _Talk, int]] = []
        self._seq = 0

    def begin(self, agent: str, id: Hashable, work: float, now: float) -> None:
        """A talk begins, and the others of this agent may slow down."""
        desk = self._desks[agent]
        desk.note(now)
        before = desk.rate()
        talk = desk.talks[id] = _Talk(id, work, now, 0.0)
        rate = desk.rate()
        if rate != before:
            self._pace(desk, agent, now, rate)
        else:
            self._run(talk, agent, now, rate)

    def end(self, agent: str, id: Hashable, now: float) -> float:
        """A talk ends, done or not; returns the work that is left."""
        desk = self._desks[agent]
        desk.note(now)
        talk = desk.talks.pop(id)
        talk.version += 1
        left = talk.left - (now - talk.since) * talk.rate
        rate = desk.rate()
        if desk.talks and rate != talk.rate:
            self._pace(desk, agent, now, rate)
        return max(0.0, left)

    def _pace(self, desk: _Desk, agent: str, now: float, rate: float) -> None:
        for talk in desk.talks.values():
            talk.left -= (now - talk.since) * talk.rate
            self._run(talk, agent, now, rate)

    def _run(self, talk: _Talk, agent: str, now: float, rate: float) -> None:
        talk.since, talk.rate = now, rate
        talk.version += 1
        self._seq += 1
        heapq.heappush(self._ends, (now + max(0.0, talk.left) / rate, self._seq, agent, talk, talk.version))

    @property
    def next_end(self) -> tuple[float, str, Hashable] | None:
        """When the next talk is done, whose and which."""
        ends = self._ends
        while ends and ends[0][3].version != ends[0][4]:
            heapq.heappop(ends)
        return (ends[0][0], ends[0][2], ends[0][3].id) if ends else None

    def shares(self, agent: str, now: float) -> tuple[float, float]:
        """Seconds an agent was busy, and seconds of talks held."""
        desk = self._desks[agent]
        desk.note(now)
        return desk.busy, desk.held
