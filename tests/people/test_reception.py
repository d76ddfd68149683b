"""One customer on several channels at once: the same conversation, the same agent, no queue."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub import (
    Answer,
    Author,
    Bot,
    Choice,
    HandOver,
    Image,
    Inbound,
    PluginConfig,
    Refused,
    Sender,
    Turn,
    hookimpl,
    plain_text,
    say,
)  # fmt: skip
from hub.house import Scene
from hub.message import Text
from hub.testing import HubKit, use
from hub.testing.clock import ManualClock
from hub.testing.fixtures import MakeHub
from hub_people.claims import Issued
from hub_people.merging import Why
from hub_people.reception import SAME
from tests.people.kit import Customer, people_hub, people_of


async def issued(kit: HubKit, customer: Customer) -> Issued:
    """A claim, issued in the customer's conversation by whoever serves them."""
    await customer.person()
    return await people_of(kit).claims.issue(await customer.conversation(), "lin")


async def notes(kit: HubKit, conversation: int) -> list[str]:
    found = await kit.hub.reading.messages(conversation, limit=200)
    return [plain_text(message.body) for message in found if message.code == SAME]


async def served(kit: HubKit, customer: Customer, name: str = "刘芳") -> Any:
    agent = kit.agent(name)
    await agent.takes_over((await customer.conversation()).id)
    return agent


async def test_a_caller_sends_a_photo_over_wechat_to_the_same_agent_without_a_queue(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    caller = Customer(kit, "phone", "+8613800138000")
    await caller.says("我的包裹摔坏了")
    agent = await served(kit, caller)
    talk = await caller.conversation()
    # The agent has more than enough to do, and twenty others wait.
    for number in range(8):
        other = Customer(kit, "qq", f"busy{number}")
        await other.says("在吗")
        await agent.takes_over((await other.conversation()).id)
    for number in range(20):
        await Customer(kit, "qq", f"waits{number}").says("有人吗")
    claim = await issued(kit, caller)
    wechat = Customer(kit, "wechat", "oAbc", name="小雨")
    await wechat.says(claim.code)
    await kit.until(lambda: wechat.heard(), "connected")
    await wechat.says(Image("https://wechat.example/p.jpg", alt="破损照片"))
    now = await wechat.conversation()
    assert (now.id, now.owner_kind, now.owner_id) == (talk.id, "agent", talk.owner_id)
    assert (await wechat.person()).id == (await caller.person()).id
    agent._conversation = now.id
    await agent.sees("我的包裹摔坏了", "微信 · 同一位客户", "破损照片")
    assert wechat.heard() == ["已为您接通，会话会在这里继续。"]
    queued = await kit.rows("SELECT count(*) AS n FROM event WHERE kind = 'conversation.queued' AND conversation_id = ?", now.id)
    assert queued[0]["n"] == 0
    assert (await kit.rows("SELECT count(*) AS n FROM conversation WHERE person_id = ?", now.person_id))[0]["n"] == 1
    await agent.says("照片收到了，马上为您理赔")
    await kit.settled()
    # Answered where they wrote last, and nobody on the telephone hears what is for WeChat only.
    assert wechat.heard()[-1] == "照片收到了，马上为您理赔"
    assert not any("照片" in words or "同一" in words for words in caller.heard())


async def test_one_customer_on_three_channels_is_announced_once_on_each(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, people={"keys": [{"kind": "unionid", "trust": "always"}]})
    first = Customer(kit, "wechat", "o1", keys={"unionid": "U1"})
    await first.says("你好")
    agent = await served(kit, first)
    talk = await first.conversation()
    claim = await issued(kit, first)
    caller = Customer(kit, "phone", "+8613800138000")
    await caller.says(claim.code)
    mini = Customer(kit, "qq", "q1", keys={"unionid": "U1"})
    for words in ("还是我", "刚才说到哪了"):
        await mini.says(words)
    assert {(await one.conversation()).id for one in (first, caller, mini)} == {talk.id}
    expected = ["电话 · 同一位客户（验证码确认）", "QQ · 同一位客户"]

    async def announced() -> bool:
        return await notes(kit, talk.id) == expected

    await kit.until(announced, "each is announced once")
    await agent.says("我在")
    await kit.settled()
    # On the leg they wrote on last, and on no other.
    assert [one.heard()[-1] for one in (first, mini)] == ["刘芳 为您服务。", "我在"]


async def test_a_code_works_once_and_for_ten_minutes(make_hub: MakeHub) -> None:
    clock = ManualClock()
    kit = await people_hub(make_hub, clock=clock)
    caller = Customer(kit, "phone", "c")
    await caller.says("喂")
    claim = await issued(kit, caller)
    assert claim.expires_at == int(clock.now() * 1000) + 600_000
    one, two, three = (Customer(kit, "wechat", name) for name in ("one", "two", "three"))
    await one.says(claim.code)
    await two.says(claim.code)
    assert (await one.person()).id == (await caller.person()).id
    assert (await two.person()).id != (await caller.person()).id
    late = await issued(kit, caller)
    await clock.advance(601)
    await three.says(late.code)
    assert (await three.person()).id != (await caller.person()).id


async def test_two_who_show_the_same_code_at_once_do_not_both_get_in(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    caller = Customer(kit, "phone", "c")
    await caller.says("喂")
    claim = await issued(kit, caller)
    several = [Customer(kit, "wechat", f"w{number}") for number in range(6)]
    await asyncio.gather(*(one.says(claim.code) for one in several))
    await kit.settled()
    here = (await caller.person()).id
    assert sum([(await one.person()).id == here for one in several]) == 1


async def test_guessing_is_locked_out_and_stays_so_over_a_restart(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, people={"claims": {"wrong": 3}})
    caller = Customer(kit, "phone", "c")
    await caller.says("喂")
    claim = await issued(kit, caller)
    wrong = [f"{number:04}" for number in range(5) if f"{number:04}" != claim.code][:3]
    guesser = Customer(kit, "wechat", "g")
    for code in wrong:
        await guesser.says(code)
    await kit.restart()
    await guesser.says(claim.code)
    assert (await guesser.person()).id != (await caller.person()).id
    # Nobody else suffers from it.
    honest = Customer(kit, "wechat", "h")
    await honest.says(claim.code)
    assert (await honest.person()).id == (await caller.person()).id


async def test_everybody_together_is_locked_out_as_well(make_hub: MakeHub) -> None:
    clock = ManualClock()
    kit = await people_hub(make_hub, people={"claims": {"wrong_for_all": 4, "minutes": 60}}, clock=clock)
    caller = Customer(kit, "phone", "c")
    await caller.says("喂")
    claim = await issued(kit, caller)
    wrong = [f"{number:04}" for number in range(6) if f"{number:04}" != claim.code][:4]
    for number, code in enumerate(wrong):
        await Customer(kit, "wechat", f"g{number}").says(code)
    here, late = (await caller.person()).id, Customer(kit, "wechat", "late")
    await late.says(claim.code)
    assert (await late.person()).id != here
    other = Customer(kit, "qq", "other")
    await clock.advance(16 * 60)
    await other.says(claim.code)
    assert (await other.person()).id == here


async def test_four_digits_are_no_code_while_there_is_none(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    customer = Customer(kit, "wechat", "w")
    for _ in range(10):
        await customer.says("2024")
    assert await kit.rows("SELECT * FROM people_guess") == []


async def test_codes_differ_and_are_not_kept(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, people={"claims": {"live": 30}})
    caller = Customer(kit, "phone", "c")
    await caller.says("喂")
    made = [await issued(kit, caller) for _ in range(30)]
    assert len({claim.code for claim in made}) == 30
    with pytest.raises(Refused, match="验证码太多"):
        await issued(kit, caller)
    text = str(await kit.rows("SELECT * FROM people_claim")) + str(await kit.rows("SELECT data FROM event")) + kit.log_text
    assert not any(claim.token in text for claim in made)
    assert not any(f"'{claim.code}'" in text for claim in made)


class Clerk(Bot[PluginConfig]):
    """Repeats; sends people elsewhere on request."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        words = plain_text(turn.message.body)
        if words == "微信":
            offer = await self.ctx.house.calls.first("offer_claim", conversation=turn.conversation, by=self.ctx.name)
            return Answer.of(f"请在微信上输入 {offer.code}")
        return Answer((HandOver("asked"),)) if words == "人工" else Answer.of(f"您说：{words}")


async def test_a_bot_issues_a_code_and_does_not_answer_it(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, use(Clerk, "clerk"), service={"first_owner": "bot"})
    caller = Customer(kit, "phone", "c")
    await caller.says("喂")
    await caller.says("微信")
    code = caller.heard()[-1][-4:]
    known = Customer(kit, "wechat", "w")
    await known.says("你好")
    assert known.heard() == ["您说：你好"]
    await known.says(code)
    await kit.until(lambda: len(known.heard()) > 1, "connected")
    await kit.settled()
    assert known.heard()[1:] == ["已为您接通，会话会在这里继续。"]
    assert (await known.conversation()).id == (await caller.conversation()).id
    # Both histories are one now.
    said = [plain_text(one.body) for one in await kit.hub.reading.messages((await known.conversation()).id)]
    assert {"喂", "微信", "你好", code} <= set(said)


async def test_a_token_from_a_qr_code_works_for_somebody_known(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    caller, known = Customer(kit, "phone", "c"), Customer(kit, "wechat", "w")
    await known.says("你好")
    await caller.says("喂")
    await served(kit, caller)
    offer = await people_of(kit).invitations.offer(await caller.conversation(), "lin")
    assert offer.link.startswith("/c/")
    scene = offer.invitations["wechat"].split("scene=")[1]
    await known.says(Choice("扫码", scene))
    await kit.until(lambda: "已为您接通，会话会在这里继续。" in known.heard(), "connected")
    assert (await known.conversation()).id == (await caller.conversation()).id
    waiting = await kit.hub.reading.waiting()
    assert waiting == []


async def test_after_a_crash_between_showing_and_joining_it_is_done_at_the_start(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    caller, known = Customer(kit, "phone", "c"), Customer(kit, "wechat", "w")
    await known.says("你好")
    await caller.says("喂")
    claim = await issued(kit, caller)
    people = people_of(kit)
    shown = await people.claims.shown(known.place, "wechat", (Text(claim.code),))
    assert shown is not None
    identity = await kit.hub.reading.identity(*known.place)
    assert identity is not None
    await people.claims.identified(shown, identity.id)
    await kit.restart()

    async def joined() -> bool:
        return (await known.person()).id == (await caller.person()).id

    await kit.until(joined, "they are one person")
    states = await kit.rows("SELECT state FROM people_claim")

    async def settled() -> bool:
        return [row["state"] for row in await kit.rows("SELECT state FROM people_claim")] == ["joined"]

    await kit.until(settled, f"the claim is settled: {states}")


async def test_merging_by_hand_keeps_the_agent_and_leaves_no_queue(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    caller, wechat = Customer(kit, "phone", "c"), Customer(kit, "wechat", "w")
    await wechat.says("在吗")
    await caller.says("喂")
    await served(kit, caller)
    taken, waits = await caller.conversation(), await wechat.conversation()
    await people_of(kit).register.merge((await wechat.person()).id, (await caller.person()).id, Why("lin", "agent"))
    now = await wechat.conversation()
    assert (now.id, now.owner_kind, now.owner_id) == (taken.id, "agent", taken.owner_id)
    gone = await kit.hub.reading.conversation(waits.id)
    assert gone is not None
    assert gone.status == "closed"
    assert await kit.hub.reading.waiting() == []
    events = [event.kind for event in await kit.hub.reading.events(0, 100)]
    assert events.count("person.merged") == 2
    assert "conversation.joined" in events


async def test_staff_and_members_of_a_group_redeem_nothing(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    caller = Customer(kit, "phone", "c")
    await caller.says("喂")
    claim = await issued(kit, caller)
    inbound = Inbound("g1", Sender("group"), (Text(claim.code),), author=Author("person", "m1", "成员"))
    await kit.hub.path.accept("qq", inbound)
    await kit.settled()
    assert (await Customer(kit, "qq", "group").person()).id != (await caller.person()).id


async def test_unmerging_gives_both_their_conversation_back_with_what_was_said_meanwhile(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub)
    caller, wechat = Customer(kit, "phone", "c"), Customer(kit, "wechat", "w")
    await caller.says("喂")
    await wechat.says("在吗")
    agent = await served(kit, caller)
    register = people_of(kit).register
    await register.merge((await caller.person()).id, (await wechat.person()).id, Why("lin", "agent"))
    await wechat.says("我是微信上的")
    await agent.says("好的")
    record = (await kit.rows("SELECT id FROM people_merge"))[0]["id"]
    await register.unmerge(record, "sun")
    assert (await wechat.person()).id != (await caller.person()).id
    mine, theirs = await caller.conversation(), await wechat.conversation()
    assert mine.id != theirs.id
    assert [mine.status, theirs.status] == ["open", "open"]
    # Whoever served them goes on serving both.
    assert theirs.owner_id == mine.owner_id
    assert (theirs.last_text, mine.last_text) == ("好的", "喂")

    async def play(scene: Scene) -> None:
        scene.apply((say("再见"),), Author("bot", "x"))

    await kit.hub.path.in_conversation(theirs.id, "x", play)
    await kit.settled()
    assert wechat.heard()[-1] == "再见"
    with pytest.raises(Refused, match="已经分开"):
        await register.unmerge(record, "sun")
