"""`filter_inbound` and `filter_outbound`: what is stored is what the filters left, for everybody."""

from __future__ import annotations

from typing import Any

import pytest

from hub import Conversation, Message, Plugin, PluginConfig, Refused, Send, Text, hookimpl
from hub.message import plain_text
from hub.testing import AgentActor, FakeChannel, HubKit, ManualClock, ScriptBot, VisitorActor, use
from hub.testing.fixtures import MakeHub
from tests.hooks.gate import Gate
from tests.path.delivery_kit import Losses

ANSWERS = {"card?": "Yours is 4111111111111111.", "secret?": "It is forbidden.", "hello": "Hi!"}


async def gated(make_hub: MakeHub, **options: Any) -> tuple[HubKit, Gate, VisitorActor]:
    kit = await make_hub(use(FakeChannel, "fake"), use(ScriptBot, "bot", answers=ANSWERS), Gate, Losses, **options)
    return kit, kit.plugin("gate", Gate), kit.visitor("fake", "u1", locale="en")


async def joined(kit: HubKit, visitor: VisitorActor) -> AgentActor:
    """An agent who has taken the visitor's conversation."""
    agent = kit.agent("刘芳")
    await visitor.says("hello")
    await visitor.hears("Hi!")
    await agent.takes(visitor)
    await visitor.hears_line("joined", name="刘芳")
    return agent


async def stored(kit: HubKit) -> list[tuple[str, str, str]]:
    messages = await kit.hub.reading.messages((await kit.rows("SELECT max(id) AS id FROM conversation"))[0]["id"])
    return [(message.direction, message.state, plain_text(message.body)) for message in messages]


async def test_filter_inbound_changes_what_everybody_sees(make_hub: MakeHub) -> None:
    kit, gate, visitor = await gated(make_hub)
    accepted = await visitor.says("my card is 4111111111111111")
    await visitor.hears("不太确定")
    assert ("in", "received", "my card is ***") in await stored(kit)
    assert (await visitor.conversation()).last_direction == "out"
    # The message keeps its id and its person whatever a filter makes of them.
    assert await kit.rows("SELECT id FROM message WHERE direction = 'in'") == [{"id": accepted.message_id}]
    assert gate.asked[0] == ("in", "my card is 4111111111111111")
    # What was taken up is forgotten a moment later, for many at once.
    await kit.settled()
    assert "4111" not in str(await kit.rows("SELECT * FROM inbox"))


async def test_filter_inbound_that_fails_makes_a_dead_letter_that_can_be_tried_again(make_hub: MakeHub) -> None:
    kit, gate, visitor = await gated(make_hub, clock=ManualClock())
    gate.nonsense = True
    await visitor.says("hello")
    (letter,) = await kit.until(kit.hub.path.dead.all, "a dead letter", turning=1)
    assert (letter.direction, letter.text, letter.attempts) == ("in", "hello", 5)
    assert "at least one element" in letter.error
    assert await kit.rows("SELECT * FROM message") == []
    gate.nonsense = False
    await kit.hub.path.dead.retry(letter.id)
    await visitor.hears("Hi!", turning=1)
    assert await kit.hub.path.dead.count() == 0


async def test_filter_outbound_changes_a_bots_answer_before_it_is_stored(make_hub: MakeHub) -> None:
    kit, gate, visitor = await gated(make_hub)
    await visitor.says("card?")
    await visitor.hears("Yours is ***.")
    assert ("out", "sent", "Yours is ***.") in await stored(kit)
    assert (await visitor.conversation()).last_text == "Yours is ***."
    assert ("fake", "Yours is 4111111111111111.") in gate.asked
    assert "4111" not in str(await kit.rows("SELECT body FROM message"))


async def test_filter_outbound_changes_an_agents_message_and_the_agent_sees_it(make_hub: MakeHub) -> None:
    kit, _, visitor = await gated(make_hub)
    agent = await joined(kit, visitor)
    said = await agent.says("call 13800000000", client_id="c1")
    assert plain_text(said.body) == "call ***"
    await visitor.hears("call ***")
    await visitor.hears_nothing_more()


async def test_filter_outbound_never_sees_notes(make_hub: MakeHub) -> None:
    kit, gate, visitor = await gated(make_hub)
    agent = kit.agent("刘芳")
    await visitor.says("hello")
    await visitor.hears("Hi!")
    await agent.takes(visitor)
    await agent.notes("forbidden 13800000000")
    await agent.sees_note("forbidden 13800000000")
    assert not any("138" in text for _, text in gate.asked)


async def test_filter_outbound_refuses_an_agents_message_and_nothing_is_stored(make_hub: MakeHub) -> None:
    kit, gate, visitor = await gated(make_hub)
    agent = await joined(kit, visitor)
    with pytest.raises(Refused, match="the rules forbid it") as refused:
        await agent.says("this is forbidden", client_id="c1")
    assert (refused.value.status, refused.value.code) == (422, "kept_back")
    gate.broken = True
    with pytest.raises(Refused) as unchecked:
        await agent.says("hello", client_id="c1")
    assert (unchecked.value.status, unchecked.value.code) == (503, "not_checked")
    await visitor.hears_nothing_more()
    assert len(await stored(kit)) == 3
    assert await kit.hub.path.dead.count() == 0
    gate.broken = False
    await agent.says("hello", client_id="c1")
    await visitor.hears("hello")


async def test_filter_outbound_refuses_a_bots_answer_and_people_take_over(make_hub: MakeHub) -> None:
    kit, _, visitor = await gated(make_hub)
    await visitor.says("secret?")
    await visitor.hears_line("handed_over")
    conversation = await visitor.is_with("queue")
    assert conversation.reason == "bot_failed"
    assert conversation.last_text == "secret?"
    await visitor.hears_nothing_more()
    assert [line[:2] for line in await stored(kit)] == [("in", "received"), ("note", "failed"), ("system", "sent")]
    losses = kit.plugin("losses", Losses)
    await kit.until(lambda: losses.lost, "the hook delivery_failed")
    assert losses.lost == [("It is forbidden.", "the rules forbid it")]
    public = await kit.hub.reading.events(0, 100, person_id=conversation.person_id, public_only=True)
    assert not any(event.message and "forbidden" in plain_text(event.message.body) for event in public)


async def test_filter_outbound_that_fails_for_a_moment_costs_no_answer(make_hub: MakeHub) -> None:
    kit, gate, visitor = await gated(make_hub, clock=ManualClock())
    gate.nonsense = True
    real = gate.judge
    gate.judge = lambda message, where: None if where == "in" else real(message, where)  # type: ignore[method-assign]
    await visitor.says("hello")
    await kit.until(lambda: len(gate.asked) == 2, "a second try", turning=0.5)
    gate.nonsense = False
    await visitor.hears("Hi!", turning=1)
    await visitor.hears_nothing_more()
    assert [text for _, _, text in await stored(kit)] == ["hello", "Hi!"]


async def test_filter_outbound_that_keeps_failing_lets_nothing_out_and_people_get_the_message(make_hub: MakeHub) -> None:
    kit, gate, visitor = await gated(make_hub, clock=ManualClock())
    real = gate.judge
    gate.judge = lambda message, where: None if where == "in" else real(message, where)  # type: ignore[method-assign]
    gate.broken = True
    await visitor.says("hello")
    await kit.until(lambda: kit.rows("SELECT * FROM conversation"), "a conversation", turning=1)
    await kit.settled(turning=1)
    assert (await visitor.is_with("queue")).reason == "bot_failed"
    assert kit.world("fake").texts() == []
    # The customer's words and the line that could not be checked, which only agents see.
    assert [line[:2] for line in await stored(kit)] == [("in", "received"), ("note", "failed")]
    assert await kit.hub.path.dead.count() == 0


async def test_filter_outbound_changes_and_keeps_back_lines_of_the_house(make_hub: MakeHub) -> None:
    lines = {"joined": {"en": "{name} 123456789"}, "closed": {"en": "forbidden"}}
    kit, _, visitor = await gated(make_hub, service={"texts": lines})
    agent = kit.agent("刘芳")
    await visitor.says("hello")
    await visitor.hears("Hi!")
    await agent.takes(visitor)
    await visitor.hears("刘芳 ***")
    # Closing is not held up by a line that may not be said.
    assert (await agent.closes()).status == "closed"
    await visitor.hears_nothing_more()
    assert [line[:2] for line in await stored(kit)][-2:] == [("system", "sent"), ("note", "failed")]
    reworded = await kit.rows("SELECT code FROM message WHERE direction = 'system'")
    assert reworded == [{"code": ""}], "with its code a page would say it in words of its own"


async def test_filter_outbound_refuses_a_plugins_act_as_a_whole(make_hub: MakeHub) -> None:
    kit, _, visitor = await gated(make_hub)
    await visitor.says("hello")
    await visitor.hears("Hi!")
    conversation = await visitor.conversation()
    ctx = kit.plugin("losses", Losses).ctx
    with pytest.raises(Refused, match="the rules forbid it"):
        await ctx.act(conversation.id, Send((Text("fine"),)), Send((Text("forbidden"),)))
    await visitor.hears_nothing_more()
    await ctx.act(conversation.id, Send((Text("fine 123456789"),)))
    await visitor.hears("fine ***")


class Shout(Plugin[PluginConfig]):
    """Filters after the gate."""

    @hookimpl
    async def filter_outbound(self, message: Message, conversation: Conversation, channel: str) -> Any:
        if channel == "other":
            return "no message"
        return Message(0, 0, 0, 0, "in", message.author, (Text(plain_text(message.body).upper()),), 0)


async def test_filter_outbound_is_a_chain_for_each_channel(make_hub: MakeHub) -> None:
    talk = use(ScriptBot, "bot", answers=ANSWERS)
    kit = await make_hub(use(FakeChannel, "fake"), use(FakeChannel, "other"), talk, Gate, Shout)
    visitor, other = kit.visitor("fake", "u1", locale="en"), kit.visitor("other", "u1", locale="en")
    await visitor.says("card?")
    await visitor.hears("YOURS IS ***.")
    await other.says("card?")
    # A plugin that returns something else has failed, so nothing goes out there.
    await kit.until(lambda: "not Message" in kit.log_text, "the fault in the log")
    assert kit.world("other").texts() == []


async def test_filter_outbound_holds_while_its_instance_does_not_run(make_hub: MakeHub) -> None:
    kit, _, visitor = await gated(make_hub)
    agent = await joined(kit, visitor)
    kit.hub.calls.unregister("gate")
    with pytest.raises(Refused) as unchecked:
        await agent.says("hello")
    assert unchecked.value.code == "not_checked"
    await kit.hub.registry.stop("gate")
    await agent.says("stopped on purpose")
    await visitor.hears("stopped on purpose")
