"""What somebody of us told a customer in the platform's own program, who spoke in a group, and how an answer went out."""

from __future__ import annotations

from hub import Allowance, Author, Inbound, Leg, Outbound, Sender, Sent, Text, plain_text
from hub.testing import EchoBot, FakeChannel, HubKit, use
from hub.testing.fixtures import MakeHub

STAFF = Author("agent", "staff-7", "王店长")
MEMBER = Author("person", "member-3", "小李")


class WordyChannel(FakeChannel):
    """Says how it sent something, and what it may still send."""

    async def send(self, message: Outbound) -> Sent:
        return Sent((await super().send(message)).external_id, via="passive", detail="answered in time")

    async def allowance(self, leg: Leg) -> Allowance:
        return Allowance(4, leg.last_inbound_at + 1000, "message")


async def write(kit: HubKit, words: str, author: Author | None = None) -> None:
    await kit.hub.path.accept("fake", Inbound(words, Sender("u1"), (Text(words),), author=author))
    await kit.settled()


async def test_what_staff_said_elsewhere_is_an_answer_and_is_not_sent_again(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot)
    await write(kit, "你好")
    heard = (await kit.visitor("fake", "u1").conversation())
    assert heard.unanswered_since is not None
    leg = (await kit.hub.reading.legs(heard.id))[0]
    for _ in range(2):
        await write(kit, "您好，马上为您处理", STAFF)
    messages = await kit.hub.reading.messages(heard.id)
    assert [(one.direction, one.author.name, one.state) for one in messages][-1] == ("out", "王店长", "sent")
    assert len(messages) == 3
    now = await kit.visitor("fake", "u1").conversation()
    assert (now.unanswered_since, now.unread, now.last_direction) == (None, 0, "out")
    assert kit.world("fake").texts() == ["你好"]
    # It is no word of the customer's: what the platform lets us send does not grow by it.
    assert (await kit.hub.reading.legs(heard.id))[0].last_inbound_at == leg.last_inbound_at


async def test_who_spoke_in_a_group_is_told(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot)
    await write(kit, "有人吗", MEMBER)
    conversation = await kit.visitor("fake", "u1").conversation()
    asked, answer = await kit.hub.reading.messages(conversation.id)
    assert (asked.direction, asked.author) == ("in", MEMBER)
    assert plain_text(answer.body) == "有人吗"


async def test_how_an_answer_went_out_is_kept_for_those_who_look(make_hub: MakeHub) -> None:
    kit = await make_hub(use(WordyChannel, "fake"), EchoBot)
    await write(kit, "你好")
    conversation = await kit.visitor("fake", "u1").conversation()
    events = await kit.hub.reading.events(0, 100, conversation_id=conversation.id)
    [how] = [event for event in events if event.kind == "message.sent_via"]
    assert (how.data, how.public) == ({"via": "passive", "detail": "answered in time"}, False)
    assert how.message is not None
    assert plain_text(how.message.body) == "你好"
    assert "allowance" in WordyChannel.features()
