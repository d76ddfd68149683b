"""Wishes: what who waits would rather do, by a button or in words, and what comes of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hub import (
    Author,
    Button,
    Buttons,
    Choice,
    Element,
    Message,
    Refused,
    SetAttributes,
    Text,
    plain_text,
)
from hub.house import Scene
from hub_routing.engine import Task
from hub_routing.live.cards import BOT, CALL, CALLBACK, LEFT, MESSAGE, STAY
from hub_routing.live.cases import call_row, case_row
from hub_routing.live.sentences import LANGUAGES, both, customers
from hub_routing.tables import Statements

if TYPE_CHECKING:
    from hub_routing.live.dispatcher import Dispatcher

NUMBER: Final = re.compile(r"\+?[\d ()/.-]{5,25}")
PLACE: Final = re.compile(r"[1-9１-９]")
"""A button's number in the list that stands for buttons where a channel has none."""

SPELT: Final = {STAY: ("stay", "stay_short"), CALLBACK: ("callback_yes", "callback_card"), BOT: ("bot_yes", "bot_card")}
"""Wishes that count in these words, too."""

_UNDONE: Final = (
    "SELECT message.id FROM conversation JOIN message ON message.conversation_id = conversation.id"
    " WHERE conversation.status = 'open' AND conversation.owner_kind = 'queue' AND message.direction = 'in' AND NOT EXISTS"
    " (SELECT 1 FROM event WHERE event.person_id = message.person_id AND event.conversation_id = conversation.id AND"
    " event.id > message.event_id AND event.kind IN"
    " ('routing.callback', 'routing.callback_withdrawn', 'conversation.tagged', 'conversation.assigned', 'conversation.queued'))"
    " ORDER BY message.id"
)
"""What those who wait have said since they wait, or since the last time something came of it."""


class Wishes:
    """Carries out what customers choose while they wait; `_words` are wishes by the words that say them."""

    def __init__(self, floor: Dispatcher) -> None:
        self._floor = floor
        self._words = {
            _bare(customers(language, code)): wish for wish, codes in SPELT.items() for code in codes for language in LANGUAGES
        }

    async def take_up(self) -> None:
        """Carry out what was chosen in the moment in which an earlier run ended."""
        for row in await self._floor.ctx.reader.all(_UNDONE):
            message = await self._floor.ctx.reading.message(row["id"])
            if message is not None:
                await self.heard(message)

    async def heard(self, message: Message) -> None:
        """The customer wrote or pressed something: a wish of these, perhaps."""
        try:
            await self._do(await self._meant(message), message)
        except Refused as error:
            # Over meanwhile, and the wish with it.
            self._floor.ctx.log.info("what a customer chose while waiting comes too late", error=str(error))

    async def _do(self, wish: str, message: Message) -> None:
        id = message.conversation_id
        if wish == CALLBACK:
            await self.call_back(id, _number(message))
        elif wish == STAY:
            await self.stay(id)
        elif wish == MESSAGE:
            await self._leave(id)
        elif wish == BOT:
            await self._to_bots(id)

    async def _meant(self, message: Message) -> str:
        """The payload of what was pressed, or what the words say; "" for anything else."""
        if (pressed := next((one.payload for one in message.body if isinstance(one, Choice)), "")) or not message.body:
            return pressed
        task = self._floor.router.tasks.get(message.conversation_id)
        if task is None:
            return ""
        said = plain_text(message.body).strip()
        wish = await self._numbered(message, int(said)) if PLACE.fullmatch(said) else self._words.get(_bare(said), "")
        return wish if wish == STAY or self._offered(task, wish) else ""

    async def _numbered(self, message: Message, number: int) -> str:
        """What the last words to the customer offered under this number."""
        found = await self._floor.ctx.reading.messages(message.conversation_id, before=message.id, limit=10)
        last = next((one for one in reversed(found) if one.direction == "out"), message)
        buttons = [one for part in last.body if isinstance(part, Buttons) for one in part.buttons]
        return buttons[number - 1].payload if number <= len(buttons) else ""

    def _offered(self, task: Task, wish: str) -> bool:
        """Does the policy offer it to them? Otherwise these are words like any others."""
        offers = self._floor.cards.offers(task.id)
        if wish == CALLBACK:
            return "offer_callback" in offers or self._floor.router.policy.queue(task.queue).callback is not None
        return wish == BOT and "offer_bot" in offers

    # -- the call back ------------------------------------------------------------------------------

    async def call_back(self, id: int, phone: str = "") -> bool:
        """The customer goes and keeps the place; False when they do not wait. `phone` is kept where none is known."""
        floor = self._floor
        task = floor.router.tasks.get(id)
        if task is None or task.status not in ("waiting", "private"):
            return False

        async def play(scene: Scene) -> None:
            if task.callback or not floor.router.callback(id, floor.now):
                return
            if phone and not scene.person.attributes.get("phone"):
                scene.apply((SetAttributes({"phone": phone}),), self._voice())
            scene.change.write(Statements.put_case, case_row(task))
            scene.change.write(Statements.put_call, call_row(task))
            scene.tag([CALL])
            scene.change.event("routing.callback", scene.now, scene.person.id, id, data={"words": both("callback_asked")})
            if scene.legs and not floor.cards.on(scene):
                scene.say(self._voice(), (self._noted(task, scene),))

        await floor.ctx.house.play(id, floor.ctx.name, play)
        floor.follow()
        floor.cards.look(id)
        return True

    def _noted(self, task: Task, scene: Scene) -> Element:
        """It is noted, and what takes it back: a button, or the same in words."""
        rules = self._floor.router.policy.queue(task.queue).callback
        locale = self._locale(scene)
        noted = customers(locale, "callback_noted" if rules is not None and not rules.keep_place else "callback_kept")
        if "buttons" in self._floor.cards.kinds(scene):
            return Buttons((Button(customers(locale, "stay"), STAY),), noted)
        return Text(customers(locale, "stay_hint", noted=noted, word=customers(locale, "stay")))

    async def stay(self, id: int) -> bool:
        """The customer wants no call back any more and waits here, at the place they have; False when nobody was to call."""
        floor = self._floor

        async def play(scene: Scene) -> bool:
            conversation = scene.conversation
            if conversation is None or conversation.status != "open" or CALL not in conversation.tags:
                return False
            task = floor.router.tasks.get(id)
            if task is not None:
                floor.router.stay(id)
                scene.change.write(Statements.put_case, case_row(task))
            scene.tag((), without=(CALL,))
            words = both("callback_withdrawn")
            scene.change.event("routing.callback_withdrawn", scene.now, scene.person.id, id, data={"words": words})
            if conversation.owner_kind == "queue" and scene.legs and not floor.cards.on(scene):
                scene.say(self._voice(), (Text(customers(self._locale(scene), "stays")),))
            return True

        done = await floor.ctx.house.play(id, floor.ctx.name, play)
        floor.cards.look(id)
        return done

    # -- what else there is -------------------------------------------------------------------------

    async def _leave(self, id: int) -> None:
        """The customer left a message: agents see it by its tag, and nobody waits for them to be here."""

        async def play(scene: Scene) -> None:
            if scene.conversation is not None and scene.conversation.owner_kind == "queue":
                scene.tag([LEFT])

        await self._floor.ctx.house.play(id, self._floor.ctx.name, play)
        self._floor.cards.look(id)

    async def _to_bots(self, id: int) -> None:
        async def play(scene: Scene) -> None:
            if scene.conversation is not None and scene.conversation.owner_kind == "queue":
                scene.assign_bot()

        await self._floor.ctx.house.play(id, self._floor.ctx.name, play)

    def _voice(self) -> Author:
        return Author("bot", self._floor.ctx.name, "")

    def _locale(self, scene: Scene) -> str:
        return scene.person.locale or self._floor.ctx.locale


def _bare(said: str) -> str:
    """Words without case, spaces and marks."""
    return "".join(one for one in said.casefold() if one.isalnum())


def _number(message: Message) -> str:
    """The telephone number somebody wrote beside a pressed button; "" for anything else."""
    said = " ".join(one.text for one in message.body if isinstance(one, Text)).strip()
    return said if NUMBER.fullmatch(said) else ""
