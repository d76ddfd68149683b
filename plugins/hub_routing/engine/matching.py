"""Who can take whom: the masks of the floor against what a signature asks for, and the choice among those that are left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub_routing.engine.floor import Floor
from hub_routing.engine.groups import Group
from hub_routing.engine.plan import Plan
from hub_routing.engine.records import Staff, Task
from hub_routing.policy import Pick

FULL: Final = 100


@dataclass(slots=True, eq=False)
class _Reserve:
    """Agents ordinary customers may not take when so few of them are idle."""

    channel: str
    team: str
    keep: int
    lane: int
    units: int
    members: int = 0


class Matching:
    """Finds agents for tasks on one floor."""

    def __init__(self, plan: Plan, floor: Floor) -> None:
        self._plan = plan
        self._floor = floor
        self.reserves: list[_Reserve] = []
        for one in plan.policy.vip.reserve if plan.policy.vip is not None else ():
            team = one.pool if one.pool in plan.teams else ""
            channel = "" if team else one.pool
            units = plan.cost(channel) if channel else plan.policy.agents.capacity
            lane = plan.lane(channel) if channel else 0
            self.reserves.append(_Reserve(channel, team, one.idle, lane, units))
            floor.watch(channel, channel, units)

    def edit(self, staff: Staff) -> None:
        """Somebody is new, or in other teams."""
        for one in self.reserves:
            inside = not one.team or one.team in staff.teams
            one.members = one.members | staff.bit if inside else one.members & ~staff.bit

    def drop(self, staff: Staff) -> None:
        """Somebody is no longer there."""
        for one in self.reserves:
            one.members &= ~staff.bit

    # -- reserve ------------------------------------------------------------------------------------

    def idle(self, one: _Reserve) -> int:
        """Those of a reserve's pool who could take such a talk at once."""
        floor = self._floor
        return one.members & floor.open[one.channel] & floor.room[one.lane, one.units]

    def kept(self) -> int:
        """Whom ordinary customers may not take now."""
        mask = 0
        for one in self.reserves:
            idle = self.idle(one)
            if idle.bit_count() <= one.keep:
                mask |= idle
        return mask

    # -- candidates ---------------------------------------------------------------------------------

    def free(self, group: Group, mask: int, *, burst: bool, kept: int | None = None) -> int:
        """Those of `mask` who get such work and have the room, with the burst where that is allowed."""
        floor = self._floor
        units = group.floor_units if burst else group.cost
        found = mask & floor.open[group.door] & floor.room[group.lane, units]
        if self.reserves and not group.vip:
            found &= ~(self.kept() if kept is None else kept)
        return found

    def rooms(self, group: Group, mask: int, kept: int) -> tuple[int, int]:
        """Those of `mask` who have the room a group of this kind asks for: without the burst, and with it."""
        plain = self.free(group, mask, burst=False, kept=kept)
        return plain, self.free(group, mask, burst=True, kept=kept) if group.burst else plain

    def fits(self, staff: Staff, task: Task, burst: int) -> bool:
        """Has this one agent the room, with so many units above capacity? Reserves hold here, too."""
        floor, plan = self._floor, self._plan
        floor.watch(task.channel, task.door, task.cost)
        if not floor.open[task.door] & staff.bit:
            return False
        if staff.units - staff.used[plan.lane(task.channel)] < task.cost - burst:
            return False
        return task.vip or not self.reserves or not self.kept() & staff.bit

    # -- the choice ---------------------------------------------------------------------------------

    def search(self, group: Group) -> tuple[int, str]:
        """The agents of the first step that has any, and its word; with the burst only where there is nobody without."""
        kept = None if group.vip or not self.reserves else self.kept()
        for step, mask in group.steps:
            if found := self.free(group, mask, burst=False, kept=kept):
                return found, step
            if group.burst and (found := self.free(group, mask, burst=True, kept=kept)):
                return found, f"{step} (burst)"
        return 0, ""

    def pick(self, group: Group, mask: int) -> tuple[Staff, str]:
        """The one of `mask` whom the queue's rules choose, and the rule that did."""
        rules = self._plan.queue(group.queue).pick
        rule = rules.rule(group.channel)
        mask = self._narrow(mask, rule, group.lane)
        if rule != "longest_idle":
            for tie in rules.tie:
                if mask & (mask - 1) == 0 or tie == "longest_idle":
                    break
                mask = self._narrow(mask, tie, group.lane)
        return self._floor.longest_idle(mask), rule

    def _narrow(self, mask: int, rule: Pick, lane: int) -> int:
        if rule == "least_loaded":
            return self._floor.least_loaded(mask, lane)
        return self._floor.narrowest(mask) if rule == "specialist_first" else mask
