"""A policy made ready for the router: what each queue asks for in each ring, who serves it, and what a talk costs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from hub_routing.calendars import is_open
from hub_routing.engine.records import Staff, Task
from hub_routing.policy import QueuePolicy, RoutingConfig

Need = tuple[tuple[str, int], ...]
_CASE: Final = re.compile(r"\$(case|customer)\.(\w+)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one search asks for: skills, and teams (None is everybody). Members only, where `strict`."""

    need: Need
    teams: frozenset[str] | None
    strict: bool

    def fits(self, staff: Staff) -> bool:
        """Is this somebody who can do it?"""
        if self.teams is not None and not self.teams & staff.teams and (self.strict or staff.teams):
            return False
        skills = staff.skills
        return all(skills.get(skill, 0) >= level for skill, level in self.need)


class Plan:
    """A `policy` with what is known about teams. Asked often, so answers are kept."""

    def __init__(self, policy: RoutingConfig, teams: Collection[str] = ()) -> None:
        self.policy = policy
        self.teams = frozenset(teams)
        self.zone = ZoneInfo(policy.timezone)
        self._costs: dict[str, int] = {}
        self.lanes: list[frozenset[str]] = [frozenset()]
        self._lane_of: dict[str, int] = {}
        for channel, others in policy.interrupt.items():
            if channel.endswith("_same_case"):
                continue
            interrupted = frozenset(others)
            if interrupted not in self.lanes:
                self.lanes.append(interrupted)
            self._lane_of[channel] = self.lanes.index(interrupted)
        self.burst = policy.vip.burst if policy.vip is not None else 0

    def cost(self, channel: str) -> int:
        """Units of a talk."""
        found = self._costs.get(channel)
        if found is None:
            found = self._costs[channel] = self.policy.cost(channel)
        return found

    def lane(self, channel: str) -> int:
        """Which of `lanes` a channel counts by: what may be interrupted for it is not counted."""
        return self._lane_of.get(channel, 0)

    def queue(self, name: str) -> QueuePolicy:
        """A queue's rules."""
        return self.policy.queue(name)

    def is_vip(self, task: Task) -> bool:
        """Does the policy put this customer before others?"""
        vip = self.policy.vip
        return vip is not None and vip.when.holds(task.facts)

    def ring_at(self, task: Task, now: float) -> tuple[int, float | None]:
        """The ring of somebody of this age, and when the next one begins."""
        rings = self.queue(task.queue).rings
        age, ring = now - task.arrived, 0
        while ring < len(rings) and rings[ring].after <= age + 1e-9:
            ring += 1
        return ring, task.arrived + rings[ring].after if ring < len(rings) else None

    def wanted(self, task: Task, *, ring: int | None = None, pool: str = "") -> Wanted:
        """What `task` asks for in its ring; of `pool` only, where one is named."""
        queue = self.queue(task.queue)
        need: dict[str, int] = {}
        for skills in (queue.need, task.need):
            for name, level in skills.items():
                skill = filled(name, task.facts)
                if skill:
                    need[skill] = max(level, need.get(skill, 0))
        teams, strict = self.base(task.queue)
        for one in queue.rings[: task.ring if ring is None else ring]:
            for name, level in one.need.items():
                skill = filled(name, task.facts)
                if skill in need:
                    need[skill] = min(level, need[skill])
            for name in one.drop:
                need.pop(filled(name, task.facts), None)
            if teams is not None:
                teams |= frozenset(one.add)
        if pool:
            teams, strict = frozenset((pool,)), True
        return Wanted(tuple(sorted(need.items())), teams, strict)

    def base(self, queue: str) -> tuple[frozenset[str] | None, bool]:
        """The teams that serve a queue (None is everybody), and whether only their members do."""
        said = self.queue(queue).teams
        if said:
            return frozenset(said), True
        return (frozenset((queue,)), False) if queue in self.teams else (None, False)

    def closed(self, queue: str, now: float) -> bool:
        """Is it outside the queue's hours?"""
        hours = self.queue(queue).hours
        if hours is None:
            return False
        return not is_open(hours, self.policy.calendars, datetime.fromtimestamp(now, self.zone))


def filled(name: str, facts: Mapping[str, Any]) -> str:
    """A skill's name with what it takes from the case; "" where the case does not say it."""
    missing = False

    def put(found: re.Match[str]) -> str:
        nonlocal missing
        known = facts.get(found[1])
        value = known.get(found[2]) if isinstance(known, Mapping) else None
        missing = missing or not value
        return str(value or "")

    made = _CASE.sub(put, name) if "$" in name else name
    return "" if missing else made
