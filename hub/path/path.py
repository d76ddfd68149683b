"""The way of a message as one thing: what channels, plugins and the desk ask of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from hub.calling import outcome_of
from hub.conversations.scene import Scene
from hub.errors import Refused, StoreUnavailable
from hub.families import SurveyAnswer
from hub.intents import AssignAgent, Intent
from hub.path.deadletters import DeadLetters
from hub.path.delivery import Delivery
from hub.path.items import Act, Arrival, Item, stopping
from hub.path.lanes import Crew, Lanes
from hub.path.pipeline import Pipeline
from hub.path.rates import Guard
from hub.path.reception import Reception
from hub.people.dossiers import Dossier
from hub.plugin import Accepted, Inbound
from hub.records import Author
from hub.store.change import Change, fitting
from hub.store.statements import Statements

if TYPE_CHECKING:
    from hub.hub import Hub

SWEEP_EVERY = 2.0
SWEEP_AGE = 2000


class MessagePath:
    """Reception, lanes, pipeline and delivery. `repaired` counts what the sweep found in nobody's hands."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        crew = Crew()
        self.pipeline = Pipeline(hub)
        self.lanes: Lanes[Item] = Lanes(self.pipeline.work, crew)
        self.reception = Reception(hub, self._hand_off)
        self.delivery = Delivery(hub, crew)
        self.dead = DeadLetters(hub)
        self.guard = Guard(hub.clock)
        self.repaired = 0
        self.dead_total = 0
        self.ready = False
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what an earlier run left behind, in its order, and begin to sweep."""
        # Deliveries first: an answer to what was received before the end must not overtake one that was ready then.
        due = await self.delivery.sweep()
        found = await self.reception.sweep()
        if found or due:
            self._hub.log.info("taking up where the last run ended", messages=found, deliveries=due)
        self.dead_total = await self.dead.count()
        self.ready = True
        self._sweeper = asyncio.create_task(self._sweep(), name="hub: sweep")

    async def stop(self, patience: float) -> None:
        """Finish what is under way; what has not begun stays stored for the next run."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        self.close()
        await self.lanes.stop(patience)
        await self.delivery.lanes.stop(patience)

    def close(self) -> None:
        """Begin nothing new: what is stored waits for the next run, and whoever waits for an act is told to come back."""
        for item in self.lanes.close():
            if isinstance(item, Act):
                item.refuse(stopping())

    async def _sweep(self) -> None:
        while True:
            await self._hub.clock.sleep(SWEEP_EVERY)
            try:
                old = int(self._hub.clock.now() * 1000) - SWEEP_AGE
                self.repaired += await self.reception.sweep(older_than=old)
                self.repaired += await self.delivery.sweep()
            except StoreUnavailable as error:
                self._hub.log.warning("the sweep could not look", error=str(error))

    # -- in -----------------------------------------------------------------------------------------

    def accept(self, channel: str, inbound: Inbound) -> Awaitable[Accepted]:
        """See `Context.accept`."""
        if self._hub.stopping:
            raise stopping()
        return self.reception.accept(channel, self._hub.registry.platform_of(channel), inbound)

    def _hand_off(self, arrival: Arrival) -> None:
        self.lanes.submit(self.pipeline.lane_of(arrival), arrival)

    # -- acts ---------------------------------------------------------------------------------------

    async def play(self, person_id: int, actor: str, play: Callable[[Scene], Awaitable[Any]]) -> Any:
        """Play a scene in a person's lane and return what it returned, once it is stored."""
        if self._hub.stopping:
            raise stopping()
        act = Act(person_id, actor, play)
        self.lanes.submit(person_id, act)
        return await act.future

    async def in_conversation(self, conversation_id: int, actor: str, play: Callable[[Scene], Awaitable[Any]]) -> Any:
        """The same for whoever the conversation belongs to.

        Raises Refused (404) where there is none, and (409) where it is not the person's latest one any more.
        """

        async def checked(scene: Scene) -> Any:
            if scene.conversation is None or scene.conversation.id != conversation_id:
                raise Refused(409, "closed", "this conversation is closed; the customer has a newer one")
            return await play(scene)

        conversation = await self._hub.reading.conversation(conversation_id)
        while conversation is not None:
            person = conversation.person_id
            try:
                return await self.play(person, actor, checked)
            except Refused:
                conversation = await self._hub.reading.conversation(conversation_id)
                # Somebody else's by now? Then that is where it has to be done.
                if conversation is not None and conversation.person_id == person:
                    raise
        raise Refused(404, "not_found", "there is no such conversation")

    async def together(self, person_ids: Iterable[int], work: Callable[[dict[int, Dossier]], Awaitable[Change]]) -> None:
        """See `House.together`."""
        people, dossiers = self._hub.people, dict[int, Dossier]()

        async def hold(ids: Sequence[int]) -> None:
            if ids:
                # Always in the same order, so that no two wait for each other.
                await self.play(ids[0], "", partial(held, ids[1:]))
                return
            change = await work(dossiers)
            change.after += [partial(people.part_with, dossier) for dossier in dossiers.values()]
            await self._hub.store.commit(change)
            for id in dossiers:
                await outcome_of(people.dossier(id))

        async def held(rest: Sequence[int], scene: Scene) -> None:
            dossiers[scene.person.id] = scene.dossier
            await hold(rest)

        await hold(sorted(set(person_ids)))

    async def act(self, instance: str, conversation_id: int, intents: Sequence[Intent]) -> None:
        """See `Context.act`."""
        self.guard.check(instance, conversation_id)

        async def play(scene: Scene) -> None:
            author = Author("bot", instance, self._hub.settings.name_for(scene.person.locale))
            for intent in intents:
                if isinstance(intent, AssignAgent):
                    scene.assign_agent(self._hub.agents.get(intent.agent))
                else:
                    scene.apply((intent,), author)

        await self.in_conversation(conversation_id, instance, play)

    async def receipt(self, message_id: int, state: str, error: str) -> None:
        """See `Context.receipt`."""
        if state not in ("delivered", "read", "failed"):
            raise Refused(422, "bad_state", "a receipt says delivered, read or failed")
        message = await self._hub.reading.message(message_id)
        if message is None or message.direction not in ("out", "system"):
            raise Refused(404, "not_found", "there is no such message")
        message = replace(message, state=state, error=fitting(error, 500))

        async def play(scene: Scene) -> None:
            if state == "read":
                scene.change.write(Statements.messages_read, (message.conversation_id, message.id))
            else:
                scene.change.write(Statements.change_message, (state, message.external_id, message.error, message.id))
            scene.change.message_changed(scene.now, message)

        await self.play(message.person_id, "", play)
        if state == "failed":
            self._hub.notifier.failed(message, message.error)

    async def survey_answered(self, instance: str, answer: SurveyAnswer) -> None:
        """See `Context.survey_answered`."""
        change = Change()
        data = {"survey": answer.survey, "token": answer.token, "answers": answer.answers}
        facts = {**data, "score": answer.score, "comment": answer.comment, "by": instance}
        now = int(self._hub.clock.now() * 1000)
        change.event("survey.answered", now, answer.person_id, answer.conversation_id, data=facts)
        await self._hub.store.commit(change)
        await self._hub.calls.notify("survey_answered", answer=answer)

    def count_dead(self, name: str) -> None:
        """There is one dead letter more; `name` is what the metrics page calls its kind."""
        self._hub.count(name)
        self.dead_total += 1
