"""The CRM hooks, with CRMs written here: who somebody is, and what happened, in order and without gaps."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import ConfigDict, Field

from hub import Crm, CustomerCard, Event, Identity, Person, PluginConfig, Sender, Text, hookimpl
from hub.conversations.scene import Scene
from hub.conversations.texts import DEFAULTS
from hub.intents import Close
from hub.plugin import Inbound
from hub.records import SYSTEM
from hub.testing import EchoBot, FakeChannel, FakePlatform, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub


class Book(PluginConfig):
    """What a CRM knows and has heard; it lives on when the hub does not."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    cards: dict[str, CustomerCard] = Field(default_factory=dict)
    asked: list[str] = Field(default_factory=list)
    heard: list[Event] = Field(default_factory=list)
    calls: list[list[int]] = Field(default_factory=list)
    trouble: list[Exception] = Field(default_factory=list)


class Ledger(Crm[Book]):
    """Knows who is in its book, and writes down what happens."""

    Config = Book

    @hookimpl
    async def crm_lookup(self, identity: Identity, person: Person) -> CustomerCard | None:
        assert identity.person_id == person.id
        self.config.asked.append(identity.external_id)
        if self.config.trouble:
            raise self.config.trouble.pop()
        return self.config.cards.get(identity.external_id)


class Scribe(Crm[Book]):
    """Writes down what happens."""

    Config = Book

    @hookimpl
    async def crm_changes(self, changes: Sequence[Event]) -> None:
        self.config.calls.append([event.id for event in changes])
        if self.config.trouble:
            raise self.config.trouble.pop(0)
        self.config.heard.extend(changes)


async def person_of(kit: HubKit, external_id: str) -> Person:
    """As stored, not as remembered."""
    identity = await kit.hub.reading.identity("fake", "fake", external_id)
    assert identity is not None
    person = await kit.hub.reading.person(identity.person_id)
    assert person is not None
    return person


ANNA = CustomerCard("C-7", "Anna", "gold", {"city": "Wien", "orders": 3}, "https://crm.example/C-7")


# -- who is this? ---------------------------------------------------------------------------------------


async def test_crm_lookup_writes_what_the_crm_knows_to_the_person(make_hub: MakeHub) -> None:
    crm = Book(cards={"u1": ANNA})
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Ledger, "crm", crm))
    visitor = kit.visitor("fake", "u1", name="somebody")
    await visitor.says("一")

    async def written() -> bool:
        return (await person_of(kit, "u1")).tier == "gold"

    await visitor.hears("一")
    await kit.until(written, "the card in the store")
    person = await person_of(kit, "u1")
    assert person.name == "Anna"
    assert person.attributes == {"city": "Wien", "orders": 3, "crm.id": "C-7", "crm.url": "https://crm.example/C-7"}
    dossier = await kit.hub.people.dossier(person.id)
    assert dossier.person == person
    kinds = [event.kind for event in await kit.hub.reading.events(0, 100, person_id=person.id)]
    assert kinds.count("person.changed") == 1


async def test_crm_lookup_is_asked_once_for_each_new_identity(make_hub: MakeHub) -> None:
    crm, world = Book(cards={"u1": ANNA}), FakePlatform()
    kit = await make_hub(use(FakeChannel, "fake", world=world), EchoBot, use(Ledger, "crm", crm))
    visitor, other = kit.visitor("fake", "u1"), kit.visitor("fake", "u2")
    for text in ("一", "二"):
        await visitor.says(text)
        await other.says(text)
    await visitor.hears("一", "二")
    await other.hears("一", "二")
    await kit.restart()
    await visitor.says("三")
    await visitor.hears("三")
    assert sorted(crm.asked) == ["u1", "u2"]
    # Somebody the platform vouches for now is the same person with a second identity.
    vouched = Inbound("v", Sender("u2-known", verified=True, known_as="u2"), (Text("四"),))
    await kit.hub.path.accept("fake", vouched)
    await kit.until(lambda: len(crm.asked) == 3, "a third question")
    assert crm.asked[-1] == "u2-known"
    assert (await person_of(kit, "u2-known")).id == (await person_of(kit, "u2")).id


async def close(kit: HubKit, external_id: str) -> None:
    async def play(scene: Scene) -> None:
        scene.apply((Close(),), SYSTEM)

    await kit.hub.path.play((await person_of(kit, external_id)).id, "test", play)


async def test_who_came_while_a_crm_was_down_is_asked_for_again_when_they_are_back(make_hub: MakeHub) -> None:
    crm = Book(cards={"u1": ANNA}, trouble=[RuntimeError("down")])
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Ledger, "crm", crm))
    visitor = kit.visitor("fake", "u1", name="somebody")
    await visitor.says("一")
    await visitor.hears("一")
    await kit.until(lambda: len(crm.asked) == 1, "the first question")
    await visitor.says("二")
    await visitor.hears("二")
    assert (await person_of(kit, "u1")).name == "somebody"

    async def known() -> bool:
        return (await person_of(kit, "u1")).name == "Anna"

    for text in ("三", "四"):
        await close(kit, "u1")
        await visitor.says(text)
        await visitor.hears(DEFAULTS["closed"]["zh-CN"], text)
        await kit.until(known, "the card in the store")
    # Who is known is not asked for again.
    assert crm.asked == ["u1", "u1"]


async def test_crm_lookup_goes_to_the_next_crm_until_one_knows(make_hub: MakeHub) -> None:
    knows_none, broken = Book(), Book(trouble=[RuntimeError("down")])
    knows, too_late = Book(cards={"u1": CustomerCard("2", "Bea")}), Book(cards={"u1": CustomerCard("3", "Cleo")})
    crms = [use(Ledger, name, one) for name, one in zip("abcd", (knows_none, broken, knows, too_late), strict=True)]
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, *crms)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")

    async def written() -> bool:
        return (await person_of(kit, "u1")).name == "Bea"

    await kit.until(written, "the name from the third CRM")
    assert (await person_of(kit, "u1")).attributes == {"c.id": "2"}
    assert [len(one.asked) for one in (knows_none, broken, knows, too_late)] == [1, 1, 1, 0]


class Slow(Crm[PluginConfig]):
    """Never answers."""

    @hookimpl
    async def crm_lookup(self, identity: Identity, person: Person) -> CustomerCard | None:
        await asyncio.Event().wait()
        return None


async def test_crm_lookup_holds_up_no_message_and_is_given_up_when_it_is_late(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Slow, "crm"), clock=ManualClock())
    visitor = kit.visitor("fake", "u1", name="somebody")
    await visitor.says("一")
    await visitor.hears("一")
    await kit.until(lambda: "crm_lookup took longer than 3 s" in kit.log_text, "an overdue call", turning=1)
    person = await person_of(kit, "u1")
    assert (person.name, person.attributes) == ("somebody", {})
    await visitor.says("二")
    await visitor.hears("二")


# -- what happened --------------------------------------------------------------------------------------


async def all_events(kit: HubKit) -> list[int]:
    return [row["id"] for row in await kit.rows("SELECT id FROM event UNION ALL SELECT event_id FROM message ORDER BY 1")]


async def test_crm_changes_brings_everything_in_order_and_without_gaps(make_hub: MakeHub) -> None:
    crm = Book()
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Scribe, "crm", crm))
    people = [kit.visitor("fake", f"u{number}") for number in range(5)]
    for number in range(12):
        await asyncio.gather(*(person.says(f"{number}") for person in people))
    agent = kit.agent("刘芳")
    await agent.takes(people[0])
    await agent.closes("solved")
    await kit.settled()
    await kit.until(lambda: kit.hub.store.committer.position == (crm.heard[-1].id if crm.heard else 0), "the end of the log")
    ids = [event.id for event in crm.heard]
    assert ids == await all_events(kit) == list(range(1, ids[-1] + 1))
    assert all(len(call) <= 100 for call in crm.calls)
    messages = [event.message for event in crm.heard if event.kind == "message.created" and event.message]
    assert [m.body for m in messages if m.direction == "in" and m.person_id == messages[0].person_id] == [
        (Text(f"{number}"),) for number in range(12)
    ]
    assert {"conversation.opened", "conversation.assigned", "conversation.closed"} <= {event.kind for event in crm.heard}


async def test_crm_changes_come_again_after_an_error_and_wait_longer_each_time(make_hub: MakeHub) -> None:
    crm = Book(trouble=[RuntimeError("down"), RuntimeError("still down"), RuntimeError("still")])
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Scribe, "crm", crm), clock=ManualClock())
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    (feed,) = kit.hub.feeds.status()
    await kit.until(lambda: feed.error, "an error")
    assert "down" in feed.error
    assert crm.heard == []
    await visitor.says("二")
    await visitor.hears("二")
    await kit.until(lambda: feed.position == kit.hub.store.committer.position, "the end of the log", turning=0.5)
    assert [event.id for event in crm.heard] == await all_events(kit)
    assert [call[0] for call in crm.calls[:4]] == [1, 1, 1, 1], "the same events came again"
    assert (feed.failures, feed.error) == (0, "")


async def test_crm_changes_go_on_after_more_failures_than_suspend_an_instance(make_hub: MakeHub) -> None:
    crm = Book(trouble=[RuntimeError("down")] * 7)
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Scribe, "crm", crm), clock=ManualClock())
    await kit.visitor("fake", "u1").says("一")
    await kit.until(lambda: crm.heard, "the events", turning=5)
    await kit.settled(turning=1)
    (feed,) = kit.hub.feeds.status()
    await kit.until(lambda: feed.position == kit.hub.store.committer.position, "the end of the log", turning=5)
    assert [event.id for event in crm.heard] == await all_events(kit)


async def test_crm_changes_go_on_where_they_were_after_a_restart(make_hub: MakeHub) -> None:
    crm, world = Book(), FakePlatform()
    kit = await make_hub(use(FakeChannel, "fake", world=world), EchoBot, use(Scribe, "crm", crm))
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    await kit.settled()
    await kit.until(lambda: crm.heard and crm.heard[-1].id == kit.hub.store.committer.position, "all so far")
    crm.trouble.append(RuntimeError("down"))
    await visitor.says("二")
    await visitor.hears("二")
    await kit.until(lambda: not crm.trouble, "a failure")
    # What failed was not written down as done: it comes in the next run, before anything new.
    await kit.restart()
    await visitor.says("三")
    await visitor.hears("三")
    await kit.settled()
    await kit.until(lambda: crm.heard[-1].id == kit.hub.store.committer.position, "the end of the log")
    ids = [event.id for event in crm.heard]
    assert list(dict.fromkeys(ids)) == await all_events(kit)
    assert ids == sorted(ids)


async def test_crm_changes_of_a_crm_that_was_added_later_begin_now_and_each_has_its_own_place(make_hub: MakeHub) -> None:
    early, late = Book(), Book()
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Scribe, "early", early))
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    await kit.settled()
    before = kit.hub.store.committer.position
    await kit.until(lambda: early.heard and early.heard[-1].id == before, "all so far")
    world = kit.world("fake")
    await kit.stop()
    uses = (use(FakeChannel, "fake", world=world), EchoBot, use(Scribe, "early", early), use(Scribe, "late", late))
    both = await make_hub(*uses, data=kit.data)
    late.trouble.append(RuntimeError("down"))
    visitor = both.visitor("fake", "u1")
    await visitor.says("二", key="another")
    await both.until(lambda: early.heard[-1].id == both.hub.store.committer.position > before, "all for the first")
    await both.until(lambda: late.heard and late.heard[-1].id == both.hub.store.committer.position, "all for the second")
    assert [event.id for event in late.heard] == [event for event in await all_events(both) if event > before]
