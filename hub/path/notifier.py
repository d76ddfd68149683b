"""Tells plugins what happened, after it is stored and beside the way of the messages."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from hub.conversations.scene import Scene
from hub.errors import HubError
from hub.intents import SetAttributes
from hub.message import Card
from hub.records import SYSTEM, Author, Conversation, Identity, Message, Person

if TYPE_CHECKING:
    from hub.hub import Hub

MOST: Final = 1000
"""Most notifications under way; more are left out and counted. Who must not miss any subscribes to the event log."""

_SEEN: Final = attrgetter("owner_kind", "owner_id", "team", "status", "tags")
"""What of a conversation plugins are told when it is no longer as before."""


class Notifier:
    """Best-effort notifications."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._tasks: set[asyncio.Task[None]] = set()

    def scene(self, scene: Scene) -> None:
        """A scene is stored."""
        calls, conversation = self._hub.calls, scene.conversation
        if conversation is None:
            return
        if calls.implementers("message_stored"):
            for message in scene.said:
                self._spawn(calls.notify("message_stored", message=message, conversation=conversation))
        if scene.before is None or (scene.moved and _SEEN(scene.before) != _SEEN(conversation)):
            if calls.implementers("conversation_changed"):
                self._spawn(calls.notify("conversation_changed", conversation=conversation, before=scene.before))
            if conversation.status == "closed" and calls.implementers("survey_offer"):
                self._spawn(self._offer_survey(conversation, scene.person))

    def failed(self, message: Message, reason: str) -> None:
        """A message was given up."""
        if self._hub.calls.implementers("delivery_failed"):
            self._spawn(self._hub.calls.notify("delivery_failed", message=message, reason=reason))

    def arrived(self, identity: Identity, person: Person, *, is_new: bool) -> None:
        """Somebody new, or back for another conversation: ask the CRMs who it is; of who is back only where none has told."""
        crms = self._hub.calls.implementers("crm_lookup")
        if crms and (is_new or not any(f"{crm}.id" in person.attributes for crm in crms)):
            self._spawn(self._look_up(identity, person))

    async def _look_up(self, identity: Identity, person: Person) -> None:
        found = await self._hub.calls.first_from("crm_lookup", identity=identity, person=person)
        if found is None:
            return
        crm, card = found
        page = {f"{crm}.url": card.url} if card.url else {}
        wanted = SetAttributes({**card.attributes, f"{crm}.id": card.external_id, **page}, card.name, card.tier)

        async def play(scene: Scene) -> None:
            scene.apply((wanted,), SYSTEM)

        await self._hub.path.play(person.id, crm, play)

    async def _offer_survey(self, conversation: Conversation, person: Person) -> None:
        found = await self._hub.calls.first_from("survey_offer", conversation=conversation, person=person)
        if found is None:
            return
        survey, offer = found

        async def play(scene: Scene) -> None:
            if scene.conversation is not None and scene.conversation.id == conversation.id:
                # Not a line of the house: those are one text, and this has a link to press.
                author = Author("bot", survey, self._hub.settings.name_for(person.locale))
                data = {"survey": offer.survey, "token": offer.token}
                scene.say(author, (Card(offer.title, offer.text, offer.url),), data=data)

        await self._hub.path.play(person.id, survey, play)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._tasks) >= MOST:
            work.close()
            self._hub.count("notifications_left_out")
            return
        task = asyncio.create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except HubError as error:
            self._hub.log.warning("a notification came to nothing", error=str(error))

    async def stop(self) -> None:
        """Give those under way a moment, then end them."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=2)
            for task in late:
                task.cancel()
