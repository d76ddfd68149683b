"""The router: who gets whom, decided the moment something happens. No clock of its own, no waiting, no input or output.

Whatever happens is a method with its time; what follows from it is in `drain`. After each of them no able agent with room is left
beside a customer who waits (reserves excepted). `next_due` tells when `advance` has something to do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from time import perf_counter_ns
from typing import Any, Final

from hub_routing.engine.floor import Floor, bits, receives
from hub_routing.engine.groups import Group, Groups
from hub_routing.engine.line import Line
from hub_routing.engine.matching import Matching
from hub_routing.engine.plan import Plan
from hub_routing.engine.records import NOBODY, Decision, Move, Staff, StaffState, Task, TaskId
from hub_routing.engine.seeking import Seeking
from hub_routing.engine.timers import Timers
from hub_routing.engine.watching import Watching
from hub_routing.policy import RoutingConfig

MOST_NAMED: Final = 20
"""So many candidates a decision names."""

MOST_GROUPS: Final = 5000
"""So many signatures are kept in mind."""


class Router(Seeking, Watching):
    """Everybody who waits and everybody who serves, and the rules between them.

    With `accepting` agents are asked to accept as the policy says; without it every offer is taken at once.
    """

    def __init__(
        self,
        policy: RoutingConfig,
        *,
        teams: Collection[str] = (),
        accepting: bool = True,
        hours: bool = True,
        ticks: Callable[[], int] = perf_counter_ns,
    ) -> None:
        self._accepting, self._hours, self._ticks = accepting, hours, ticks
        self._known_teams = frozenset(teams)
        self.tasks: dict[TaskId, Task] = {}
        self.lines: dict[str, Line] = {}
        self.timers = Timers()
        self.out: list[Move] = []
        self._seq = 0
        self._versions = 0
        self._began = 0
        self._prepare(policy, ())

    def _prepare(self, policy: RoutingConfig, staff: Iterable[Staff]) -> None:
        teams = self._known_teams.union(*(one.teams for one in staff))
        self.policy = policy
        self.plan = Plan(policy, teams)
        self.floor = Floor(self.plan)
        self.groups = Groups(self.plan, self.floor)
        self.matching = Matching(self.plan, self.floor)

    # -- what is asked ------------------------------------------------------------------------------

    @property
    def next_due(self) -> float | None:
        """When `advance` has something to do."""
        return self.timers.next_due

    def drain(self) -> list[Move]:
        """What is to be done outside, in order; each is told once."""
        moves, self.out = self.out, []
        return moves

    def line(self, queue: str) -> Line:
        """Those who wait in a queue."""
        found = self.lines.get(queue)
        if found is None:
            found = self.lines[queue] = Line()
        return found

    def estimate(self, task: Task) -> tuple[int, float | None]:
        """The place in the queue, and the seconds until served (None where nobody knows)."""
        line = self.line(task.queue)
        place = line.place(task.key, task.seq)
        return place, line.wait(place - 1, self._guess(task))

    def _guess(self, task: Task) -> float:
        """The rate of service before any was seen: each able agent who is there is free once in five minutes."""
        group: Group | None = task.group
        able = group.elig & self.floor.open.get(task.door, 0) if group is not None else 0
        return able.bit_count() / 300.0

    # -- agents -------------------------------------------------------------------------------------

    def join(self, staff: Staff, now: float) -> None:
        """Somebody new serves."""
        self._begin()
        if staff.teams - self.plan.teams:
            self._known_teams |= staff.teams
            if any(queue in staff.teams for queue in {one.queue for one in self.groups.all}):
                # A queue that everybody served has a team now.
                self.floor.add(staff, now)
                self.renew(self.policy, now)
                return
            self.plan.teams |= staff.teams
        self.floor.add(staff, now)
        self.matching.edit(staff)
        self.groups.edit(staff)
        self._dispatch(staff.bit, now)

    def part(self, id: str, now: float) -> None:
        """Somebody no longer serves; whom they had goes to others."""
        staff = self.floor.by_id.get(id)
        if staff is None:
            return
        self._begin()
        staff.state = "offline"
        self.floor.reopen(staff)
        for task in list(staff.talks.values()):
            self.requeue(task, now, "gone", boost=self.policy.agent_gone.boost, without=id)
        for _, _, version, task in staff.private:
            if task.version == version:
                self._go_on(task, now)
        self.groups.drop(staff)
        self.matching.drop(staff)
        self.floor.drop(staff)

    def edit(
        self, id: str, now: float, *, teams: Collection[str] | None = None, skills: Mapping[str, int] | None = None,
        capacity: int | None = None, reception: frozenset[str] | None = NOBODY,
    ) -> None:  # fmt: skip
        """Somebody has other teams, skills, capacity or channels; `reception` of None is every channel."""
        staff = self.floor.by_id[id]
        self._begin()
        self.floor.leave(staff)
        staff.teams = frozenset(teams) if teams is not None else staff.teams
        staff.skills = dict(skills) if skills is not None else staff.skills
        staff.capacity = capacity if capacity is not None else staff.capacity
        staff.reception = staff.reception if reception is NOBODY else reception
        self.floor.enter(staff)
        self.matching.edit(staff)
        if staff.teams - self.plan.teams:
            self._known_teams |= staff.teams
            self.renew(self.policy, now)
            return
        self.groups.edit(staff)
        self._dispatch(staff.bit, now)

    def state(self, id: str, state: StaffState, now: float, why: str = "") -> None:
        """Somebody chose another state."""
        staff = self.floor.by_id[id]
        if state == staff.state:
            return
        self._begin()
        staff.state, staff.why, staff.state_since = state, why, now
        self.floor.reopen(staff)
        self._watch_presence(staff, now)
        if staff.ready:
            self.floor.touch(staff, now)
            self._dispatch(staff.bit, now)
        else:
            self._release_private(staff, now)

    def presence(self, id: str, connected: bool, now: float) -> None:
        """Somebody's pages are open, or none is any more."""
        staff = self.floor.by_id[id]
        if connected == staff.connected:
            return
        self._begin()
        staff.connected = connected
        self.floor.reopen(staff)
        self._watch_presence(staff, now)
        if connected:
            self._dispatch(staff.bit, now)
        else:
            self._release_private(staff, now)

    def reception(self, id: str, off: frozenset[str], now: float) -> None:
        """Somebody takes no new work by these doors."""
        staff = self.floor.by_id[id]
        self._begin()
        staff.off = off
        self.floor.reopen(staff)
        self._dispatch(staff.bit, now)

    # -- cases --------------------------------------------------------------------------------------

    def enter(self, task: Task, now: float) -> None:
        """A case wants an agent. One that is outside the hours is told of, and waits for nothing."""
        self._begin()
        self._seq += 1
        task.seq, task.since = self._seq, now
        self.tasks[task.id] = task
        self._resume(task, now)
        if len(self.groups.all) > MOST_GROUPS:
            # Signatures nobody asks for any more are forgotten.
            self.renew(self.policy, now)
        self._start(task, now)
        self._dispatch(0, now)

    def adopt(self, task: Task, agent: str, now: float) -> bool:
        """A case is with an agent already: taken by hand, or before this router began. Any load goes."""
        staff = self.floor.by_id.get(agent)
        if staff is None:
            return False
        self._begin()
        known = self.tasks.get(task.id)
        if known is None:
            self._seq += 1
            task.seq = self._seq
            self.tasks[task.id] = task
        elif known.status == "held" and known.agent == agent:
            return True
        elif known.status in ("held", "offered"):
            self._free(known, now)
        else:
            self._unwait(known, now, served=True)
        by_hand = known is not None and known.status in ("waiting", "private", "offered")
        task = known or task
        task.cost = task.cost or self.plan.cost(task.channel)
        parked = known is None and task.parked
        self._hold(task, staff, now)
        if known is None:
            self._take_up(task, staff, now, parked=parked)
        else:
            self._call(task, now)
        if by_hand:
            self.out.append(Move("taken", now, task, agent, self._decide(task, "taken", agent, now, able=staff.bit)))
        if not staff.connected or staff.state == "offline":
            self._watch_presence(staff, now)
        self._dispatch(self._freed, now)
        return True

    def finish(self, id: TaskId, now: float) -> None:
        """A case is over: served, or the customer left while waiting."""
        task = self.tasks.pop(id, None)
        if task is None:
            return
        self._begin()
        if task.status in ("held", "offered"):
            self._free(task, now)
        else:
            self._unwait(task, now, served=False)
        task.status = "closed"
        self._dispatch(self._freed, now)

    def accept(self, id: TaskId, now: float) -> None:
        """The agent takes what was offered."""
        task = self.tasks.get(id)
        if task is not None and task.status == "offered":
            self._begin()
            task.status = "held"
            self._bump(task)
            self._call(task, now)
            decision = self._decide(task, "accepted", task.agent, now, able=self.floor.by_id[task.agent].bit)
            self.out.append(Move("assign", now, task, task.agent, decision))

    def decline(self, id: TaskId, now: float, *, late: bool = False) -> None:
        """The agent does not take it; `late` when they did not answer."""
        task = self.tasks.get(id)
        if task is None or task.status != "offered":
            return
        staff = self.floor.by_id[task.agent]
        if late and self.policy.offer.on_timeout.agent == "paused":
            self.state(staff.id, "break", now, "missed")
            self.out.append(Move("paused", now, task, staff.id))
        self.requeue(task, now, "missed" if late else "declined", without=staff.id)

    def requeue(
        self, task: Task, now: float, why: str, *, boost: float = 0.0, without: str = "", queue: str = ""
    ) -> None:
        """A case goes back among those who wait; its age is kept. `without` does not get it again for a while."""
        self._begin()
        before = task.agent
        if task.status in ("held", "offered"):
            self._free(task, now)
        elif task.status in ("waiting", "private"):
            self._unwait(task, now, served=None)
        task.boost += boost
        task.queue = queue or task.queue
        task.pool, task.orphan = "", False
        if without:
            task.excluded |= {without}
            self.timers.add(now + self.policy.offer.again_after, "again", (task.id, without), 0)
        self._bump(task)
        self.out.append(Move("requeue", now, task, without, more={"why": why, "from": before}))
        freed = self._freed
        self._start(task, now)
        self._dispatch(freed, now)

    def repick(self, task: Task, agent: str, now: float) -> bool:
        """A plugin would rather have another agent: done where that one still has room."""
        staff = self.floor.by_id.get(agent)
        if staff is None or task.status not in ("held", "offered") or task.agent == agent:
            return False
        if not self.matching.fits(staff, task, self.plan.burst if task.vip else 0):
            return False
        self._begin()
        self._free(task, now)
        self._hold(task, staff, now)
        self._dispatch(self._freed & ~staff.bit, now)
        return True

    def learn(self, fresh: Task, now: float) -> None:
        """More is known about a case: who waits is sought for anew, with the same age, where that asks for somebody else."""
        task = self.tasks.get(fresh.id)
        if task is None:
            return
        self._begin()
        before = self._sought(task)
        task.tier, task.facts, task.need = fresh.tier, fresh.facts, fresh.need
        task.owner, task.deadline = fresh.owner, fresh.deadline
        if task.status in ("waiting", "private") and (self._sought(task) != before or not self._sought_right(task)):
            self._unwait(task, now, served=None)
            self._start(task, now)
            self._dispatch(0, now)

    def _sought(self, task: Task) -> tuple[Any, ...]:
        """What of a case says whom it wants, and when."""
        return task.tier, task.owner, dict(task.need), task.deadline if self.plan.queue(task.queue).score.deadline_boost else 0.0

    def _sought_right(self, task: Task) -> bool:
        """Is it sought for as its facts say now?"""
        return self.plan.is_vip(task) == task.vip and (task.group is None or self.groups.of(task) is task.group)

    def recost(self, task: Task, channel: str, now: float, door: str = "", *, exact: bool = False) -> None:
        """Another leg came: the case costs what its dearest leg does. `exact` where this one is known to be the dearest."""
        cost = self.plan.cost(channel)
        if task.status not in ("held", "offered") or (cost == task.cost if exact else cost <= task.cost):
            return
        self._begin()
        staff = self.floor.by_id[task.agent]
        if not task.parked:
            self.floor.charge(staff, task, -1)
        task.channel, task.door, task.cost = channel, door or channel, cost
        if not task.parked:
            self.floor.charge(staff, task, 1)
        self._dispatch(staff.bit if exact else 0, now)

    # -- policy -------------------------------------------------------------------------------------

    def renew(self, policy: RoutingConfig, now: float) -> None:
        """From now on by this policy. Who has somebody keeps them; who waits keeps the age."""
        self._begin()
        staff = list(self.floor.by_id.values())
        waiting = [one for one in self.tasks.values() if one.status in ("waiting", "private", "closed")]
        for task in waiting:
            self._unwait(task, now, served=None)
            task.told_in = None
        self.timers.clear()
        self._prepare(policy, staff)
        for one in sorted(staff, key=lambda one: one.stamp):
            one.groups = 0
            one.private.clear()
            for task in one.talks.values():
                task.cost = self.plan.cost(task.channel)
            self.floor.add(one, one.state_since, idle_since=one.idle_since)
            self.matching.edit(one)
        for task in sorted(waiting, key=lambda one: one.seq):
            self._start(task, now, quietly=True)
        for task in self.tasks.values():
            self._watch_again(task, now)
        for one in staff:
            self._watch_presence(one, one.state_since)
        self._dispatch(sum(one.bit for one in staff), now)

    def repair(self, now: float) -> int:
        """Serve whoever waits beside somebody with room, as should never be; returns how many there were."""
        self._begin()
        before = len(self.out)
        self._dispatch(sum(one.bit for one in self.floor.by_id.values()), now)
        return sum(move.kind in ("assign", "offer") for move in self.out[before:])

    # -- time ---------------------------------------------------------------------------------------

    def advance(self, now: float) -> None:
        """Let everything happen that is due by `now`, each at its own time."""
        for due, word, about, version in self.timers.due(now):
            self._begin()
            self._happens(word, about, version, due)
            self._dispatch(0, due)

    def _happens(self, word: str, about: Any, version: int, now: float) -> None:
        if word in ("suspect", "gone"):
            self._absent(word, about, version, now)
            return
        if word == "again":
            self._forgive(about, now)
            return
        task = self.tasks.get(about)
        if task is None:
            return
        if word in ("warn", "supervisor", "reassign"):
            self._silent(task, word, version, now)
        elif word == "late":
            self._late(task, now)
        elif word == "call":
            self._called(task, now)
        elif word == "inactive":
            self._inactive(task, version, now)
        elif task.version == version:
            self._waited(task, word, now)

    # -- the ledger of an event -----------------------------------------------------------------------

    def _begin(self) -> None:
        """Something happens: from here the time is taken, and nobody is freed yet."""
        self._began = self._ticks()
        self._freed = self._loose = 0

    def _bump(self, task: Task) -> None:
        self._versions += 1
        task.version = self._versions

    def _decide(
        self, task: Task, rule: str, chosen: str, now: float, *, able: int = 0, free: int = 0,
        more: Mapping[str, Any] | None = None,
    ) -> Decision:  # fmt: skip
        group: Group | None = task.group
        score = group.score(task.key, now) if group is not None else 0.0
        names = self.floor.ids(free, MOST_NAMED)
        numbers = (task.ring, task.vip, now - task.arrived, score, able.bit_count(), free.bit_count())
        micros = (self._ticks() - self._began) / 1000
        return Decision(task.id, now, rule, task.queue, task.channel, *numbers, names, chosen, micros, more or {})

    def loads(self) -> Mapping[str, int]:
        """Units each agent is charged with."""
        return {one.id: one.used[0] for one in self.floor.by_id.values()}


__all__ = ["Router", "bits", "receives"]
