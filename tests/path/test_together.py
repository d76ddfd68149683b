"""Several people held at once: nothing else happens with them meanwhile, and what waited goes on with the new truth."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub import Inbound, Plugin, PluginConfig, Refused, Sender, Text, plain_text
from hub.house import Dossier
from hub.store import models
from hub.tables import Change, update
from hub.testing import EchoBot, FakeChannel, HubKit, use
from hub.testing.fixtures import MakeHub
from tests.databases import both_databases

MOVE_IDENTITY = update(models.Identity, "person_id")
MOVE_CONVERSATION = update(models.Conversation, "person_id", "open_person")


class Registrar(Plugin[PluginConfig]):
    """Gives what one person has to another."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def move(self, from_id: int, to_id: int) -> None:
        async def work(dossiers: dict[int, Dossier]) -> Change:
            self.begun.set()
            await self.go_on.wait()
            change = Change()
            for identity in dossiers[from_id].identities.values():
                change.write(MOVE_IDENTITY, (to_id, identity.id))
            conversation = dossiers[from_id].conversation
            assert conversation is not None
            # The other's is closed by now; one open conversation each.
            change.write(MOVE_CONVERSATION, (to_id, to_id, conversation.id))
            return change

        await self.ctx.house.together([from_id, to_id], work)


async def opened(make_hub: MakeHub) -> tuple[HubKit, Registrar]:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Registrar, "registrar"))
    return kit, kit.plugin("registrar", Registrar)


async def write(kit: HubKit, who: str, words: str) -> None:
    await kit.hub.path.accept("fake", Inbound(f"{who}-{words}", Sender(who), (Text(words),)))


@both_databases
async def test_what_waits_for_people_who_are_held_goes_on_with_the_new_truth(make_hub: MakeHub) -> None:
    kit, registrar = await opened(make_hub)
    agent = kit.agent("刘芳")
    for who in ("a", "b"):
        await kit.visitor("fake", who).says("一")
    await kit.settled()
    other, mine = await kit.visitor("fake", "a").conversation(), await kit.visitor("fake", "b").conversation()
    await agent.takes(kit.visitor("fake", "a"))
    await agent.closes()
    await agent.takes(kit.visitor("fake", "b"))
    moving = asyncio.create_task(registrar.move(mine.person_id, other.person_id))
    await registrar.begun.wait()
    # In the order: a message, an act of the agent's, another message.
    await write(kit, "b", "二")
    told = asyncio.create_task(agent.says("三"))
    await kit.until(lambda: len(kit.hub.path.lanes) == 2, "both are held")
    await write(kit, "b", "四")
    registrar.go_on.set()
    await moving
    await told
    await kit.settled()
    now = await kit.visitor("fake", "b").conversation()
    assert (now.id, now.person_id, now.owner_kind) == (mine.id, other.person_id, "agent")
    said = [plain_text(message.body) for message in await kit.hub.reading.messages(mine.id)]
    assert [words for words in said if words in "二三四"] in (["二", "三", "四"], ["二", "四", "三"])
    assert (await kit.rows("SELECT count(*) AS dead FROM inbox WHERE state = 2"))[0]["dead"] == 0


async def test_two_who_hold_the_same_people_do_not_wait_for_each_other(make_hub: MakeHub) -> None:
    kit, registrar = await opened(make_hub)
    for who in ("a", "b"):
        await kit.visitor("fake", who).says("一")
    ids = [(await kit.visitor("fake", who).conversation()).person_id for who in ("a", "b")]
    held: list[list[int]] = []

    async def work(dossiers: dict[int, Dossier]) -> Change:
        held.append(sorted(dossiers))
        return Change()

    together = registrar.ctx.house.together
    await asyncio.gather(*(together(order, work) for order in (ids, ids[::-1]) * 5))
    assert held == [sorted(ids)] * 10


async def test_a_fault_while_people_are_held_changes_nothing(make_hub: MakeHub) -> None:
    kit, registrar = await opened(make_hub)
    visitor = kit.visitor("fake", "a")
    await visitor.says("一")
    await visitor.hears("一")
    person = (await visitor.conversation()).person_id

    async def work(_: dict[int, Dossier]) -> Change:
        raise Refused(409, "not_so", "they are not the same")

    with pytest.raises(Refused, match="not the same"):
        await registrar.ctx.house.together([person], work)
    with pytest.raises(Refused, match="no such person"):
        await registrar.ctx.house.together([person, 17], work)
    await visitor.says("二")
    await visitor.hears("二")
