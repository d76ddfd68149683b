"""The same things happen to a hub and to a model that is obviously right."""

from __future__ import annotations

import itertools
from json import loads
from typing import Any, Final, NamedTuple

from hub.message import plain_text
from hub.testing import HubKit
from hub_people.merging import Why
from tests.people.kit import Customer, history, people_of

TABLES: Final = ("person", "identity", "conversation", "leg", "message")
WHY: Final = Why("lin", "agent")
CHANNELS: Final = ("phone", "wechat", "qq")


async def stored(kit: HubKit) -> dict[str, Any]:
    """Everything that a merge touches, without what only counts, and when a leg was written on (kept lazily)."""
    found: dict[str, Any] = {}
    for table in TABLES:
        rows = await kit.rows(f"SELECT * FROM {table} ORDER BY id")
        for row in rows:
            row.pop("version", None)
            row.pop("last_inbound_at", None)
            if "attributes" in row:
                row["attributes"] = loads(row["attributes"])
        found[table] = rows
    return found


class Joined(NamedTuple):
    """A merge of the model: which of its people went to whom, with which identities."""

    record: int
    survivor: int
    merged: int
    moved: frozenset[int]


class Model:
    """A message is its identity's, an identity is somebody's; people are named after the identity they began with."""

    def __init__(self, count: int) -> None:
        self.said: list[list[tuple[int, str]]] = [[] for _ in range(count)]
        self.owner = list(range(count))
        self.joined: list[Joined] = []

    def history(self, identity: int) -> list[str]:
        """All that was said with the person who has this identity."""
        mine = [one for one, owner in enumerate(self.owner) if owner == self.owner[identity]]
        return [text for _, text in sorted(said for one in mine for said in self.said[one])]

    def join(self, record: int, survivor: int, merged: int) -> None:
        moved = frozenset(one for one, owner in enumerate(self.owner) if owner == merged)
        self.joined.append(Joined(record, survivor, merged, moved))
        self.owner = [survivor if owner == merged else owner for owner in self.owner]

    def part(self, joined: Joined) -> None:
        here = joined.merged
        while above := [one.survivor for one in self.joined if one.merged == here]:
            here = above[0]
        self.joined.remove(joined)
        for one in joined.moved:
            if self.owner[one] == here:
                self.owner[one] = joined.merged


class Story:
    """What happens, to both."""

    def __init__(self, kit: HubKit, count: int) -> None:
        self.kit = kit
        self.people = people_of(kit)
        self.customers = [Customer(kit, CHANNELS[number % 3], f"u{number}") for number in range(count)]
        self.model = Model(count)
        self.agent = kit.agent("刘芳")
        self._numbers = itertools.count()

    async def speak(self, number: int) -> None:
        text = f"m{next(self._numbers)}"
        at = await self.customers[number].says(text)
        self.model.said[number].append((at, text))

    async def _opened(self, number: int) -> bool:
        if not self.model.said[number]:
            return False
        conversation = await self.customers[number].conversation()
        if conversation.status == "open":
            await self.agent.takes_over(conversation.id)
        return conversation.status == "open"

    async def reply(self, number: int) -> None:
        if not await self._opened(number):
            return
        text = f"a{next(self._numbers)}"
        message = await self.agent.says(text)
        leg = await self.kit.rows(
            "SELECT external_id FROM leg JOIN identity ON identity.id = leg.identity_id WHERE leg.id = ?", message.leg_id
        )
        self.model.said[int(leg[0]["external_id"][1:])].append((message.id, text))
        await self.kit.settled()

    async def close(self, number: int) -> None:
        if await self._opened(number):
            await self.agent.closes()
            await self.kit.settled()

    async def merge(self, one: int, two: int) -> bool:
        """Join the two people, where they are two."""
        owners = [self.model.owner[number] for number in (one, two)]
        if not (self.model.said[one] and self.model.said[two]) or owners[0] == owners[1]:
            return False
        people = [(await self.customers[number].person()).id for number in (one, two)]
        survivor = await self.people.register.merge(*people, WHY)
        record = (await self.kit.rows("SELECT max(id) AS id FROM people_merge"))[0]["id"]
        self.model.join(record, *(owners if survivor == people[0] else owners[::-1]))
        return True

    async def unmerge(self, number: int) -> None:
        """Undo one of the merges that stand, whichever."""
        if self.model.joined:
            joined = self.model.joined[number % len(self.model.joined)]
            await self.people.register.unmerge(joined.record, "sun")
            self.model.part(joined)

    async def mistake(self, one: int, two: int, three: int) -> None:
        """Join two or three, and take it back at once: everything is as it was, to the last row."""
        before = await stored(self.kit)
        made = [await self.merge(*pair) for pair in ((one, two), (two, three))]
        for _ in range(sum(made)):
            joined = self.model.joined[-1]
            await self.people.register.unmerge(joined.record, "sun")
            self.model.part(joined)
        await self.kit.settled()
        after = await stored(self.kit)
        # Legs that came into a conversation were announced in it; that this was said is not taken back.
        after["message"] = [row for row in after["message"] if row["code"] != "same_customer"]
        before["message"] = [row for row in before["message"] if row["code"] != "same_customer"]
        assert after == before

    async def check(self) -> None:
        """The hub says what the model says, and nothing in it contradicts itself."""
        await self.kit.settled()
        for number, customer in enumerate(self.customers):
            if self.model.said[number]:
                person = await customer.person()
                assert await history(self.kit, person.id) == self.model.history(number), f"u{number}"
                await self._check_conversation(customer)
        wrong = await self.kit.rows(
            "SELECT message.id FROM message JOIN conversation ON conversation.id = message.conversation_id"
            " JOIN leg ON leg.id = message.leg_id JOIN identity ON identity.id = leg.identity_id"
            " WHERE message.person_id <> conversation.person_id OR leg.conversation_id <> message.conversation_id"
            " OR identity.person_id <> message.person_id"
        )
        assert wrong == []
        open_ones = await self.kit.rows("SELECT person_id, open_person FROM conversation WHERE status = 'open'")
        assert all(row["person_id"] == row["open_person"] for row in open_ones)
        assert (await self.kit.rows("SELECT count(*) AS dead FROM inbox WHERE state = 2"))[0]["dead"] == 0

    async def _check_conversation(self, customer: Customer) -> None:
        """What lists show of it is what its messages say."""
        now = await customer.conversation()
        found = await self.kit.hub.reading.messages(now.id, limit=500)
        said = [message for message in found if message.direction in ("in", "out")]
        last = plain_text(said[-1].body) if said else ""
        assert now.last_text == last
        assert now.unread <= sum(message.direction == "in" for message in said)
        live = {leg.live for leg in await self.kit.hub.reading.legs(now.id)}
        assert live <= {now.status == "open"}
