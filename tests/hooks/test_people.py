"""The hook that tells who somebody new is, with plugins written here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hub import (
    ClaimOffer,
    Conversation,
    Identity,
    Inbound,
    Person,
    Plugin,
    PluginConfig,
    Refused,
    Sender,
    Text,
    hookimpl,
)
from hub.message import plain_text
from hub.testing import EchoBot, FakeChannel, HubKit, use
from hub.testing.fixtures import MakeHub
from hub_people import People


class Memory(Plugin[PluginConfig]):
    """Knows people by the keys their channels give."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.people: dict[str, int] = {}
        self.asked: list[tuple[str, int, str]] = []

    @hookimpl
    async def recognise(self, inbound: Inbound, identity: Identity) -> int | None:
        self.asked.append((identity.external_id, identity.person_id, plain_text(inbound.body)))
        return self.people.get(inbound.sender.keys.get("unionid", ""))


async def opened(make_hub: MakeHub) -> tuple[HubKit, Memory]:
    kit = await make_hub(use(FakeChannel, "first"), use(FakeChannel, "second"), EchoBot, use(Memory, "memory"))
    return kit, kit.plugin("memory", Memory)


async def write(kit: HubKit, channel: str, who: str, words: str, **sender: Any) -> None:
    inbound = Inbound(f"{who}-{words}", Sender(who, **sender), (Text(words),))
    await kit.hub.path.accept(channel, inbound)


async def test_recognise_is_asked_once_and_links_a_new_sender_to_who_they_are(make_hub: MakeHub) -> None:
    kit, memory = await opened(make_hub)
    anna, agent = kit.visitor("first", "u1"), kit.agent("刘芳")
    await anna.says("一")
    await anna.hears("一")
    taken = await agent.takes(anna)
    memory.people["U"] = taken.person_id
    for words in ("二", "三"):
        await write(kit, "second", "w1", words, keys={"unionid": "U"}, verified=True)
    await kit.settled()
    assert memory.asked == [("u1", 0, "一"), ("w1", 0, "二")]
    # The same conversation, the same agent, nobody queued again, and in order.
    await agent.sees("一", "二", "三")
    conversation = await kit.visitor("second", "w1").conversation()
    assert (conversation.id, conversation.owner_id) == (taken.id, taken.owner_id)
    assert [leg.channel for leg in await kit.hub.reading.legs(taken.id)] == ["first", "second"]
    identity = await kit.hub.reading.identity("fake", "second", "w1")
    assert identity is not None
    assert (identity.person_id, identity.source, identity.verified) == (taken.person_id, "memory", True)


async def test_recognise_may_know_nobody_or_name_somebody_there_is_not(make_hub: MakeHub) -> None:
    kit, memory = await opened(make_hub)
    memory.people["gone"] = 17
    await write(kit, "first", "u1", "一")
    await write(kit, "first", "u2", "二", keys={"unionid": "gone"})
    await kit.settled()
    found = [await kit.visitor("first", who).conversation() for who in ("u1", "u2")]
    assert len({one.person_id for one in found} | {17}) == 3
    assert "took somebody new for a person there is not" in str(kit.logged())


async def test_recognise_holds_for_a_person_somebody_was_recognised_in_already(make_hub: MakeHub) -> None:
    kit, memory = await opened(make_hub)
    await write(kit, "first", "u1", "一", verified=True)
    await kit.settled()
    memory.people["U"] = (await kit.visitor("first", "u1").conversation()).person_id
    for who in ("w1", "w2"):
        await write(kit, "second", who, "二", keys={"unionid": "U"}, verified=True)
    await kit.settled()
    assert {(await kit.visitor("second", who).conversation()).person_id for who in ("w1", "w2")} == {memory.people["U"]}


class Notary(Plugin[PluginConfig]):
    """Writes down what is said of senders, who was erased, and offers a way to go on elsewhere."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.said: list[tuple[str, str, str, int]] = []
        self.erased: list[tuple[int, list[str]]] = []

    @hookimpl
    async def arriving(self, inbound: Inbound, identity: Identity, channel: str) -> None:
        stored = await self.ctx.reader.value("SELECT count(*) FROM message WHERE id IN (SELECT max(id) FROM message)")
        self.said.append((inbound.key, inbound.sender.keys.get("phone", ""), channel, stored))

    @hookimpl
    async def offer_claim(self, conversation: Conversation, by: str) -> ClaimOffer | None:
        return ClaimOffer("0417", f"/c/{conversation.id}", 1000) if by == "menu" else None

    @hookimpl
    async def person_erased(self, person: Person, identities: Sequence[Identity]) -> None:
        self.erased.append((person.id, [one.external_id for one in identities]))


async def test_arriving_tells_of_every_message_before_it_is_stored(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "first"), EchoBot, use(Notary, "notary"))
    for words in ("一", "二", "二"):
        await write(kit, "first", "u1", words, keys={"phone": words})
        await kit.settled()
    # A repeated one is no message; of the first nothing was stored when it was told.
    assert kit.plugin("notary", Notary).said == [("u1-一", "一", "first", 0), ("u1-二", "二", "first", 1)]


async def test_offer_claim_is_answered_by_the_first_who_has_a_way(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "first"), EchoBot, use(Notary, "notary"))
    await kit.visitor("first", "u1").says("一")
    conversation = await kit.visitor("first", "u1").conversation()
    offer = await kit.hub.calls.first("offer_claim", conversation=conversation, by="menu")
    assert (offer.code, offer.link, offer.invitations) == ("0417", f"/c/{conversation.id}", {})
    assert await kit.hub.calls.first("offer_claim", conversation=conversation, by="somebody") is None


async def test_person_erased_tells_who_it_was_and_how_they_were_known(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "first"), EchoBot, use(Notary, "notary"), use(People, "people"))
    await write(kit, "first", "u1", "一")
    await kit.settled()
    conversation = await kit.visitor("first", "u1").conversation()
    people = kit.plugin("people", People)
    with pytest.raises(Refused):
        await people.erasing.erase(conversation.person_id, "eva")
    assert kit.plugin("notary", Notary).erased == []
    await people.erasing.erase(conversation.person_id, "eva", finish=True)
    assert kit.plugin("notary", Notary).erased == [(conversation.person_id, ["u1"])]
