"""Cards: what who waits reads where the channel's pages show waiting themselves, so that nobody has to say it in messages.

A card is an event of the conversation, ``waiting.changed``: stored, so that a page that comes back reads the last one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Set
from functools import partial
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, Final

from hub import Conversation, Leg, Person
from hub.house import Scene
from hub.tables import Change
from hub_routing.calendars import opens_at
from hub_routing.engine import Task
from hub_routing.engine.records import TaskId
from hub_routing.live.sentences import LANGUAGES, Both, band_words, customers, moment
from hub_routing.policy import Announce

if TYPE_CHECKING:
    from hub_routing.live.dispatcher import Dispatcher

WAITING: Final = "waiting"
"""Among the kinds a channel shows: its pages keep a card for who waits (docs/realtime.md)."""

CALLBACK, STAY, BOT, MESSAGE = "routing:callback", "routing:stay", "routing:bot", "routing:message"
"""Payloads of what is offered to those who wait; to stay takes a call back back."""

LEFT: Final = "message_left"
"""The tag of a conversation whose customer left a message instead of waiting."""

CALL: Final = "call_back"
"""The tag of a conversation whose customer went, and is to be called back."""

AT_MOST_EVERY: Final = 2.0
"""Seconds between two rounds through a queue; each tells only what is new."""

AGAIN_AFTER: Final = 60.0
"""Seconds after which estimates are looked at although nobody came or went."""

MOST_TOLD: Final = 50
"""So many of a queue hear of every place; further back one place less is no news, and the minute tells them."""

MOVED: Final = frozenset({"assign", "offer", "queued", "requeue", "moved", "closed"})
OFFERS: Final = frozenset({"offer_callback", "offer_message", "offer_bot"})
NOTHING: Final[frozenset[str]] = frozenset()
Card = dict[str, Any]


class Cards:
    """The cards of everybody who waits; `_told` are those that were stored last, `_offers` what the policy offered to whom."""

    def __init__(self, floor: Dispatcher) -> None:
        self._floor = floor
        self._told: dict[int, Card] = {}
        self._offers: dict[int, set[str]] = {}
        self._queues: set[str] = set()
        self._stirred = asyncio.Event()

    def start(self) -> None:
        """Go round, until the instance stops."""
        self._floor.ctx.task(self._rounds(), "cards")
        self._floor.ctx.task(self._minutes(), "cards, by the minute")

    # -- what happens -------------------------------------------------------------------------------

    def moved(self, kind: str, task: Task) -> None:
        """The engine did something with a case."""
        id = task.id
        assert isinstance(id, int)
        if kind in OFFERS:
            self._offers.setdefault(id, set()).add(kind)
        if kind in ("assign", "requeue"):
            self.forget(id)
        if kind in MOVED:
            self.stir(task.queue)
        if kind == "queued":
            self.look(id)

    def stir(self, queue: str) -> None:
        """Places in this queue are others now."""
        self._queues.add(queue)
        self._stirred.set()

    def stir_all(self) -> None:
        """Everything may be otherwise."""
        for queue in {task.queue for task in self._floor.router.tasks.values()}:
            self.stir(queue)

    def forget(self, id: int) -> None:
        """They wait no longer, or anew."""
        self._told.pop(id, None)
        self._offers.pop(id, None)

    def look(self, id: int) -> None:
        """Tell this one soon, without waiting for the round."""
        if self._anybody_shows():
            self._floor.spawn(partial(self._tell, id), f"card of {id}")

    def _kinds(self, leg: Leg | None) -> Set[str]:
        channel = self._floor.ctx.house.channels.get(leg.channel) if leg is not None else None
        return channel.limits.kinds if channel is not None else frozenset()

    def shows(self, leg: Leg | None) -> bool:
        """Does the channel of this leg show cards?"""
        return WAITING in self._kinds(leg)

    def kinds(self, scene: Scene) -> Set[str]:
        """What is shown where the customer wrote last."""
        return self._kinds(next(reversed(scene.legs.values()), None))

    def on(self, scene: Scene) -> bool:
        """Does a card stand where the customer wrote last? It tells how things are: nothing needs to be said."""
        return WAITING in self.kinds(scene)

    def offers(self, id: TaskId) -> Set[str]:
        """What the policy offered to who waits."""
        return self._offers.get(id, NOTHING) if isinstance(id, int) else NOTHING

    def _anybody_shows(self) -> bool:
        return any(WAITING in channel.limits.kinds for channel in self._floor.ctx.house.channels.values())

    # -- telling ------------------------------------------------------------------------------------

    async def _rounds(self) -> None:
        while True:
            await self._stirred.wait()
            await self._floor.ctx.clock.sleep(AT_MOST_EVERY)
            self._stirred.clear()
            queues, self._queues = self._queues, set()
            for queue in queues if self._anybody_shows() else ():
                for task in nsmallest(MOST_TOLD, self._waiting(queue), key=lambda task: (task.key, task.seq)):
                    assert isinstance(task.id, int)
                    await self._floor.quietly(partial(self._tell, task.id), "cards")

    async def _minutes(self) -> None:
        """Estimates move with the clock, also those of who is far back."""
        while True:
            await self._floor.ctx.clock.sleep(AGAIN_AFTER)
            for id in list(self._told):
                await self._floor.quietly(partial(self._tell, id), "cards")

    def _waiting(self, queue: str) -> Iterable[Task]:
        tasks = self._floor.router.tasks.values()
        return [task for task in tasks if task.queue == queue and task.status in ("waiting", "private", "offered")]

    async def _tell(self, id: int) -> None:
        floor = self._floor
        dossier = await floor.ctx.house.dossier(floor.person_of(id))
        task = floor.router.tasks.get(id)
        conversation = dossier.conversation if dossier is not None else None
        if dossier is None or task is None or conversation is None or conversation.id != id:
            self.forget(id)
            return
        if conversation.owner_kind != "queue" or not any(self.shows(leg) for leg in dossier.legs.values()):
            return
        card = self.card(task, conversation, dossier.person)
        if card is None or card == self._told.get(id):
            return
        self._told[id], change = card, Change()
        words = {one: f"{card['title'][one]} · {card['text'][one]}" for one in LANGUAGES}
        data = {"card": card, "words": words}
        # Not told after all: the next minute tells it.
        change.failed.append(partial(self._told.update, {id: {}}))
        change.event("waiting.changed", int(floor.now * 1000), dossier.person.id, id, public=True, data=data)
        floor.ctx.submit(change)

    # -- what stands on one -------------------------------------------------------------------------

    def card(self, task: Task, conversation: Conversation, person: Person) -> Card | None:
        """``{"place", "title", "text", "actions"}`` for somebody who waits; words in both languages."""
        if task.status == "held":
            return None
        place = 0 if task.status == "closed" else 1 if task.status == "offered" else self._floor.router.estimate(task)[0]
        if task.callback:
            return self._called(task, place)
        actions = self._actions(task, person, LEFT in conversation.tags)
        if LEFT in conversation.tags:
            return {"place": place, "title": _both("left"), "text": self._answered(task), "actions": actions}
        if task.status == "closed":
            return {"place": 0, "title": _both("shut"), "text": self._opens(task), "actions": actions}
        return {"place": place, "title": _both("queue"), "text": self._wait(task, place), "actions": actions}

    def _called(self, task: Task, place: int) -> Card:
        """What happens now that they are to be called back."""
        rules = self._floor.router.policy.queue(task.queue).callback
        actions: list[Card] = [{"payload": STAY, "label": _both("stay")}]
        if (rules is not None and not rules.keep_place) or not place:
            return {"place": 0, "title": _both("called"), "text": _both("called_noted"), "actions": actions}
        text = _joined(_both("called_kept"), _ahead(place))
        return {"place": place, "title": _both("called"), "text": text, "actions": actions}

    def _wait(self, task: Task, place: int) -> Both:
        if task.status == "offered":
            return _both("next")
        router = self._floor.router
        seconds = router.estimate(task)[1]
        if seconds is None:
            return _joined(_ahead(place), _both("nobody"))
        announce = router.plan.queue(task.queue).announce or Announce()
        band = {one: customers(one, "band", band=band_words(seconds, announce.bands, one)) for one in LANGUAGES}
        return _joined(_ahead(place), band)

    def _opens(self, task: Task) -> Both:
        opens = self._opening(task)
        if opens is None:
            return _both("shut_for_long")
        return {one: customers(one, "opens", when=moment(opens, one)) for one in LANGUAGES}

    def _answered(self, task: Task) -> Both:
        """When a message that was left is going to be answered."""
        opens = self._opening(task)
        if opens is None:
            return _both("answered")
        return {one: customers(one, "answered_at", when=moment(opens, one)) for one in LANGUAGES}

    def _opening(self, task: Task) -> Any:
        router = self._floor.router
        hours = router.policy.queue(task.queue).hours
        if task.status != "closed" or hours is None:
            return None
        return opens_at(hours, router.policy.calendars, self._floor.now, router.plan.zone)

    # -- what they may do instead -------------------------------------------------------------------

    def _actions(self, task: Task, person: Person, left: bool) -> list[Card]:
        assert isinstance(task.id, int)
        router, offers = self._floor.router, self._offers.setdefault(task.id, set())
        queue = router.plan.queue(task.queue)
        if task.status == "closed":
            message = queue.hours is not None and "leave_message" in queue.hours.closed
            return [self._message(task)] if message and not left else []
        if task.status == "offered":
            return []
        seconds = router.estimate(task)[1]
        if queue.callback is not None and (seconds is None or seconds > queue.callback.offer_if_ewt):
            # What was offered once stays: a wait that becomes shorter takes nothing away.
            offers.add("offer_callback")
        made = [self._callback(person, task)] if "offer_callback" in offers else []
        made += [self._message(task)] if "offer_message" in offers and not left else []
        bots = "offer_bot" in offers and self._floor.ctx.house.calls.implementers("answer")
        return [*made, {"payload": BOT, "label": _both("bot_card")}] if bots else made

    def _callback(self, person: Person, task: Task) -> Card:
        action: Card = {"payload": CALLBACK, "label": _both("callback_card")}
        if not person.attributes.get("phone"):
            rules = self._floor.router.policy.queue(task.queue).callback
            hint = "phone_hint" if rules is None or rules.keep_place else "phone_hint_anew"
            action["asks"] = {"type": "tel", "name": "phone", "label": _both("phone"), "hint": _both(hint)}
        return action

    def _message(self, task: Task) -> Card:
        writes = _joined(_both("message_hint"), self._answered(task))
        return {"payload": MESSAGE, "label": _both("message_card"), "writes": writes}


def _both(code: str, **facts: Any) -> Both:
    return {language: customers(language, code, **facts) for language in LANGUAGES}


def _ahead(place: int) -> Both:
    return _both("ahead", ahead=place - 1) if place > 1 else _both("next")


def _joined(*parts: Both) -> Both:
    return {one: " · ".join(part[one] for part in parts) for one in LANGUAGES}
