"""The floor: all agents as bits of whole numbers, so that "who could take this" is a few operations, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hub_routing.engine.plan import Plan, Wanted
from hub_routing.engine.records import Staff, Task

FEW: Final = 24
"""So few bits are looked at one by one; among more, agents are looked at in the order of their idleness."""


def bits(mask: int) -> Iterator[int]:
    """The places of the bits of `mask`, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Floor:
    """Who serves, and how much each of them can still take.

    `levels` are masks by free units, for each lane of the plan; `room` are masks of those with at least so many units free.
    `touched` are those whose load changed; whoever reads it empties it.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.staff: list[Staff | None] = []
        self.by_id: dict[str, Staff] = {}
        self.levels: list[dict[int, int]] = [{} for _ in plan.lanes]
        self.room: dict[tuple[int, int], int] = {}
        self.open: dict[str, int] = {}
        self.breadth: dict[int, int] = {}
        self.everybody = self.teamless = 0
        self.team: dict[str, int] = {}
        self.skilled: dict[tuple[str, int], int] = {}
        self._order: dict[int, None] = {}
        self._stamp = 0
        self.touched: set[str] = set()

    # -- who there is -------------------------------------------------------------------------------

    def add(self, staff: Staff, now: float, *, idle_since: float | None = None) -> None:
        """Somebody comes."""
        free = next((at for at, one in enumerate(self.staff) if one is None), len(self.staff))
        if free == len(self.staff):
            self.staff.append(None)
        staff.index, staff.bit = free, 1 << free
        self.staff[free] = staff
        self.by_id[staff.id] = staff
        staff.state_since = now
        self.enter(staff)
        self.touch(staff, now if idle_since is None else idle_since)

    def drop(self, staff: Staff) -> None:
        """Somebody is no longer there; they have no talks any more."""
        self.leave(staff)
        self.staff[staff.index] = None
        del self.by_id[staff.id]
        self._order.pop(staff.index, None)

    def enter(self, staff: Staff) -> None:
        """Write `staff` into all masks."""
        staff.units = staff.capacity if staff.capacity is not None else self.plan.policy.agents.capacity
        staff.used = [self._used(staff, lane) for lane in range(len(self.plan.lanes))]
        for lane, levels in enumerate(self.levels):
            free = staff.units - staff.used[lane]
            levels[free] = levels.get(free, 0) | staff.bit
        for lane, units in self.room:
            self._room(staff, lane, units)
        for door in self.open:
            self._open(staff, door)
        self.everybody |= staff.bit
        self.teamless |= 0 if staff.teams else staff.bit
        for team in staff.teams:
            self.team[team] = self.team.get(team, 0) | staff.bit
        for skill, level in self.skilled:
            if staff.skills.get(skill, 0) >= level:
                self.skilled[skill, level] |= staff.bit
        width = len(staff.skills) + len(staff.teams)
        self.breadth[width] = self.breadth.get(width, 0) | staff.bit

    def leave(self, staff: Staff) -> None:
        """Take `staff` out of all masks."""
        without = ~staff.bit
        for masks in (*self.levels, self.breadth):
            for key in [key for key, mask in masks.items() if mask & staff.bit]:
                masks[key] &= without
                if not masks[key]:
                    del masks[key]
        self.everybody &= without
        self.teamless &= without
        for team in self.team:
            self.team[team] &= without
        for asked in self.skilled:
            self.skilled[asked] &= without
        for pair in self.room:
            self.room[pair] &= without
        for door in self.open:
            self.open[door] &= without

    def _used(self, staff: Staff, lane: int) -> int:
        skipped = self.plan.lanes[lane]
        return sum(one.cost for one in staff.talks.values() if not one.parked and one.channel not in skipped)

    # -- what changes -------------------------------------------------------------------------------

    def charge(self, staff: Staff, task: Task, sign: int) -> None:
        """`task` takes (+1) its units, or gives them back (-1)."""
        units = task.cost * sign
        self.touched.add(staff.id)
        for lane, skipped in enumerate(self.plan.lanes):
            if task.channel in skipped:
                continue
            levels, free = self.levels[lane], staff.units - staff.used[lane]
            left = levels[free] & ~staff.bit
            if left:
                levels[free] = left
            else:
                del levels[free]
            staff.used[lane] += units
            free -= units
            levels[free] = levels.get(free, 0) | staff.bit
            for pair in self.room:
                if pair[0] == lane:
                    self._room(staff, lane, pair[1])

    def touch(self, staff: Staff, now: float) -> None:
        """Something of theirs began or ended: they are the least idle now."""
        self._stamp += 1
        staff.stamp, staff.idle_since = self._stamp, now
        self._order.pop(staff.index, None)
        self._order[staff.index] = None

    def reopen(self, staff: Staff) -> None:
        """Whether they get new work, and on which channels, may have changed."""
        for door in self.open:
            self._open(staff, door)

    def _room(self, staff: Staff, lane: int, units: int) -> None:
        if staff.units - staff.used[lane] >= units:
            self.room[lane, units] |= staff.bit
        else:
            self.room[lane, units] &= ~staff.bit

    def _open(self, staff: Staff, door: str) -> None:
        if receives(staff, door):
            self.open[door] |= staff.bit
        else:
            self.open[door] &= ~staff.bit

    # -- questions ----------------------------------------------------------------------------------

    def watch(self, channel: str, door: str, *units: int) -> None:
        """From now on keep the masks that tell who takes what comes by this door and has this room."""
        lane = self.plan.lane(channel)
        if door not in self.open:
            self.open[door] = 0
            for staff in self.by_id.values():
                self._open(staff, door)
        for one in units:
            if (lane, one) not in self.room:
                self.room[lane, one] = 0
                for staff in self.by_id.values():
                    self._room(staff, lane, one)

    def able(self, wanted: Wanted) -> int:
        """Those who can do it, whether they are there or not."""
        mask = self.everybody
        if wanted.teams is not None:
            members = 0 if wanted.strict else self.teamless
            for team in wanted.teams:
                members |= self.team.get(team, 0)
            mask = members
        for skill, level in wanted.need:
            known = self.skilled.get((skill, level))
            if known is None:
                known = sum(one.bit for one in self.by_id.values() if one.skills.get(skill, 0) >= level)
                self.skilled[skill, level] = known
            mask &= known
        return mask

    def least_loaded(self, mask: int, lane: int) -> int:
        """Those of `mask` with the most units free."""
        levels = self.levels[lane]
        for free in sorted(levels, reverse=True):
            if found := mask & levels[free]:
                return found
        return 0

    def narrowest(self, mask: int) -> int:
        """Those of `mask` who can do the least else."""
        for width in sorted(self.breadth):
            if found := mask & self.breadth[width]:
                return found
        return 0

    def longest_idle(self, mask: int) -> Staff:
        """The one of `mask` for whom nothing began or ended for the longest time."""
        staff = self.staff
        if mask & (mask - 1) == 0 or mask.bit_count() <= FEW:
            found = min((one for at in bits(mask) if (one := staff[at]) is not None), key=_stamp)
        else:
            found = next(one for at in self._order if mask >> at & 1 and (one := staff[at]) is not None)
        return found

    def ids(self, mask: int, most: int) -> tuple[str, ...]:
        """The ids of the first agents of `mask`."""
        found = []
        for at in bits(mask):
            one = self.staff[at]
            if one is not None:
                found.append(one.id)
            if len(found) == most:
                break
        return tuple(found)


def receives(staff: Staff, door: str) -> bool:
    """Does this agent get new work by this door now?"""
    return staff.ready and door not in staff.off and (staff.reception is None or door in staff.reception)


def _stamp(staff: Staff) -> int:
    return staff.stamp
