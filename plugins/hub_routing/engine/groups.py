"""Signatures: all who ask for the same thing wait in one heap, and who can serve them is one mask."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from hub_routing.engine.floor import Floor, bits
from hub_routing.engine.plan import Plan, Wanted
from hub_routing.engine.records import Staff, Task
from hub_routing.engine.scarcity import Kind, Scarcity

Entry = tuple[float, int, int, Task]
"""Key, number and version when it was put there, and the task: stale when the version is another one."""


@dataclass(slots=True, eq=False)
class Group:
    """One signature. `first` is one of nobody's wider ring.

    `elig` are those who can; `steps` the masks that a VIP's steps try in order.
    """

    index: int
    queue: str
    channel: str
    door: str
    cost: int
    lane: int
    vip: bool
    burst: int
    aging: float
    wanted: Wanted
    searches: tuple[tuple[str, Wanted], ...]
    excluded: frozenset[str]
    extra: str
    kind: Kind
    first: bool
    elig: int = 0
    steps: list[tuple[str, int]] = field(default_factory=list)
    heap: list[Entry] = field(default_factory=list)

    @property
    def floor_units(self) -> int:
        """Units somebody must have free, the burst counted in."""
        return self.cost - self.burst

    def head(self) -> Entry | None:
        """Who is next here."""
        heap = self.heap
        while heap and heap[0][3].version != heap[0][2]:
            heapq.heappop(heap)
        return heap[0] if heap else None

    def score(self, key: float, now: float) -> float:
        """How much somebody with this key is due."""
        return self.aging * (now - key) + self.kind.bonus


class Groups:
    """All signatures of a floor; `waiting` has the bit of each whose heap is not empty."""

    def __init__(self, plan: Plan, floor: Floor) -> None:
        self._plan = plan
        self._floor = floor
        self._by_key: dict[object, Group] = {}
        self.all: list[Group] = []
        self.waiting = 0
        self.scarcity = Scarcity()

    def of(self, task: Task) -> Group:
        """The signature of `task` as it is now."""
        plan, queue = self._plan, self._plan.queue(task.queue)
        wanted = plan.wanted(task, pool=task.pool)
        vip = plan.policy.vip
        extra = task.owner if task.vip and vip is not None and "owner" in vip.steps else ""
        key = (task.queue, task.channel, task.door, task.cost, wanted, task.vip, task.excluded, extra)
        found = self._by_key.get(key)
        if found is None:
            burst = plan.burst if task.vip else 0
            searches = self._searches(task, wanted) if task.vip else (("", wanted),)
            place = (len(self.all), task.queue, task.channel, task.door, task.cost, plan.lane(task.channel), task.vip, burst)
            # A wider ring is no other kind of customer; VIPs have a head start of their own.
            need = tuple(sorted(task.need.items()))
            same = (task.queue, task.channel, need, task.vip)
            kind = self.scarcity.kind(same, 0.0 if task.vip else queue.score.scarcity)
            found = Group(*place, queue.score.aging, wanted, searches, task.excluded, extra, kind, task.ring == 0)
            self._by_key[key] = found
            self.all.append(found)
            self._floor.watch(task.channel, task.door, found.cost, found.floor_units)
            self._fill(found)
            self._weigh(found)
        return found

    def _searches(self, task: Task, wanted: Wanted) -> tuple[tuple[str, Wanted], ...]:
        vip = self._plan.policy.vip
        assert vip is not None
        found: list[tuple[str, Wanted]] = []
        for step in vip.steps:
            word, _, name = step.partition(":")
            match word:
                case "pool":
                    found.append((step, Wanted(wanted.need, frozenset((name,)), strict=True)))
                case "emergency":
                    found.append((step, Wanted((), frozenset((name,)), strict=True)))
                case "any skilled":
                    found.append((step, Wanted(wanted.need, None, strict=False)))
                case _:
                    found.append((step, wanted))
        # Whatever the steps say, those who serve the queue can serve its VIPs.
        return (*found, ("queue", wanted))

    def _fill(self, group: Group) -> None:
        """Write everybody into the masks of a new group."""
        floor, place = self._floor, 1 << group.index
        shut = sum(staff.bit for id in group.excluded if (staff := floor.by_id.get(id)) is not None)
        for step, wanted in group.searches:
            if step == "owner":
                owner = floor.by_id.get(group.extra)
                mask = owner.bit if owner is not None else 0
            else:
                mask = floor.able(wanted)
                named = floor.by_id.get(step.partition(":")[2]) if step.startswith("emergency:") else None
                mask |= named.bit if named is not None else 0
            group.steps.append((step, mask & ~shut))
            group.elig |= mask & ~shut
        for at in bits(group.elig):
            staff = floor.staff[at]
            if staff is not None:
                staff.groups |= place

    def _place(self, group: Group, staff: Staff) -> None:
        """Write `staff` into the masks of `group`, or out of them."""
        bit, place = staff.bit, 1 << group.index
        allowed = staff.id not in group.excluded
        steps: list[tuple[str, int]] = []
        union = 0
        before = dict(group.steps)
        for step, wanted in group.searches:
            fits = allowed and _fits(group, step, wanted, staff)
            mask = before.get(step, 0)
            mask = mask | bit if fits else mask & ~bit
            steps.append((step, mask))
            union |= mask
        group.steps = steps
        group.elig = union
        staff.groups = staff.groups | place if union & bit else staff.groups & ~place

    def edit(self, staff: Staff) -> None:
        """Somebody is new, or has other skills or teams."""
        staff.groups = 0
        for group in self.all:
            self._place(group, staff)
            self._weigh(group)

    def drop(self, staff: Staff) -> None:
        """Somebody is no longer there."""
        for group in self.all:
            group.steps = [(step, mask & ~staff.bit) for step, mask in group.steps]
            group.elig &= ~staff.bit
            self._weigh(group)

    def passed_over(self, group: Group) -> list[Staff]:
        """Those who can, and are only not asked for now because they did not take it."""
        known = (self._floor.by_id.get(id) for id in sorted(group.excluded))
        able = [one for one in known if one is not None]
        return [one for one in able if any(_fits(group, step, wanted, one) for step, wanted in group.searches)]

    def _weigh(self, group: Group) -> None:
        """Whom few can serve has a head start, so that the many do not fill these few."""
        if group.kind.most and group.first and not group.excluded:
            group.kind.weigh(group.elig, len(self._floor.by_id))

    # -- who waits ----------------------------------------------------------------------------------

    def push(self, task: Task) -> None:
        """`task` waits in its group."""
        group: Group = task.group
        heapq.heappush(group.heap, (task.key, task.seq, task.version, task))
        self.waiting |= 1 << group.index

    def nonempty(self, mask: int) -> Iterator[Group]:
        """The groups of `mask` in which somebody waits, or did until just now."""
        everything = self.all
        mask &= self.waiting
        while mask:
            low = mask & -mask
            yield everything[low.bit_length() - 1]
            mask ^= low

    def head(self, group: Group) -> Entry | None:
        """Who is next in `group`."""
        head = group.head()
        if head is None:
            self.waiting &= ~(1 << group.index)
        return head


def _fits(group: Group, step: str, wanted: Wanted, staff: Staff) -> bool:
    """Is this agent one whom a step of the search asks?"""
    word, _, name = step.partition(":")
    if word == "owner":
        return staff.id == group.extra
    return (word == "emergency" and name == staff.id) or wanted.fits(staff)
