"""The dispatcher: the one who tells the engine what happened, and sees to it that what it decides becomes true.

The store is the truth. Each stored event of a conversation makes the dispatcher look at it and tell the engine how it is;
each decision is carried out in the customer's lane, and where something else happened there first, that stands.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from hub import Agent, Context, Conversation, Event, HubError, Message, StoreUnavailable
from hub.tables import Change, to_json
from hub_routing.engine import Decision, Move, Router, Task
from hub_routing.live.cards import Cards
from hub_routing.live.cases import Cases, agent_id, call_row, case_row
from hub_routing.live.crew import Crew, channel_name
from hub_routing.live.loads import Loads
from hub_routing.live.sentences import SENTENCES, both, decision_words
from hub_routing.live.settling import Settling
from hub_routing.live.wishes import Wishes
from hub_routing.policy import RoutingConfig
from hub_routing.tables import Statements

SWEEP_EVERY: Final = 60.0
PAGE: Final = 500
RETRY: Final = 1.0
Work = Callable[[], Awaitable[None]]
KINDS: Final = ("conversation.", "message.created", "person.")


class Dispatcher:
    """Router and hub together. `repaired` counts what the sweep found wrong; the right number is 0."""

    def __init__(self, ctx: Context, policy: RoutingConfig) -> None:
        self.ctx = ctx
        self.crew = Crew(ctx)
        self.cases = Cases(ctx)
        self.loads = Loads(ctx)
        self.settling = Settling(self)
        self.cards = Cards(self)
        self.wishes = Wishes(self)
        teams = [team.id for team in ctx.house.teams]
        self.router = Router(policy, teams=teams)
        self.decisions: dict[int, list[Decision]] = {}
        self.repaired = 0
        self._events: deque[Event] = deque()
        self._heard = asyncio.Event()
        self._timer = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._persons: dict[int, int] = {}
        self._dirty: set[str] = set()

    @property
    def now(self) -> float:
        """The hub's time in seconds."""
        return self.ctx.clock.now()

    @property
    def names(self) -> dict[str, str]:
        """What to call agents, by id."""
        return {str(one.id): one.name or one.login for one in self.ctx.house.agents.all()}

    def agent(self, id: str) -> Agent | None:
        """An agent of the hub."""
        return self.ctx.house.agents.known(int(id)) if id.isdecimal() else None

    # -- life ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Know everybody and everything open; from here on events do the rest."""
        self.ctx.live(self._hear)
        await self.crew.start()
        agents = [one for one in self.ctx.house.agents.all() if one.active]
        await self.loads.start(str(one.id) for one in agents)
        for one in agents:
            self.crew.changed(self.router, one, self.now)
        self.ctx.house.watch_agents(self._agent_changed)
        for conversation in await self._open():
            await self.look(conversation.id, conversation.person_id)
        self.follow()
        self.cards.start()
        self.spawn(self.wishes.take_up, "wishes of before")
        self.ctx.task(self._listen(), "events")
        self.ctx.task(self._keep_time(), "dates")
        self.ctx.task(self._sweep(), "sweep")
        self.ctx.undo("carrying out", self._end)

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _open(self) -> list[Conversation]:
        """All conversations that are in a queue or with an agent, the oldest first."""
        found = list(await self.ctx.reading.waiting())
        before = 0
        while page := await self.ctx.reading.conversations(owner_kind="agent", before=before, limit=PAGE):
            found += page
            before = page[-1].id
        return sorted(found, key=lambda one: one.id)

    def spawn(self, work: Work, name: str) -> None:
        """Beside everything else, until the instance stops."""
        task = asyncio.create_task(self.quietly(work, name), name=f"{self.ctx.name}: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def quietly(self, work: Work, name: str) -> None:
        """Do it, again while the store is away; what is refused is only noted."""
        while True:
            try:
                return await work()
            except StoreUnavailable as error:
                self.ctx.log.warning("routing waits for the store", what=name, error=str(error))
                await self.ctx.clock.sleep(RETRY)
            except HubError as error:
                self.ctx.log.warning("routing could not do this now", what=name, error=str(error))
                return None

    # -- what happens -------------------------------------------------------------------------------

    def _hear(self, events: Sequence[Event]) -> None:
        mine = [event for event in events if event.kind.startswith(KINDS)]
        if mine:
            self._events.extend(mine)
            self._heard.set()

    async def _listen(self) -> None:
        while True:
            await self._heard.wait()
            self._heard.clear()
            while self._events:
                event = self._events[0]
                try:
                    await self._happened(event)
                except HubError as error:
                    self.ctx.log.warning("routing could not look", error=str(error))
                    await self.ctx.clock.sleep(RETRY)
                    continue
                self._events.popleft()
                self.follow()

    async def _happened(self, event: Event) -> None:
        id = event.conversation_id
        if event.kind in ("person.changed", "conversation.tagged"):
            await self._learn(event.person_id)
            return
        if event.kind in ("person.merged", "person.unmerged"):
            await self._joined(id, event.person_id)
            return
        if event.kind.startswith("conversation.") and event.kind != "conversation.read":
            await self.look(id, event.person_id)
            return
        message = event.message
        if message is None:
            return
        if message.direction == "in":
            await self._spoken(event, message)
        elif message.direction == "out" and message.author.kind == "agent":
            self.router.answered(id, message.at / 1000)

    async def _spoken(self, event: Event, message: Message) -> None:
        """The customer wrote or pressed something."""
        task = self.router.tasks.get(event.conversation_id)
        to_be_called = task is not None and task.callback
        if task is not None:
            await self._new_leg(event)
        self.router.heard(event.conversation_id, message.at / 1000)
        if task is not None and to_be_called and not task.callback:
            # They are here: nobody calls them again, also not after a restart.
            change = Change()
            change.write(Statements.put_case, case_row(task))
            self.ctx.submit(change)
        await self.wishes.heard(message)

    async def _learn(self, person_id: int) -> None:
        """A customer is somebody else than was thought, perhaps a VIP, or needs something else."""
        dossier = await self.ctx.house.dossier(person_id)
        conversation = dossier.conversation if dossier is not None else None
        if dossier is not None and conversation is not None and conversation.id in self.router.tasks:
            self.router.learn(await self.cases.task(dossier, self.router.policy, self.now), self.now)

    async def _joined(self, id: int, person_id: int) -> None:
        """Two customers are one, or one is two: whose the conversation is and which legs it has may have changed."""
        if id:
            await self.look(id, person_id)
        await self._learn(person_id)
        dossier, task = await self.ctx.house.dossier(person_id), self.router.tasks.get(id)
        leg = self.cases.dearest(dossier, self.router.policy) if dossier is not None else None
        if task is not None and leg is not None:
            self.router.recost(task, channel_name(self.ctx, self.router.policy, leg.channel), self.now, leg.channel, exact=True)

    async def _new_leg(self, event: Event) -> None:
        """A dearer leg makes the case dearer."""
        message, task = event.message, self.router.tasks[event.conversation_id]
        if message is None or task.status not in ("held", "offered"):
            return
        dossier = await self.ctx.house.dossier(event.person_id)
        leg = dossier.legs.get(message.leg_id) if dossier is not None else None
        if leg is not None:
            self.router.recost(task, channel_name(self.ctx, self.router.policy, leg.channel), self.now, leg.channel)

    async def look(self, id: int, person_id: int) -> None:
        """Tell the engine how a conversation is. While a decision about it is being stored, that comes first."""
        dossier = await self.ctx.house.dossier(person_id)
        if dossier is None:
            raise HubError(f"person {person_id} cannot be read")
        now, router = self.now, self.router
        conversation = dossier.conversation
        task = router.tasks.get(id)
        gone = conversation is None or conversation.id != id or conversation.status != "open"
        if gone or conversation is None or conversation.owner_kind == "bot":
            if task is not None:
                router.finish(id, now)
                self._persons.pop(id, None)
                if gone:
                    change = Change()
                    change.write(Statements.drop_case, (id,))
                    change.write(Statements.drop_call, (id,))
                    self.ctx.submit(change)
            return
        if id in self.settling.busy:
            self.settling.again.add(id)
            return
        self._persons[id] = person_id
        agent = agent_id(conversation)
        if agent:
            await self._with_agent(task, agent, dossier, now)
        elif task is None:
            router.enter(await self.cases.task(dossier, router.policy, now), now)
        elif task.status in ("held", "offered") and not (task.status == "offered" and task.queue == conversation.team):
            router.requeue(task, now, "returned", without=task.agent, queue=conversation.team)
        elif task.queue != conversation.team and id not in self.settling.wanted:
            router.requeue(task, now, "returned", queue=conversation.team)

    async def _with_agent(self, task: Task | None, agent: str, dossier: Any, now: float) -> None:
        router = self.router
        if task is not None and task.status == "offered" and task.agent == agent:
            router.accept(task.id, now)
            return
        if task is not None and task.status == "held" and task.agent == agent:
            return
        made = task or await self.cases.task(dossier, router.policy, now)
        if router.adopt(made, agent, now):
            self.note_last(dossier.person.id, agent)
            return
        # Nobody of this id serves any more: somebody else has to.
        router.enter(made, now)

    def note_last(self, person_id: int, agent: str) -> None:
        """Remember whom a person spoke with last."""
        change = Change()
        change.write(Statements.put_last, (person_id, int(agent), int(self.now * 1000)))
        self.ctx.submit(change)

    def person_of(self, id: int) -> int:
        """The person of a conversation the dispatcher knows, else 0."""
        return self._persons.get(id, 0)

    def _agent_changed(self, agent: Agent) -> None:
        self.crew.changed(self.router, agent, self.now)
        self.follow()

    # -- dates --------------------------------------------------------------------------------------

    async def _keep_time(self) -> None:
        """Wake the engine when something is due."""
        while True:
            self._timer.clear()
            due = self.router.next_due
            woken = asyncio.ensure_future(self._timer.wait())
            waits: set[asyncio.Future[Any]] = {woken}
            if due is not None:
                waits.add(asyncio.ensure_future(self._sleep(due - self.now)))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waits:
                    one.cancel()
            self.router.advance(self.now)
            self.follow()

    async def _sleep(self, seconds: float) -> None:
        await self.ctx.clock.sleep(max(0.0, seconds))

    # -- what follows -------------------------------------------------------------------------------

    def follow(self) -> None:
        """Do what the engine says, as far as it can be begun; the rest goes on beside."""
        moves = self.router.drain()
        for move in moves:
            self._do(move)
        self._dirty |= self.router.floor.touched
        self.router.floor.touched.clear()
        # What is being assigned to somebody brings their load along.
        coming = {task.agent for id in self.settling.busy if (task := self.router.tasks.get(id)) is not None}
        # What changes while a row is being written is written after that.
        for agent in self._dirty - coming - self.settling.storing:
            self._dirty.discard(agent)
            if self.loads.differs(agent, self.router):
                self.settling.store_load(agent)
        self._timer.set()

    def _do(self, move: Move) -> None:
        task = move.task
        if task is None:
            self.ctx.count(f"routing_{move.kind}")
            return
        assert isinstance(task.id, int)
        self.cards.moved(move.kind, task)
        if move.kind in ("assign", "requeue", "moved"):
            if move.decision is not None:
                self.decisions.setdefault(task.id, []).append(move.decision)
            if move.kind == "requeue":
                self.settling.returned(task, move)
            self.settling.want(task.id)
        elif move.kind == "offer":
            words = both("offered", agent=self.names.get(move.agent, ""))
            if move.decision is not None:
                move.decision.more = {**move.decision.more, "offered": True}
            self.tell(task, move.decision, "routing.offered", words, agent=move.agent)
        elif move.kind in ("queued", "taken"):
            self.tell(task, move.decision)
        elif move.kind == "paused":
            self.spawn(partial(self.settling.pause, move.agent), "pausing an agent")
        elif move.kind in ("announce", "closed", "offer_callback", "offer_message", "offer_bot", "call"):
            if move.decision is not None:
                self.tell(task, move.decision)
            self.spawn(partial(self.settling.say, task, move), "telling a customer")
        else:
            words = both(move.kind, agent=self.names.get(move.agent, "")) if move.kind in SENTENCES else {}
            self.tell(task, None, f"routing.{move.kind}", words, agent=move.agent)

    def tell(
        self, task: Task, decision: Decision | None, kind: str = "routing.decided",
        words: dict[str, str] | None = None, *, agent: str = "",
    ) -> None:  # fmt: skip
        """Store a decision that moves nothing, with its line in the log."""
        change = Change()
        assert isinstance(task.id, int)
        self.write_decision(change, task, decision)
        if decision is None or kind != "routing.decided":
            data = {"words": words or {}, **({"agent": agent} if agent else {})}
            change.event(kind, int(self.now * 1000), self.person_of(task.id), task.id, data=data)
        if task.status in ("waiting", "private", "closed") or kind in ("routing.park", "routing.wake"):
            change.write(Statements.put_case, case_row(task))
        if kind == "routing.callback_late":
            change.write(Statements.put_call, call_row(task))
        self.ctx.submit(change)

    def write_decision(self, change: Change, task: Task, decision: Decision | None) -> None:
        """The row of a decision and its line in the log."""
        if decision is None:
            return
        assert isinstance(task.id, int)
        facts = {
            "need": dict(task.group.wanted.need) if task.group is not None else {}, "tier": task.tier, "vip": decision.vip,
            "ring": decision.ring, "waited": round(decision.waited, 3), "score": round(decision.score, 3),
            "able": decision.able, "free": decision.free, "candidates": list(decision.candidates),
            "promised": self.router.policy.queue(decision.queue).sla.answer.within, **decision.more,
        }  # fmt: skip
        arm = str(decision.more.get("arm", ""))
        if not arm and decision.rule == "queued":
            arm = self.settling.arm_of_waiting(task)
        experiment = self.router.policy.experiment
        if arm and experiment is not None:
            facts["experiment"] = experiment.name
        at, id = int(decision.at * 1000), self.ctx.new_id()
        short = (decision.rule[:60], decision.queue[:100], decision.channel[:100], decision.chosen[:40], arm)
        change.write(Statements.add_decision, (id, task.id, at, *short, decision.micros, to_json(facts)))
        self._answered(task, decision, facts["promised"])
        words = decision_words(decision, self.names, self.ctx.house.team_name)
        data = {"decision": str(id), "rule": decision.rule, "agent": decision.chosen, "words": words}
        change.event("routing.decided", at, self.person_of(task.id), task.id, data=data)

    def _answered(self, task: Task, decision: Decision, promised: float) -> None:
        """Count who has an agent for the first time: in time, or late."""
        if decision.chosen and not decision.more.get("offered") and not task.counted:
            task.counted = True
            self.ctx.count(f"routing_answered {decision.queue} {'in_time' if decision.waited <= promised + 1e-9 else 'late'}")

    # -- the sweep ----------------------------------------------------------------------------------

    async def _sweep(self) -> None:
        while True:
            await self.ctx.clock.sleep(SWEEP_EVERY)
            await self.quietly(self.sweep, "sweep")

    async def sweep(self) -> None:
        """Compare everything with the store; what was wrong is put right and counted."""
        wrong = 0
        if self._events:
            return
        open_ones = {one.id: one for one in await self._open()}
        for id, conversation in open_ones.items():
            task = self.router.tasks.get(id)
            if id in self.settling.busy or self._events:
                continue
            agent = agent_id(conversation)
            held = task is not None and task.status == "held"
            same = task is not None and (task.agent if held else "") == agent
            if not same:
                dossier = await self.ctx.house.dossier(conversation.person_id)
                current = dossier.conversation if dossier is not None else None
                if current is None or current.version != conversation.version or id in self.settling.busy:
                    continue
                wrong += 1
                await self.look(id, conversation.person_id)
        for left in [one for one in self.router.tasks if one not in open_ones and one not in self.settling.busy]:
            assert isinstance(left, int)
            found = await self.ctx.reading.conversation(left)
            if found is None or found.status != "open" or found.owner_kind == "bot":
                wrong += 1
                self.router.finish(left, self.now)
        wrong += self.router.repair(self.now)
        wrong += await self.loads.mend(self.router, self.now)
        if wrong:
            self.repaired += wrong
            self.ctx.count("routing_repaired", wrong)
            self.ctx.log.warning("the sweep had to repair", count=wrong)
        self.follow()
