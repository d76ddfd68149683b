"""Watching: agents who are gone, agents who are silent, customers who are."""

from __future__ import annotations

from collections.abc import Callable

from hub_routing.engine.floor import Floor
from hub_routing.engine.plan import Plan
from hub_routing.engine.records import Move, Staff, Task, TaskId
from hub_routing.engine.timers import Timers
from hub_routing.policy import Callback, RoutingConfig


class Watching:
    """What happens when nothing happens. A part of `Router`."""

    policy: RoutingConfig
    plan: Plan
    floor: Floor
    timers: Timers
    tasks: dict[TaskId, Task]
    out: list[Move]
    _freed: int

    requeue: Callable[..., None]
    _begin: Callable[[], None]
    _dispatch: Callable[[int, float], None]
    _again: Callable[[Task, float], None]
    _start: Callable[..., None]
    _unwait: Callable[..., None]

    # -- agents who are gone ------------------------------------------------------------------------

    def _watch_presence(self, staff: Staff, now: float) -> None:
        """Count from now on how long somebody is not there, or no longer."""
        staff.presence += 1
        there = staff.connected and staff.state != "offline"
        if there:
            staff.suspect = staff.gone = False
        elif staff.talks:
            rules = self.policy.agent_gone
            self.timers.add(now + rules.suspect, "suspect", staff.id, staff.presence)
            self.timers.add(now + rules.grace, "gone", staff.id, staff.presence)

    def _absent(self, word: str, id: str, version: int, now: float) -> None:
        staff = self.floor.by_id.get(id)
        if staff is None or staff.presence != version:
            return
        if word == "suspect":
            staff.suspect = True
            self.out.append(Move("suspect", now, agent=id))
            return
        staff.gone = True
        self.out.append(Move("gone", now, agent=id))
        for task in list(staff.talks.values()):
            if self.policy.agent_gone.skip == "waiting_on_customer" and task.answered and task.unanswered is None:
                # The customer has the word; when they write it goes to somebody who is there.
                task.orphan = True
            else:
                self.requeue(task, now, "gone", boost=self.policy.agent_gone.boost, without=id)

    # -- who has the word ---------------------------------------------------------------------------

    def heard(self, id: TaskId, now: float) -> None:
        """The customer wrote."""
        task = self.tasks.get(id)
        if task is None or task.status not in ("held", "offered"):
            return
        self._begin()
        task.quiet += 1
        task.callback = task.callback and task.status == "offered"
        if task.unanswered is None:
            task.unanswered = now
            self._watch_talk(task, now)
        staff = self.floor.by_id.get(task.agent)
        if staff is None:
            return
        lock, before, task.active = self.policy.person_lock, task.active, now
        away = (staff.gone or staff.state == "offline") and lock.if_agent_gone == "requeue_case"
        if task.orphan or (away and not staff.ready):
            self.requeue(task, now, "gone", boost=self.policy.agent_gone.boost, without=staff.id)
            return
        full = task.parked and not lock.ignore_capacity and staff.units - staff.used[self.plan.lane(task.channel)] < task.cost
        if full or (before and now - before > lock.max_age):
            # The lock is over: who has room now may have it, their last agent among them.
            self.requeue(task, now, "lock")
            return
        if task.parked:
            task.parked = False
            self.floor.charge(staff, task, 1)
            self.out.append(Move("wake", now, task, staff.id))
        if not staff.connected or staff.state == "offline":
            self._watch_presence(staff, now)

    def answered(self, id: TaskId, now: float) -> None:
        """The agent wrote: now the customer has the word."""
        task = self.tasks.get(id)
        if task is None or task.status not in ("held", "offered"):
            return
        task.unanswered, task.answered, task.active = None, True, now
        task.called_at = None
        task.silence += 1
        self._watch_customer(task, now)

    # -- calling back -------------------------------------------------------------------------------

    def callback(self, id: TaskId, now: float) -> bool:
        """The customer goes, is called back, and keeps the place if the policy says so; False when they do not wait."""
        task = self.tasks.get(id)
        if task is None or task.status not in ("waiting", "private"):
            return False
        task.callback, task.asked_at, task.late = True, now, False
        task.calls, task.called_at = 0, None
        self._resume(task, now)
        if not self._promise(task).keep_place:
            self._wait_anew(task, now)
        return True

    def stay(self, id: TaskId) -> bool:
        """The customer waits here after all, at the place they have; False when nobody was to call them."""
        task = self.tasks.get(id)
        if task is None or not task.callback:
            return False
        task.callback = False
        return True

    def _wait_anew(self, task: Task, now: float) -> None:
        """Behind those who wait already, as somebody who comes now."""
        self._begin()
        self._unwait(task, now, served=None)
        task.arrived, task.boost = now, 0.0
        self._start(task, now)
        self._dispatch(0, now)

    def _call(self, task: Task, now: float) -> None:
        """An agent is there: for somebody who went that is one more try, as often as the policy says."""
        if not task.callback:
            return
        task.calls, task.called_at = task.calls + 1, now
        self.out.append(Move("call", now, task, task.agent, more={"try": task.calls}))
        self._resume(task, now)

    def _take_up(self, task: Task, staff: Staff, now: float, *, parked: bool) -> None:
        """A talk from before this router goes on: who was called may still answer, and who was silent is so since then."""
        if parked:
            task.parked = True
            self.floor.charge(staff, task, -1)
        if task.calls:
            self._resume(task, now)
        else:
            self._call(task, now)
        if task.answered and task.unanswered is None:
            self._watch_customer(task, now)

    def _promise(self, task: Task) -> Callback:
        return self.policy.queue(task.queue).callback or Callback()

    def _resume(self, task: Task, now: float) -> None:
        """Set the dates of a call back, also of one from before this router or this policy: what is over is due now."""
        if not task.callback:
            return
        rules = self._promise(task)
        if task.asked_at is not None and not task.late:
            self.timers.add(max(now, task.asked_at + rules.window), "late", task.id, 0)
        if task.called_at is not None and task.status == "held":
            self.timers.add(max(now, task.called_at + rules.retry_gap), "call", task.id, 0)

    def _late(self, task: Task, now: float) -> None:
        """The promised time is over. Told once, and only of the promise that holds."""
        if not task.callback or task.late or task.status == "held" or task.asked_at is None:
            return
        due = task.asked_at + self._promise(task).window
        if now < due:
            # Promised anew, or by the rules of another queue.
            self.timers.add(due, "late", task.id, 0)
            return
        task.late = True
        self.out.append(Move("callback_late", now, task))

    def _called(self, task: Task, now: float) -> None:
        """Nobody answered the last call yet."""
        staff, rules = self.floor.by_id.get(task.agent), self._promise(task)
        if not task.callback or task.status != "held" or staff is None or task.called_at is None:
            return
        if now < task.called_at + rules.retry_gap:
            return
        if task.calls < rules.tries:
            self._call(task, now)
        elif not task.parked:
            # Nobody is there: the agent has the room again, the case stays theirs.
            task.quiet, task.called_at = task.quiet + 1, None
            self._park(task, staff, now)

    def _watch_talk(self, task: Task, now: float) -> None:
        """Count how long the customer has had no answer."""
        task.silence += 1
        if task.unanswered is None:
            return
        # Nobody is late with an answer before they had the case.
        rules, since = self.policy.silent_agent, max(task.unanswered, task.held_at)
        for word, seconds in (("warn", rules.warn), ("supervisor", rules.supervisor), ("reassign", rules.reassign)):
            if seconds:
                self.timers.add(max(now, since + seconds), word, task.id, task.silence)

    def _watch_customer(self, task: Task, now: float) -> None:
        task.quiet += 1
        if self.policy.inactive_after and not task.parked:
            since = task.active or now
            self.timers.add(max(now, since + self.policy.inactive_after), "inactive", task.id, task.quiet)

    def _watch_again(self, task: Task, now: float) -> None:
        """After another policy: dates of talks that go on."""
        self._resume(task, now)
        if task.status not in ("held", "offered"):
            return
        if task.status == "offered":
            seconds = self.policy.offer.seconds(task.channel)
            self.timers.add(now + (seconds or 0.0), "accept", task.id, task.version)
        self._watch_talk(task, now)
        if task.answered and task.unanswered is None:
            self._watch_customer(task, now)
        for id in task.excluded:
            self.timers.add(now + self.policy.offer.again_after, "again", (task.id, id), 0)

    def _silent(self, task: Task, word: str, version: int, now: float) -> None:
        if task.silence != version or task.status != "held" or task.unanswered is None:
            return
        self.out.append(Move(word, now, task, task.agent))
        if word == "reassign":
            self.requeue(task, now, "silent", without=task.agent)

    def _inactive(self, task: Task, version: int, now: float) -> None:
        """The customer has been silent: the units are free, the agent keeps the case."""
        staff = self.floor.by_id.get(task.agent)
        if task.quiet != version or task.status != "held" or task.parked or staff is None:
            return
        self._park(task, staff, now)

    def _park(self, task: Task, staff: Staff, now: float) -> None:
        task.parked = True
        self.floor.charge(staff, task, -1)
        self.out.append(Move("park", now, task, staff.id))
        self._dispatch(staff.bit, now)

    def _forgive(self, about: tuple[TaskId, str], now: float) -> None:
        """Somebody may be offered a case again that they did not take."""
        task = self.tasks.get(about[0])
        if task is None or about[1] not in task.excluded:
            return
        task.excluded -= {about[1]}
        if task.status == "waiting":
            self._again(task, now)
