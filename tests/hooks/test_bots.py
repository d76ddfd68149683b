"""The hook `answer`: the bots, one after the other, while they own the conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hub import Answer, Bot, Buttons, HandOver, PluginConfig, SetAttributes, Tag, Turn, hookimpl
from hub.intents import Send, say
from hub.message import Button, Choice, Text, plain_text
from hub.testing import EchoBot, FakeChannel, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub


class Scripted(Bot[PluginConfig]):
    """Does what the test says. `turns` is what it was asked."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.turns: list[Turn] = []
        self.act: Callable[[Turn], Any] = lambda _: None

    @hookimpl
    async def answer(self, turn: Turn) -> Answer | None:
        self.turns.append(turn)
        given = self.act(turn)
        answer: Answer | None = await given if asyncio.isfuture(given) else given
        return answer


async def scripted(make_hub: MakeHub, act: Callable[[Turn], Any], *others: Any, **more: Any) -> tuple[HubKit, Scripted]:
    kit = await make_hub(use(FakeChannel, "fake"), use(Scripted, "bot"), *others, **more)
    bot = kit.plugin("bot", Scripted)
    bot.act = act
    return kit, bot


async def test_answer_goes_to_the_next_bot_until_one_has_one(make_hub: MakeHub) -> None:
    kit, first = await scripted(make_hub, lambda _: None, use(Scripted, "second"), EchoBot)
    second = kit.plugin("second", Scripted)
    second.act = lambda turn: Answer.of("from the second") if "2" in plain_text(turn.message.body) else None
    visitor = kit.visitor("fake", "u1")
    for text, heard in (("1", "1"), ("2", "from the second")):
        await visitor.says(text)
        await visitor.hears(heard)
    assert len(first.turns) == len(second.turns) == 2
    authors = [row["author_id"] for row in await kit.rows("SELECT author_id FROM message WHERE direction = 'out'")]
    assert authors == ["echobot", "second"]


async def test_answer_knows_who_asks_and_what_was_said_before(make_hub: MakeHub) -> None:
    kit, bot = await scripted(make_hub, lambda turn: Answer.of(f"answer {len(turn.history)}"))
    visitor = kit.visitor("fake", "u1", name="Anna", locale="en")
    for number in range(13):
        await visitor.says(f"{number}")
        await visitor.hears("answer")
    first, last = bot.turns[0], bot.turns[-1]
    assert (first.person.name, first.locale, first.identity.external_id, first.history) == ("Anna", "en", "u1", ())
    assert first.message.body == (Text("0"),)
    assert len(last.history) == 20, "at most twenty, the latest"
    assert [plain_text(m.body) for m in last.history[-2:]] == ["11", "answer 20"]
    assert [m.direction for m in last.history] == ["in", "out"] * 10
    assert last.conversation.id == first.conversation.id


async def test_answer_may_do_more_than_speak(make_hub: MakeHub) -> None:
    wanted = (say("好的"), Tag(("refund",)), SetAttributes({"mood": "bad"}, tier="gold"), HandOver("asked"))
    kit, _ = await scripted(make_hub, lambda _: Answer((*wanted, Send((Text("for you"),), "note"))))
    visitor = kit.visitor("fake", "u1")
    await visitor.says("退款")
    await visitor.hears("好的")
    await visitor.hears_line("handed_over")
    conversation = await visitor.is_with("queue")
    assert (conversation.reason, conversation.tags) == ("asked", ("refund",))
    dossier = await kit.hub.people.dossier(conversation.person_id)
    assert (dossier.person.tier, dossier.person.attributes) == ("gold", {"mood": "bad"})
    assert [row["direction"] for row in await kit.rows("SELECT direction FROM message ORDER BY id")] == [
        "in", "out", "system", "note",
    ]  # fmt: skip
    await visitor.hears_nothing_more()


async def test_answer_that_is_unsure_too_often_brings_a_person(make_hub: MakeHub) -> None:
    sure = {"yes"}
    kit, _ = await scripted(make_hub, lambda t: Answer.of("hm", unsure=plain_text(t.message.body) not in sure))
    visitor = kit.visitor("fake", "u1")
    for text in ("no", "yes", "no"):
        await visitor.says(text)
        await visitor.hears("hm")
    assert (await visitor.conversation()).owner_kind == "bot", "a sure answer between two begins anew"
    await visitor.says("no")
    await visitor.hears_line("handed_over")
    assert (await visitor.is_with("queue")).reason == "unsure"


async def test_answer_of_a_bot_that_fails_is_passed_by(make_hub: MakeHub) -> None:
    kit, _ = await scripted(make_hub, lambda _: 1 / 0, EchoBot)
    visitor = kit.visitor("fake", "u1")
    for number in range(7):
        await visitor.says(f"{number}")
        await visitor.hears(f"{number}")
    assert "instance suspended" in kit.log_text


async def test_answer_of_a_bot_that_is_late_is_given_up(make_hub: MakeHub) -> None:
    kit, _ = await scripted(
        make_hub, lambda _: asyncio.get_running_loop().create_future(), EchoBot, clock=ManualClock()
    )
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一", turning=1)
    assert "answer took longer than 10 s" in kit.log_text


async def test_answer_of_nobody_brings_a_person(make_hub: MakeHub) -> None:
    kit, _ = await scripted(make_hub, lambda _: None)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears_line("handed_over")
    assert (await visitor.is_with("queue")).reason == "bot_failed"


async def test_answer_that_is_none_brings_a_person(make_hub: MakeHub) -> None:
    kit, _ = await scripted(make_hub, lambda _: "just a text")
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears_line("handed_over")
    await visitor.says("二")
    assert (await visitor.is_with("queue")).reason == "bot_failed"


async def test_answer_that_cannot_be_done_costs_no_message(make_hub: MakeHub) -> None:
    kit, bot = await scripted(make_hub, lambda _: Answer((Send((Text("there"),), leg=4711),)), clock=ManualClock())
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await kit.until(lambda: len(bot.turns) == 4, "it was asked four times", turning=1)
    await kit.until(lambda: kit.world("fake").arrived, "a person is called", turning=1)
    assert (await visitor.is_with("queue")).reason == "bot_failed"
    assert await kit.hub.path.dead.count() == 0


async def test_answer_is_not_asked_for_while_people_own_the_conversation(make_hub: MakeHub) -> None:
    menu = Answer.of(Buttons((Button("人工", "hub:human"),), "需要什么？"))
    kit, bot = await scripted(make_hub, lambda _: menu)
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    await visitor.says("一")
    await visitor.hears("需要什么？")
    await visitor.says(Choice("人工", "hub:human"))
    await visitor.hears_line("handed_over")
    await visitor.says("二")
    await agent.takes(visitor)
    await visitor.says("三")
    await kit.settled()
    assert len(bot.turns) == 1
    await agent.closes()
    await visitor.says("四")
    await kit.until(lambda: len(bot.turns) == 2, "the bots have the next conversation")
