"""Carrying out: what the engine decided is made true in the customer's lane, in one commit with load and decision."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from hub import Author, Button, Buttons, Conflict, Refused, StoreUnavailable, Text
from hub.house import Scene
from hub.tables import Change
from hub_routing.engine import Decision, Move, Task
from hub_routing.live.cards import BOT, CALLBACK
from hub_routing.live.cases import agent_id, call_row, case_row
from hub_routing.live.sentences import band_words, both, customers
from hub_routing.tables import Statements

if TYPE_CHECKING:
    from hub_routing.live.dispatcher import Dispatcher

TRIES: Final = 5


class Settling:
    """One conversation is carried out once at a time; `busy` are those under way, `wanted` those to be begun or gone on with.

    `storing` are the agents whose rows are being written.
    """

    def __init__(self, floor: Dispatcher) -> None:
        self._floor = floor
        self.busy: set[int] = set()
        self.wanted: set[int] = set()
        self.again: set[int] = set()
        self._from: dict[int, tuple[str, str]] = {}
        self.storing: set[str] = set()
        self._calls: dict[int, tuple[Task, Move]] = {}

    # -- who has it ---------------------------------------------------------------------------------

    def returned(self, task: Task, move: Move) -> None:
        """The engine took a case from an agent, and why."""
        assert isinstance(task.id, int)
        self._from.setdefault(task.id, (str(move.more.get("from", "")) or move.agent, str(move.more.get("why", ""))))

    def want(self, id: int) -> None:
        """What the engine says about this conversation is to become true."""
        self.wanted.add(id)
        if id not in self.busy:
            self.busy.add(id)
            self._floor.spawn(partial(self._carry_out, id), f"conversation {id}")

    async def _carry_out(self, id: int) -> None:
        floor, tries = self._floor, 0
        person = floor.person_of(id)
        try:
            while id in self.wanted:
                self.wanted.discard(id)
                try:
                    await self._once(id)
                except Conflict:
                    tries += 1
                    floor.ctx.count("routing_conflicts")
                    if (task := floor.router.tasks.get(id)) is not None and task.agent:
                        await floor.loads.read_again(task.agent)
                    if tries < TRIES:
                        self.wanted.add(id)
                except StoreUnavailable:
                    await floor.ctx.clock.sleep(1.0)
                    self.wanted.add(id)
                except Refused:
                    break
        finally:
            self.busy.discard(id)
            self.wanted.discard(id)
            self.again.discard(id)
            self._from.pop(id, None)
        # What happened there meanwhile is the truth.
        await floor.quietly(partial(floor.look, id, person), f"conversation {id}")
        floor.follow()
        floor.cards.look(id)
        if (call := self._calls.pop(id, None)) is not None:
            floor.spawn(partial(self.say, *call), "telling a customer")

    async def _once(self, id: int) -> None:
        floor = self._floor
        task = floor.router.tasks.get(id)
        if task is None:
            return
        if task.status == "held":
            await self._picked(task)
            async with floor.loads.held(task.agent):
                await self._play(task, task.agent)
        else:
            await self._play(task, "")

    async def _play(self, task: Task, agent: str) -> None:
        floor, id = self._floor, task.id
        assert isinstance(id, int)
        decisions = floor.decisions.get(id, [])
        before, why = self._from.get(id, ("", ""))
        who = floor.agent(agent) if agent else None
        call = self._calls.get(id) if agent else None

        async def play(scene: Scene) -> bool:
            conversation = scene.conversation
            if conversation is None or conversation.status != "open" or conversation.owner_kind == "bot":
                return False
            owner = agent_id(conversation)
            if owner and owner not in (agent, before):
                # Somebody took it by hand meanwhile.
                return False
            if owner and owner != agent:
                scene.hand_over("returned", task.queue)
            elif not owner and conversation.team != task.queue:
                scene.hand_over("transferred", task.queue)
            if why:
                words = both(f"requeue_{why}", agent=floor.names.get(before, ""))
                data = {"why": why, "words": words, "agent": before}
                scene.change.event("routing.requeued", scene.now, scene.person.id, id, data=data)
            if who is not None and owner != agent:
                scene.assign_agent(who)
            self._write(scene, task, agent, decisions)
            if call is not None:
                self._call(scene, *call)
            return True

        done = await floor.ctx.house.play(id, floor.ctx.name, play)
        if done and self._calls.get(id) is call:
            self._calls.pop(id, None)
        if done:
            floor.decisions.pop(id, None)
            self._from.pop(id, None)

    def _write(self, scene: Scene, task: Task, agent: str, decisions: list[Decision]) -> None:
        """Load, decisions and case, in the same commit."""
        floor, change = self._floor, scene.change
        for decision in decisions:
            floor.write_decision(change, task, decision)
        change.write(Statements.put_case, case_row(task))
        if agent:
            floor.loads.write(change, agent, floor.router, floor.now)
            change.write(Statements.put_last, (scene.person.id, int(agent), scene.now))

    async def _picked(self, task: Task) -> None:
        """Ask plugins whether they would rather have another of those who are free."""
        floor = self._floor
        decisions = floor.decisions.get(task.id) if isinstance(task.id, int) else None
        house = floor.ctx.house
        if not decisions or not decisions[-1].chosen or decisions[-1].rule == "accepted" or not self._pickers():
            return
        decision = decisions[-1]
        arm = self._arm(task)
        if arm:
            decision.more = {**decision.more, "arm": arm}
        if arm == "a" or len(decision.candidates) < 2:
            return
        assert isinstance(task.id, int)
        dossier = await house.dossier(floor.person_of(task.id))
        if dossier is None or dossier.conversation is None:
            return
        known = [one for id in decision.candidates if (one := floor.agent(id)) is not None]
        asked = {"conversation": dossier.conversation, "person": dossier.person, "candidates": known}
        picker = self._picker()
        if picker:
            chosen = (await house.calls.ask(picker, "pick_agent", **asked)).value
        else:
            chosen = await house.calls.first("pick_agent", **asked)
        able = isinstance(chosen, int) and any(one.id == chosen for one in known)
        if able and floor.router.repick(task, str(chosen), floor.now):
            decision.more = {**decision.more, "rather": decision.chosen}
            decision.rule, decision.chosen = "plugin", str(chosen)

    def _picker(self) -> str:
        """The one instance an experiment asks, "" where all are asked."""
        experiment = self._floor.router.policy.experiment
        return experiment.picker if experiment is not None else ""

    def _pickers(self) -> bool:
        """Is there anybody to ask?"""
        there, one = self._floor.ctx.house.calls.implementers("pick_agent"), self._picker()
        if one and one not in there:
            self._floor.ctx.count("routing_picker_missing")
            return False
        return bool(there)

    def arm_of_waiting(self, task: Task) -> str:
        """The arm of a case that waits: so that who leaves is counted, too. An offer is the policy's, and of no arm."""
        one, policy = self._picker(), self._floor.router.policy
        there = self._floor.ctx.house.calls.implementers("pick_agent")
        return "" if policy.offer.seconds(task.channel) or not there or (one and one not in there) else self._arm(task)

    def _arm(self, task: Task) -> str:
        """Which way of an experiment this case goes: always the same for the same case."""
        experiment = self._floor.router.policy.experiment
        if experiment is None:
            return ""
        assert isinstance(task.id, int)
        unit = int(task.arrived // 86_400) if experiment.unit == "day" else task.id
        # Golden ratio hashing: neighbouring ids fall evenly.
        return "b" if (unit * 0x9E3779B97F4A7C15 >> 32) % 10_000 < experiment.split * 10_000 else "a"

    # -- agents -------------------------------------------------------------------------------------

    def store_load(self, agent: str) -> None:
        """Bring an agent's row up to date, soon."""
        self.storing.add(agent)
        self._floor.spawn(partial(self._store, agent), f"load of {agent}")

    async def _store(self, agent: str) -> None:
        try:
            while True:
                try:
                    await self._floor.loads.store(agent, self._floor.router, self._floor.now)
                    break
                except StoreUnavailable:
                    await self._floor.ctx.clock.sleep(1.0)
        finally:
            self.storing.discard(agent)
        self._floor.follow()

    async def pause(self, id: str) -> None:
        """An agent who did not accept is on a break."""
        agents, agent = self._floor.ctx.house.agents, self._floor.agent(id)
        if agent is not None and agent.state == "online":
            change = Change()
            agents.change(change, replace(agent, state="break"))
            await self._floor.ctx.commit(change)

    # -- customers ----------------------------------------------------------------------------------

    def _voice(self) -> Author:
        return Author("bot", self._floor.ctx.name, "")

    async def say(self, task: Task, move: Move) -> None:
        """Tell somebody who waits what there is to tell."""
        id = task.id
        assert isinstance(id, int)
        if move.kind == "call" and id in self.busy:
            # They are only being given to the agent: stored with that, it is their turn.
            self._calls[id] = (task, move)
            return

        async def play(scene: Scene) -> None:
            conversation = scene.conversation
            if conversation is None or conversation.status != "open":
                return
            if (conversation.owner_kind == "agent") is not (move.kind == "call"):
                return
            locale = scene.person.locale or self._floor.ctx.locale
            options = move.more.get("do", ())
            if move.kind == "closed" and "bot" in options and self._floor.ctx.house.calls.implementers("answer"):
                scene.say(self._voice(), (Text(customers(locale, "closed_bot")),))
                scene.assign_bot()
                return
            if move.kind == "call":
                self._call(scene, task, move)
            elif scene.legs and not self._floor.cards.on(scene):
                scene.say(self._voice(), self._body(task, move, locale))

        await self._floor.ctx.house.play(id, self._floor.ctx.name, play)
        self._floor.cards.look(id)

    def _call(self, scene: Scene, task: Task, move: Move) -> None:
        """Tell who went that it is their turn, and write down that they were told."""
        locale, said = scene.person.locale or self._floor.ctx.locale, 0
        if scene.legs:
            said = scene.say(self._voice(), (Text(customers(locale, "callback_now")),)).id
        scene.change.write(Statements.put_call, call_row(task, move, said))

    def _body(self, task: Task, move: Move, locale: str) -> tuple[Any, ...]:
        callback = (Buttons((Button(customers(locale, "callback_yes"), CALLBACK),), customers(locale, "callback")),)
        if move.kind == "offer_callback":
            return callback
        if move.kind == "offer_bot":
            return (Buttons((Button(customers(locale, "bot_yes"), BOT),), customers(locale, "bot")),)
        if move.kind == "announce":
            band = band_words(move.more.get("seconds"), tuple(move.more["bands"]), locale)
            ahead = move.more["place"] - 1
            said = Text(customers(locale, "place" if ahead else "place_next", ahead=ahead, band=band))
            return (said, *callback) if move.more.get("callback") else (said,)
        return (Text(customers(locale, "closed" if move.kind == "closed" else "message")),)
