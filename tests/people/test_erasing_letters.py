"""Erasing reaches what never arrived, and nobody else's; and what a claim would still open."""

from __future__ import annotations

from hub import Inbound, Sender, Text
from hub.testing import HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from tests.databases import both_databases
from tests.hooks.gate import Gate
from tests.people.kit import Customer, people_hub, people_of
from tests.people.test_reception import issued, served


async def lost(kit: HubKit, channel: str, id: str, words: str) -> None:
    """A message that cannot be worked on, until it is a dead letter."""
    gate, before = kit.plugin("gate", Gate), kit.hub.path.dead_total
    gate.broken = True
    await kit.hub.path.accept(channel, Inbound(words, Sender(id), (Text(words),)))
    await kit.until(lambda: kit.hub.path.dead_total > before, "a dead letter", turning=30)
    # A filter that failed so often is suspended; a new start asks it again.
    await kit.restart()


@both_databases
async def test_their_dead_letters_go_and_those_of_somebody_with_a_like_id_stay(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, use(Gate, "gate"), clock=ManualClock())
    for channel, id in (("wechat", "o_1%"), ("qq", "o_1%"), ("wechat", "oX1lang")):
        await Customer(kit, channel, id).says("你好")
        await lost(kit, channel, id, f"丢失 {channel} {id}")
    one = Customer(kit, "wechat", "o_1%")
    agent = await served(kit, one)
    kit.world("wechat").reject()
    await agent.says("没有送到")
    await kit.until(lambda: kit.hub.path.dead_total == 4, "an answer that did not arrive")
    await agent.closes()
    await kit.settled()
    await people_of(kit).erasing.erase((await one.person()).id, "eva")
    left = [letter.text for letter in await kit.hub.path.dead.all()]
    assert sorted(left) == ["丢失 qq o_1%", "丢失 wechat oX1lang"]
    # The number that desks and supervisors see is right as well.
    assert kit.hub.path.dead_total == await kit.hub.path.dead.count() == 2
    assert "丢失 wechat o_1%" not in str(await kit.rows("SELECT payload FROM inbox WHERE payload IS NOT NULL"))


async def test_a_claim_of_somebody_erased_opens_nothing_also_after_a_restart(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    caller = Customer(kit, "phone", "c")
    await caller.says("喂")
    person = (await caller.person()).id
    first, second = await issued(kit, caller), await issued(kit, caller)
    await people_of(kit).erasing.erase(person, "eva", finish=True)
    one, two = Customer(kit, "wechat", "one"), Customer(kit, "wechat", "two")
    await one.says(first.code)
    assert (await one.person()).id != person
    await kit.restart()
    await two.says(second.code)
    assert (await two.person()).id != person
    assert [row["state"] for row in await kit.rows("SELECT state FROM people_claim")] == ["void", "void"]
