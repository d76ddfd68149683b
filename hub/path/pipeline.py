"""The pipeline: what happens to a message once its turn has come.

Identity, conversation and leg, filters, owner: all decided in one `Scene` and stored in one change together with
the fact that the message was worked on. If anything fails the message is tried again; if it keeps failing it
becomes a dead letter, and the lane goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Hashable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hub.calling import outcome_of
from hub.conversations.scene import MAX_NAME, Scene
from hub.errors import Conflict, HookFailed, HubError, StoreError, StoreUnavailable
from hub.intents import Answer, HandOver, Turn
from hub.message import Body, Choice
from hub.path.delivery import Parcel
from hub.path.filters import Filters
from hub.path.items import Act, Arrival, Item, stopping
from hub.path.reception import DEAD, NEW, STATE
from hub.people.dossiers import Dossier
from hub.records import Author, Identity, Message, OwnerKind, Person
from hub.store.change import Change, fitting, to_json
from hub.store.statements import Statements

if TYPE_CHECKING:
    from hub.hub import Hub

HUMAN: Final = "hub:human"
"""The payload of a button that asks for a person; works without any bot."""

MAX_ATTEMPTS: Final = 5

BOT_PATIENCE: Final = 15.0
"""Seconds a customer waits for bots that are starting, before it goes on without them."""


class Pipeline:
    """Works on the items of the lanes."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._filters = Filters(hub)
        # Whose an identity is going to be, and who of the plugins said so.
        self._claims: dict[Hashable, tuple[int, str]] = {}

    def lane_of(self, arrival: Arrival) -> Hashable:
        """The lane an arrival goes to: its person's, or its identity's while that is being looked up."""
        key = arrival.identity
        if key in self._hub.path.lanes:
            return key
        return self._hub.people.person_of(key) or self._claims.get(key, (key, ""))[0]

    async def work(self, key: Hashable, item: Item) -> Hashable | None:
        """Play one item. Returns the key of the lane it belongs to, when that is another one."""
        if isinstance(item, Act):
            if key != item.person:
                # It stood behind an arrival that went elsewhere.
                return item.person
            await self._act(item)
            return None
        error: Exception | None = None
        while True:
            dead = error is not None and item.attempts >= MAX_ATTEMPTS
            outcome = await outcome_of(self._give_up(item, error) if error and dead else self._arrive(key, item))
            if outcome.error is None:
                return outcome.value
            if isinstance(outcome.error, StoreUnavailable):
                self._hub.log.error("the store is not available; a message waits", error=str(outcome.error))
                await self._hub.path.lanes.rest(self._hub.clock, 2)
            else:
                error = outcome.error
                item.attempts += 1
                if not isinstance(error, HubError):
                    self._hub.log.error("a fault on the way of a message", message=item.id, exc_info=error)
                if item.attempts < MAX_ATTEMPTS and not isinstance(error, Conflict):
                    await self._hub.path.lanes.rest(self._hub.clock, 2.0 ** (item.attempts - 1))
            if await self._was_done(item):
                return None

    async def _was_done(self, arrival: Arrival) -> bool:
        """After a failure: was it stored all the same? A database may commit and be gone before it can say so."""
        try:
            done: bool = await self._hub.store.reader.value(STATE, arrival.id) != NEW
        except StoreUnavailable:
            return False
        if done:
            self._leave(arrival)
        return done

    def _leave(self, arrival: Arrival) -> None:
        self._claims.pop(arrival.identity, None)
        self._hub.path.reception.leave(arrival)

    # -- a customer's message -----------------------------------------------------------------------

    async def _arrive(self, key: Hashable, arrival: Arrival) -> Hashable | None:
        hub, by = self._hub, ""
        if isinstance(key, int):
            dossier = hub.people.cached(key) or await hub.people.dossier(key)
            if arrival.identity not in dossier.identities:
                claimed, by = self._claims.get(arrival.identity, (0, ""))
                if claimed != key or (dossier.person.verified and not by):
                    # Its identity has moved, or somebody else was recognised in this person while it waited to be.
                    self._claims.pop(arrival.identity, None)
                    return arrival.identity
            if hub.registry.is_coming("answer"):
                await self._bots_arrive(arrival, dossier)
                dossier = await hub.people.dossier(key)
        else:
            known = await self._known(arrival)
            if known is None and await self._bots_arrive(arrival, None):
                known = await self._known(arrival)
            if known is not None:
                return known.person.id
            dossier = Dossier(self._stranger(arrival), {})
        scene = Scene(dossier, hub.store.ids, int(hub.clock.now() * 1000), hub.texts, stranger=not isinstance(key, int))
        identity = scene.identify(arrival.channel, arrival.platform, arrival.inbound, by or arrival.channel)
        message = self._message(scene, arrival, identity)
        if hub.calls.implementers("arriving"):
            await hub.calls.notify("arriving", inbound=arrival.inbound, identity=identity, channel=arrival.channel)
        if message.direction == "in" and hub.calls.implementers("filter_inbound"):
            message = await self._filters.inbound(message, scene)
        scene.hear(message)
        if message.direction == "in":
            await self._respond(scene, message, identity, last_try=arrival.attempts == MAX_ATTEMPTS - 1)
        if scene.outgoing and hub.calls.implementers("filter_outbound"):
            await self._filters.outbound(scene)
        # With its message it is done: the row of the inbox follows later, see `Reception.settle`.
        await self.store(scene, scene.finish())
        self._leave(arrival)
        for one in (identity,) if scene.before is None else scene.new_identities.values():
            hub.notifier.arrived(one, scene.person, is_new=bool(scene.new_identities))
        return None

    async def _respond(self, scene: Scene, message: Message, identity: Identity, *, last_try: bool) -> None:
        conversation = scene.conversation
        assert conversation is not None
        if conversation.owner_kind == "bot" and last_try:
            # What the bots want cannot be done: people get the message, it does not die for that.
            scene.hand_over("bot_failed", "")
        elif conversation.owner_kind == "bot":
            await self._ask_bots(scene, message, identity)
        elif scene.before is None and conversation.owner_kind == "queue":
            scene.line("handed_over")

    async def _known(self, arrival: Arrival) -> Dossier | None:
        """The person behind an arrival; one the platform now vouches for may have been here without that."""
        people, sender = self._hub.people, arrival.inbound.sender
        known, by = await people.find(arrival.identity), ""
        if known is not None:
            return known
        if sender.verified and sender.known_as:
            before = await people.find((*arrival.identity[:2], sender.known_as))
            known = before if before is not None and not before.person.verified else None
        if known is None:
            known, by = await self._recognised(arrival)
        if known is not None:
            # What this sender writes until that is settled goes the same way, in order.
            self._claims[arrival.identity] = (known.person.id, by)
        return known

    async def _recognised(self, arrival: Arrival) -> tuple[Dossier | None, str]:
        """The person some plugin knows a new sender to be, and that plugin."""
        calls, inbound = self._hub.calls, arrival.inbound
        if not calls.implementers("recognise"):
            return None, ""
        identity = Identity(0, *arrival.identity, 0, inbound.sender.verified, arrival.channel)
        by, person = await calls.first_from("recognise", inbound=inbound, identity=identity) or ("", 0)
        outcome = await outcome_of(self._hub.people.dossier(person)) if by else None
        if outcome is not None and outcome.error is not None:
            self._hub.log.error("a plugin took somebody new for a person there is not", instance=by, person=person)
        return (outcome.value, by) if outcome is not None else (None, "")

    def _stranger(self, arrival: Arrival) -> Person:
        sender, new_id, now = arrival.inbound.sender, self._hub.store.ids.next(), int(self._hub.clock.now() * 1000)
        name = fitting(sender.name, MAX_NAME)
        if not sender.name:
            short = hashlib.sha256("/".join(arrival.identity).encode()).hexdigest()[:4].upper()
            chinese = (sender.locale or self._hub.settings.hub.locale).startswith("zh")
            name = f"访客 {short}" if chinese else f"Visitor {short}"
        return Person(new_id, name, "", sender.locale, sender.verified, dict(sender.attributes), now)

    def _message(self, scene: Scene, arrival: Arrival, identity: Identity) -> Message:
        """What arrived, on its leg in the person's conversation."""
        hub, inbound, person = self._hub, arrival.inbound, scene.person
        first: OwnerKind = "bot" if hub.settings.service.first_owner == "bot" and hub.calls.implementers("answer") else "queue"
        leg = scene.arrive(arrival.channel, inbound, identity, owner=first, team=hub.settings.default_team)
        author, client_id = inbound.author or Author("person", str(person.id), person.name), inbound.client_id
        ids = (arrival.id, leg.conversation_id, leg.id, person.id)
        if author.kind == "agent":
            return Message(*ids, "out", author, inbound.body, arrival.at, "sent", client_id)
        return Message(*ids, "in", author, inbound.body, arrival.at, client_id=client_id)

    # -- the bots -----------------------------------------------------------------------------------

    async def _bots_arrive(self, arrival: Arrival, dossier: Dossier | None) -> bool:
        """Where it is the bots' to answer, wait for those that are starting; True when there were any."""
        last = dossier.conversation if dossier is not None else None
        owner = last.owner_kind if last and last.status == "open" else self._hub.settings.service.first_owner
        if owner != "bot" or _asks_for_person(arrival.inbound.body):
            return False
        with self._hub.path.lanes.resting():
            return await self._hub.registry.arrive("answer", BOT_PATIENCE)

    async def _ask_bots(self, scene: Scene, message: Message, identity: Identity) -> None:
        hub, conversation = self._hub, scene.conversation
        assert conversation is not None
        if _asks_for_person(message.body):
            scene.hand_over("asked", "")
            return
        history: Sequence[Message] = ()
        if scene.before is not None:
            history = tuple(scene.dossier.history or await hub.people.history(scene.dossier))
        locale = scene.person.locale or hub.settings.hub.locale
        turn = Turn(message, conversation, scene.person, identity, locale, history)
        found = await hub.calls.first_from("answer", turn=turn)
        if found is None or not isinstance(found[1], Answer):
            scene.hand_over("bot_failed" if hub.calls.implementers("answer") else "no_bot", "")
        else:
            self._take(scene, *found)

    def _take(self, scene: Scene, bot: str, answer: Answer) -> None:
        """Do what a bot's answer says, unless it was unsure too often."""
        handed_over = any(isinstance(intent, HandOver) for intent in answer.intents)
        count = scene.count_unsure(answer.unsure)
        if answer.unsure and not handed_over and count >= self._hub.settings.service.unsure_before_handover:
            scene.hand_over("unsure", "")
            return
        author = Author("bot", bot, self._hub.settings.name_for(scene.person.locale))
        data = {"bot": bot, "unsure": True} if answer.unsure else {"bot": bot}
        scene.apply(answer.intents, author, data)

    # -- what others want done ----------------------------------------------------------------------

    async def _act(self, act: Act) -> None:
        try:
            outcome = await outcome_of(self._play(act))
        except asyncio.CancelledError:
            act.refuse(stopping())
            raise
        if outcome.error is not None:
            act.refuse(outcome.error)
        elif not act.future.done():
            act.future.set_result(outcome.value)

    async def _play(self, act: Act) -> Any:
        if act.future.done():
            return None
        hub = self._hub
        scene = Scene(await hub.people.dossier(act.person), hub.store.ids, int(hub.clock.now() * 1000), hub.texts, act.actor)
        result = await act.play(scene)
        try:
            await self._filters.outbound(scene)
        except HookFailed as error:
            raise self._filters.refusal(error) from error
        await self.store(scene, scene.finish())
        return result

    # -- storing ------------------------------------------------------------------------------------

    async def store(self, scene: Scene, change: Change) -> None:
        """Commit a finished scene, then tell everybody concerned."""
        hub = self._hub
        if not change.writes and not change.events:
            return
        change.after.append(partial(hub.people.keep, scene.dossier))
        outgoing = [message.id for message, _ in scene.outgoing]
        hub.path.delivery.under_way.update(outgoing)
        try:
            await hub.store.commit(change)
        except StoreError:
            hub.path.delivery.under_way.difference_update(outgoing)
            hub.people.forget(scene.dossier.person.id)
            raise
        for message, leg in scene.outgoing:
            hub.path.delivery.add(Parcel(message, leg, leg.channel))
        hub.notifier.scene(scene)
        for message in scene.kept_back:
            hub.notifier.failed(message, message.error)

    async def _give_up(self, arrival: Arrival, error: Exception) -> None:
        change, why = Change(), fitting(str(error), 500)
        change.write(Statements.inbox_done, (DEAD, to_json(arrival), arrival.attempts, why, arrival.id, NEW))
        change.event("deadletter.added", int(self._hub.clock.now() * 1000), data={"id": str(arrival.id), "direction": "in"})
        # Counted before anybody hears of it: the news to the desks carry the number.
        change.after.append(partial(self._hub.path.count_dead, "dead_in"))
        await self._hub.store.commit(change)
        self._hub.log.error("a message could not be worked on", message=arrival.id, error=str(error))
        self._leave(arrival)


def _asks_for_person(body: Body) -> bool:
    for element in body:  # noqa: SIM110 (a generator for each message costs more)
        if isinstance(element, Choice) and element.payload == HUMAN:
            return True
    return False
