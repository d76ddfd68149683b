"""Seeking: from a case that wants an agent to the one who gets it, or to a place in the queue."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import Any, Final

from hub_routing.engine.floor import Floor, bits, receives
from hub_routing.engine.groups import Group, Groups
from hub_routing.engine.line import Line
from hub_routing.engine.matching import Matching
from hub_routing.engine.plan import Plan
from hub_routing.engine.records import Decision, Move, Staff, Task, TaskId
from hub_routing.engine.timers import Timers
from hub_routing.policy import Affinity, RoutingConfig, To

OVERFLOW_AGAIN: Final = 30.0
"""Seconds until a condition that did not hold is looked at again."""


class Seeking:
    """The way of one case. A part of `Router`."""

    policy: RoutingConfig
    plan: Plan
    floor: Floor
    groups: Groups
    matching: Matching
    timers: Timers
    tasks: dict[TaskId, Task]
    out: list[Move]
    _accepting: bool
    _hours: bool
    _freed: int
    _loose: int

    line: Callable[[str], Line]
    estimate: Callable[[Task], tuple[int, float | None]]
    requeue: Callable[..., None]
    decline: Callable[..., None]
    _bump: Callable[[Task], None]
    _watch_talk: Callable[[Task, float], None]
    _call: Callable[[Task, float], None]
    _decide: Callable[..., Decision]

    # -- the way ------------------------------------------------------------------------------------

    def _start(self, task: Task, now: float, *, quietly: bool = False) -> None:
        """From the beginning: hours, whom they know, then the queue."""
        task.cost = self.plan.cost(task.channel)
        task.vip = self.plan.is_vip(task)
        task.agent, task.group = "", None
        served = self.policy.queue_for(task.queue, task.channel)
        if served != task.queue:
            self.out.append(Move("moved", now, task, more={"from": task.queue}))
            task.queue = served
        if self._hours and self.plan.closed(task.queue, now):
            task.status = "closed"
            hours = self.plan.queue(task.queue).hours
            options = hours.closed if hours is not None else ()
            if "wait" not in options:
                self._shut(task, options, now, quietly=quietly)
                return
        self._known(task, now, 0, quietly=quietly)

    def _known(self, task: Task, now: float, first: int, *, quietly: bool = False) -> None:
        """Those the customer knows, from affinity step `first` on."""
        for at, step in enumerate(self.policy.affinity[first:], first):
            staff = self._wanted(task, step, now)
            if staff is None:
                continue
            burst = (step.burst or task.cost) if step.exclusive else 0
            burst = max(burst, self.plan.burst if task.vip else 0)
            if self.matching.fits(staff, task, burst):
                word = step.to + (" (burst)" if not self.matching.fits(staff, task, 0) else "")
                self._give(task, staff, self._decide(task, word, staff.id, now, able=staff.bit, free=staff.bit), now)
                return
            if step.wait and (receives(staff, task.door) or not step.only_if):
                self._await(task, staff, at, step, now)
                return
            if step.else_:
                self._elsewhere(task, step.else_)
                break
        self._queue(task, now, quietly=quietly)

    def _wanted(self, task: Task, step: Affinity, now: float) -> Staff | None:
        """The agent of an affinity step, where it holds for this customer."""
        if step.tiers and task.tier not in step.tiers:
            return None
        if step.to == "last_agent" and step.within and now - task.last_at > step.within:
            return None
        id = task.owner if step.to == "owner" else task.last_agent
        if not id or id in task.excluded:
            return None
        staff = self.floor.by_id.get(id)
        if staff is None or (step.only_if and not receives(staff, task.door)):
            return None
        return staff

    def _await(self, task: Task, staff: Staff, at: int, step: Affinity, now: float) -> None:
        """Wait for this one agent, with the place in the queue kept."""
        self._stand(task, now)
        task.status = "private"
        heapq.heappush(staff.private, (task.key, task.seq, task.version, task))
        self.timers.add(now + step.wait, f"sticky:{at}", task.id, task.version)
        more = {"for": staff.id, "wait": step.wait}
        decision = self._decide(task, f"wait_{step.to}", "", now, able=staff.bit, more=more)
        self.out.append(Move("queued", now, task, decision=decision))

    def _elsewhere(self, task: Task, name: str) -> None:
        """To a queue, or to a team only."""
        if name in self.policy.queues:
            task.queue = name
        else:
            task.pool = name.removeprefix("pool:")

    def _queue(self, task: Task, now: float, *, quietly: bool = False) -> None:
        """Whoever is able and has room, or a place in the queue."""
        task.ring, _ = self.plan.ring_at(task, now)
        group = task.group = self.groups.of(task)
        found, step = self.matching.search(group)
        if found and not quietly:
            staff, rule = self.matching.pick(group, found)
            task.key = self._key(task)
            said = {"step": step} if step else {}
            self._give(task, staff, self._decide(task, rule, staff.id, now, able=group.elig, free=found, more=said), now)
            return
        self._stand(task, now)
        self.groups.push(task)
        self._date(task, now)
        if not quietly:
            passed = [] if group.elig else self.groups.passed_over(group)
            more = {"passed_over": [one.id for one in passed]} if passed else {}
            self.out.append(Move("queued", now, task, decision=self._decide(task, "queued", "", now, able=group.elig, more=more)))

    # -- waiting ------------------------------------------------------------------------------------

    def _key(self, task: Task) -> float:
        """Whose is smaller comes first in a queue: when they came, less what they have before others."""
        score = self.plan.queue(task.queue).score
        before = score.head_start + task.boost
        if task.vip and self.policy.vip is not None:
            before += self.policy.vip.head_start
        if score.deadline_boost and task.deadline and task.since >= task.deadline - score.deadline_within:
            before += score.deadline_boost
        return task.arrived - before / score.aging

    def _stand(self, task: Task, now: float) -> None:
        """Take a place in the line of the queue."""
        task.status, task.since = "waiting", now
        self._bump(task)
        task.key = self._key(task)
        self.line(task.queue).join(task.key, task.seq, now)

    def _unwait(self, task: Task, now: float, *, served: bool | None) -> None:
        """Give the place up."""
        if task.status in ("waiting", "private"):
            self.line(task.queue).leave(task.key, task.seq, now, served=served)
        self._bump(task)

    def _date(self, task: Task, now: float) -> None:
        """Write down what happens when the wait goes on."""
        queue, add, version = self.plan.queue(task.queue), self.timers.add, task.version
        _, ring = self.plan.ring_at(task, now)
        if ring is not None:
            add(ring, "ring", task.id, version)
        if task.told_in != task.queue:
            # However often they are sought for anew in one queue, they are told the same once.
            task.told_in, task.overflowed = task.queue, False
            task.tell_at = now + queue.announce.first if queue.announce is not None else None
        if queue.overflow is not None and not task.overflowed:
            add(max(now, task.arrived + queue.overflow.after), "overflow", task.id, version)
        if queue.announce is not None and task.tell_at is not None:
            add(max(now, task.tell_at), "announce", task.id, version)
        if queue.score.deadline_boost and task.deadline:
            at = task.deadline - queue.score.deadline_within
            if at > now:
                add(at, "deadline", task.id, version)
        if queue.hours is not None and self._hours:
            add(now + 60 - now % 60, "hours", task.id, version)

    def _waited(self, task: Task, word: str, now: float) -> None:
        """A date of somebody who still waits."""
        if word == "ring" or word == "deadline":
            self._again(task, now)
        elif word.startswith("sticky:"):
            self._go_on(task, now, int(word.partition(":")[2]))
        elif word == "accept":
            self.decline(task.id, now, late=True)
        elif word == "announce":
            self._announce(task, now)
        elif word == "overflow":
            self._overflow(task, now)
        elif word == "hours":
            self._hour(task, now)

    def _again(self, task: Task, now: float) -> None:
        """Seek anew with the same age: in a wider ring, or with a nearer deadline."""
        self._unwait(task, now, served=None)
        self._queue(task, now)

    def _go_on(self, task: Task, now: float, step: int | None = None) -> None:
        """The one agent did not become free: to the next step, or to whoever is able."""
        if task.status != "private":
            return
        self._unwait(task, now, served=None)
        done = self.policy.affinity[step] if step is not None and step < len(self.policy.affinity) else None
        if done is not None and done.else_:
            self._elsewhere(task, done.else_)
            self._queue(task, now)
        else:
            self._known(task, now, len(self.policy.affinity) if step is None else step + 1)

    def _release_private(self, staff: Staff, now: float) -> None:
        """Who waits for somebody who gets no work now goes on."""
        waiting, staff.private = staff.private, []
        for entry in waiting:
            task = entry[3]
            if task.version == entry[2]:
                self._go_on(task, now)

    def _announce(self, task: Task, now: float) -> None:
        queue = self.plan.queue(task.queue)
        if queue.announce is None:
            return
        place, seconds = self.estimate(task)
        band = next((one for one in queue.announce.bands if seconds is not None and seconds <= one), None)
        offer = queue.callback is not None and seconds is not None and seconds > queue.callback.offer_if_ewt
        more = {"place": place, "seconds": seconds, "band": band, "bands": queue.announce.bands}
        self.out.append(Move("announce", now, task, more={**more, "callback": offer and not task.callback}))
        task.tell_at = now + queue.announce.every if queue.announce.every else None
        if task.tell_at is not None:
            self.timers.add(task.tell_at, "announce", task.id, task.version)

    def queue_facts(self, task: Task, now: float) -> Mapping[str, Any]:
        """What a condition of overflow may ask."""
        line, group = self.line(task.queue), task.group
        _, seconds = self.estimate(task)
        able = group.elig & self.floor.open.get(task.door, 0) if isinstance(group, Group) else 0
        longest = now - line.keys[0][0] if line.keys else 0.0
        facts = {"ewt": seconds or 0.0, "waiting": len(line), "longest": longest, "agents": able.bit_count()}
        return {"customer": {}, "case": {}, **task.facts, **facts}

    def _overflow(self, task: Task, now: float) -> None:
        overflow = self.plan.queue(task.queue).overflow
        if overflow is None:
            return
        if not overflow.when.holds(self.queue_facts(task, now)):
            self.timers.add(now + OVERFLOW_AGAIN, "overflow", task.id, task.version)
            return
        task.overflowed = True
        for act in overflow.do:
            if isinstance(act, To):
                before = task.queue
                self._unwait(task, now, served=None)
                task.queue = act.to
                self.out.append(Move("moved", now, task, more={"from": before}))
                self._queue(task, now)
                return
            self.out.append(Move(act, now, task, decision=self._decide(task, act, "", now)))

    def _hour(self, task: Task, now: float) -> None:
        """The minute is over: a queue that closed sends home who waits, one that opened serves who came before."""
        hours = self.plan.queue(task.queue).hours
        if hours is None:
            return
        shut = self.plan.closed(task.queue, now) and "wait" not in hours.closed
        if task.status == "closed" and not shut:
            self._start(task, now)
        elif task.status != "closed" and shut:
            self._unwait(task, now, served=None)
            self._shut(task, hours.closed, now)
        else:
            self.timers.add(now + 60 - now % 60, "hours", task.id, task.version)

    def _shut(self, task: Task, options: tuple[str, ...], now: float, *, quietly: bool = False) -> None:
        """Nobody serves now. What is left is served when the queue opens."""
        task.status = "closed"
        self._bump(task)
        self.timers.add(now + 60 - now % 60, "hours", task.id, task.version)
        if not quietly:
            decision = self._decide(task, "closed", "", now)
            self.out.append(Move("closed", now, task, decision=decision, more={"do": options}))

    # -- giving -------------------------------------------------------------------------------------

    def _give(self, task: Task, staff: Staff, decision: Decision, now: float) -> None:
        """To this agent: at once, or as an offer."""
        group: Group | None = task.group
        if group is not None and group.kind.auto:
            self.groups.scarcity.learn(group.kind, now - task.arrived)
        self._hold(task, staff, now)
        seconds = self.policy.offer.seconds(task.channel) if self._accepting else 0.0
        if seconds:
            task.status = "offered"
            self.timers.add(now + seconds, "accept", task.id, task.version)
        else:
            self._call(task, now)
        self.out.append(Move("offer" if seconds else "assign", now, task, staff.id, decision))

    def _hold(self, task: Task, staff: Staff, now: float) -> None:
        self._bump(task)
        task.status, task.agent, task.parked, task.orphan = "held", staff.id, False, False
        task.held_at, task.told_in = now, None
        staff.talks[task.id] = task
        self.floor.charge(staff, task, 1)
        self.floor.touch(staff, now)
        self._watch_talk(task, now)
        if self.matching.reserves:
            # No longer idle, so no longer kept: what room is left is for anybody.
            self._loose |= staff.bit

    def _free(self, task: Task, now: float) -> None:
        """Take it from its agent, who has room again."""
        self._bump(task)
        staff = self.floor.by_id.get(task.agent)
        task.agent = ""
        if staff is None or staff.talks.pop(task.id, None) is None:
            return
        if not task.parked:
            self.floor.charge(staff, task, -1)
        task.parked = False
        self.floor.touch(staff, now)
        self._freed |= staff.bit

    # -- who is free --------------------------------------------------------------------------------

    def _dispatch(self, freed: int, now: float) -> None:
        """Those of `freed` may have room: the most due of all who wait gets them, again and again until nobody is left.

        Where a reserve has more idle agents than it keeps, all of its idle ones count as free; and so does who is no longer idle.
        """
        while True:
            free = freed | self._loose
            for one in self.matching.reserves:
                idle = self.matching.idle(one)
                if idle.bit_count() > one.keep:
                    free |= idle
            if not free or not self._serve(free, now):
                return

    def _serve(self, free: int, now: float) -> bool:
        """Give one waiting case to one of `free`; False when there is none that fits."""
        if self._serve_private(free, now):
            return True
        kept = self.matching.kept() if self.matching.reserves else 0
        possible = self.groups.waiting
        if not free & (free - 1) and (only := self.floor.staff[free.bit_length() - 1]) is not None:
            possible = only.groups
        # Who has the room depends on little of a group, and is asked once for each.
        rooms: dict[tuple[str, str, int, int, bool], tuple[int, int]] = {}
        best: tuple[float, float, int] | None = None
        chosen: tuple[Group, Task, int] | None = None
        for group in self.groups.nonempty(possible):
            asked = (group.channel, group.door, group.cost, group.burst, group.vip)
            room = rooms.get(asked)
            if room is None:
                room = rooms[asked] = self.matching.rooms(group, free, kept)
            able = group.elig & room[0] or group.elig & room[1]
            if not able or (head := self.groups.head(group)) is None:
                continue
            key, seq, _, task = head
            rank = (-group.score(key, now), key, seq)
            if best is None or rank < best:
                best, chosen = rank, (group, task, able)
        if chosen is None:
            return False
        group, task, able = chosen
        staff, rule = self.matching.pick(group, able)
        more = {"step": "freed"} if able & (able - 1) == 0 else {}
        decision = self._decide(task, rule, staff.id, now, able=group.elig, free=able, more=more)
        self._unwait(task, now, served=True)
        self._give(task, staff, decision, now)
        return True

    def _serve_private(self, free: int, now: float) -> bool:
        """Who waits for one certain agent comes before all others."""
        for at in bits(free):
            staff = self.floor.staff[at]
            if staff is None or not staff.private:
                continue
            while staff.private and staff.private[0][3].version != staff.private[0][2]:
                heapq.heappop(staff.private)
            if staff.private and self.matching.fits(staff, staff.private[0][3], self._burst(staff.private[0][3])):
                task = heapq.heappop(staff.private)[3]
                decision = self._decide(task, "awaited", staff.id, now, able=staff.bit, free=staff.bit)
                self._unwait(task, now, served=True)
                self._give(task, staff, decision, now)
                return True
        return False

    def _burst(self, task: Task) -> int:
        return self.plan.burst if task.vip else 0
