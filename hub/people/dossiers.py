"""Dossiers: what the hub has in mind about a person while something happens with them.

A dossier is loaded once and then kept true by the lane that writes it, so that a message costs no query.
The least recently used ones are forgotten; the database has everything.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

from hub.errors import Refused
from hub.people.reading import Reading
from hub.records import Conversation, Identity, Leg, Message, Person

IdentityKey = tuple[str, str, str]
"""Platform, scope and external id."""

HISTORY: Final = 20
"""How many messages of the conversation a dossier keeps for the bots."""


@dataclass(slots=True, eq=False)
class Dossier:
    """One person, their identities, their latest conversation with its legs, and its latest messages.

    The legs stand in the order in which the customer wrote on them last; `stored_leg_at` is when that time was written.
    """

    person: Person
    identities: dict[IdentityKey, Identity]
    conversation: Conversation | None = None
    legs: dict[int, Leg] = field(default_factory=dict)
    history: deque[Message] | None = None
    stored_leg_at: dict[int, int] = field(default_factory=dict)


class People:
    """All dossiers in memory, by person and by identity, and the queue of those who wait."""

    def __init__(self, reading: Reading, capacity: int = 50_000) -> None:
        self._reading = reading
        self._capacity = capacity
        self._dossiers: OrderedDict[int, Dossier] = OrderedDict()
        self._by_identity: dict[IdentityKey, int] = {}
        self._waiting: dict[int, tuple[int, str]] = {}

    async def start(self) -> None:
        """Learn who waits."""
        for conversation in await self._reading.waiting():
            self._note_waiting(conversation)

    def person_of(self, key: IdentityKey) -> int | None:
        """The person behind an identity, as far as it is in memory."""
        return self._by_identity.get(key)

    def cached(self, person_id: int) -> Dossier | None:
        """The dossier, if it is in memory."""
        dossier = self._dossiers.get(person_id)
        if dossier is not None:
            self._dossiers.move_to_end(person_id)
        return dossier

    async def find(self, key: IdentityKey) -> Dossier | None:
        """The dossier of the person behind an identity, or None where nobody has it."""
        person_id = self._by_identity.get(key)
        if person_id is None and (identity := await self._reading.identity(*key)) is not None:
            person_id = identity.person_id
        return None if person_id is None else await self.dossier(person_id)

    async def dossier(self, person_id: int) -> Dossier:
        """The person's dossier. Raises Refused (404) where there is no such person."""
        if self.cached(person_id) is None:
            loaded = await self._load(person_id)
            # Somebody may have loaded or changed it meanwhile: then theirs is newer.
            if person_id not in self._dossiers:
                self.keep(loaded)
        return self._dossiers[person_id]

    async def _load(self, person_id: int) -> Dossier:
        person = await self._reading.person(person_id)
        if person is None:
            raise Refused(404, "not_found", "there is no such person")
        known = await self._reading.identities(person_id)
        identities = {(one.platform, one.scope, one.external_id): one for one in known}
        conversation = await self._reading.latest_conversation(person_id)
        legs = await self._reading.legs(conversation.id) if conversation is not None else ()
        in_order = sorted(legs, key=attrgetter("last_inbound_at"))
        return Dossier(person, identities, conversation, {leg.id: leg for leg in in_order})

    async def history(self, dossier: Dossier) -> deque[Message]:
        """The latest messages of the dossier's conversation, oldest first."""
        if dossier.history is None:
            conversation = dossier.conversation
            messages = await self._reading.messages(conversation.id, limit=HISTORY) if conversation else ()
            dossier.history = deque(messages, HISTORY)
        return dossier.history

    def keep(self, dossier: Dossier) -> None:
        """Put a new or changed dossier in its place."""
        person_id = dossier.person.id
        self._dossiers[person_id] = dossier
        self._dossiers.move_to_end(person_id)
        self._by_identity.update(dict.fromkeys(dossier.identities, person_id))
        if dossier.conversation is not None:
            self._note_waiting(dossier.conversation)
        if len(self._dossiers) > self._capacity:
            self.forget(next(iter(self._dossiers)))

    def forget(self, person_id: int) -> None:
        """What is in memory may not be what is stored: the next one to ask reads it anew."""
        forgotten = self._dossiers.pop(person_id, None)
        for key in forgotten.identities if forgotten is not None else ():
            self._by_identity.pop(key, None)

    def part_with(self, dossier: Dossier) -> None:
        """What is stored of this person is no longer so: `forget` them, and that they wait."""
        self.forget(dossier.person.id)
        if dossier.conversation is not None:
            self._waiting.pop(dossier.conversation.id, None)

    def _note_waiting(self, conversation: Conversation) -> None:
        if conversation.status == "open" and conversation.owner_kind == "queue":
            self._waiting[conversation.id] = (conversation.waiting_since or 0, conversation.team)
        else:
            self._waiting.pop(conversation.id, None)

    def place_in_queue(self, conversation: Conversation) -> int:
        """1 for the one who is next in the queue of the conversation's team."""
        mine = (conversation.waiting_since or 0, conversation.id)
        same = ((since, id) for id, (since, team) in self._waiting.items() if team == conversation.team)
        return 1 + sum(other < mine for other in same if other[1] != conversation.id)
