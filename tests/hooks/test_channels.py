"""What plugins are told of messages and conversations, after it is stored. The filters have a file of their own."""

from __future__ import annotations

from typing import Any

from hub import Conversation, Message, Plugin, PluginConfig, Tag, hookimpl
from hub.message import plain_text
from hub.testing import EchoBot, FakeChannel, FakePlatform, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub


class Witness(Plugin[PluginConfig]):
    """Writes down what it is told, and whether it was in the store then."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.messages: list[tuple[str, str]] = []
        self.changes: list[tuple[Conversation | None, Conversation]] = []
        self.lost: list[tuple[Message, str]] = []
        self.broken = False

    @hookimpl
    async def message_stored(self, message: Message, conversation: Conversation) -> None:
        assert message.conversation_id == conversation.id
        assert await self.ctx.reading.message(message.id) is not None
        self.messages.append((message.direction, plain_text(message.body)))
        if self.broken:
            raise RuntimeError("it cannot be written down")

    @hookimpl
    async def conversation_changed(self, conversation: Conversation, before: Conversation | None) -> None:
        assert await self.ctx.reading.conversation(conversation.id) is not None
        self.changes.append((before, conversation))

    @hookimpl
    async def delivery_failed(self, message: Message, reason: str) -> None:
        self.lost.append((message, reason))


async def witnessed(make_hub: MakeHub, **options: Any) -> tuple[HubKit, Witness]:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Witness, "w"), **options)
    return kit, kit.plugin("w", Witness)


async def test_message_stored_tells_of_every_message_once_it_is_stored(make_hub: MakeHub) -> None:
    kit, witness = await witnessed(make_hub)
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    await visitor.says("一")
    await visitor.hears("一")
    await agent.takes(visitor)
    await agent.notes("备注")
    await agent.says("二")
    await visitor.says("三", key="k")
    await visitor.says("三", key="k")
    await kit.settled()
    joined = kit.hub.texts.line("joined", "", name="刘芳")
    told = [("in", "一"), ("out", "一"), ("system", joined), ("note", "备注"), ("out", "二"), ("in", "三")]
    await kit.until(lambda: len(witness.messages) == len(told), "all of them")
    assert sorted(witness.messages) == sorted(told)


async def test_message_stored_that_fails_disturbs_nobody(make_hub: MakeHub) -> None:
    kit, witness = await witnessed(make_hub)
    other = kit.visitor("fake", "u1")
    witness.broken = True
    for number in range(8):
        await other.says(f"{number}")
        await other.hears(f"{number}")
    await kit.until(lambda: "instance suspended" in kit.log_text, "a plugin that fails is suspended")
    await other.says("still there")
    await other.hears("still there")


async def test_conversation_changed_tells_of_owners_tags_and_the_end_but_not_of_each_message(make_hub: MakeHub) -> None:
    kit, witness = await witnessed(make_hub)
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    await visitor.says("一")
    await visitor.says("二")
    await visitor.hears("一", "二")
    await kit.until(lambda: len(witness.changes) == 1, "it was opened")
    before, opened = witness.changes[0]
    assert before is None
    assert (opened.owner_kind, opened.status) == ("bot", "open")
    await agent.takes(visitor)
    await agent.says("三")
    await witness.ctx.act(opened.id, Tag(("vip",)))
    await agent.closes("solved")
    await kit.until(lambda: len(witness.changes) == 4, "three more changes")
    steps = sorted(witness.changes[1:], key=lambda step: step[1].version)
    assert [(step[1].owner_kind, step[1].status, step[1].tags) for step in steps] == [
        ("agent", "open", ()),
        ("agent", "open", ("vip",)),
        ("agent", "closed", ("vip", "solved")),
    ]
    assert [step[0].owner_kind for step in steps if step[0] is not None] == ["bot", "agent", "agent"]
    await visitor.says("四")
    await kit.until(lambda: len(witness.changes) == 5, "the next conversation")
    assert witness.changes[-1][0] is None
    assert witness.changes[-1][1].id != opened.id


async def test_delivery_failed_tells_of_a_message_that_was_given_up_and_why(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await make_hub(use(FakeChannel, "fake", world=world), EchoBot, use(Witness, "w"), clock=ManualClock())
    witness, visitor = kit.plugin("w", Witness), kit.visitor("fake", "u1")
    world.fail()
    await visitor.says("一")
    await visitor.hears("一", turning=1)
    assert witness.lost == [], "a failure that was made good is none"
    world.reject("spam")
    await visitor.says("二")
    await kit.until(lambda: witness.lost, "the hook")
    ((message, reason),) = witness.lost
    assert (plain_text(message.body), message.state, message.error, reason) == ("二", "failed", "spam", "spam")
    (letter,) = await kit.hub.path.dead.all()
    assert letter.id == message.id


async def test_delivery_failed_tells_of_a_receipt_that_says_so(make_hub: MakeHub) -> None:
    kit, witness = await witnessed(make_hub)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    await kit.settled()
    channel = kit.plugin("fake", FakeChannel)
    await channel.ctx.receipt(channel.world.arrived[0].message_id, "failed", "blocked by the customer")
    await kit.until(lambda: witness.lost, "the hook")
    ((message, reason),) = witness.lost
    assert reason == message.error == "blocked by the customer"
    assert message.state == "failed"
    assert await kit.hub.reading.message(message.id) == message
