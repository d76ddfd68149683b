"""What becomes of a message when the platform says no, nothing, or something else than expected."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub import Leg
from hub.testing import AgentActor
from hub.testing.fixtures import MakeHub
from hub_qq import QQ
from tests.qq.kit import Repeats, World, concurrently, world
from tests.qq.simulator import Failure

REFUSED = [
    (40054002, "禁言"), (40054003, "不在群"), (40054004, "不是好友"), (40054013, "拒收"), (40034101, "不在群"),
    (40054010, "链接"), (40034006, "违规"), (304003, "304003"),
]  # fmt: skip
DEAD = [304103, 304027, 40034005, 40034024, 40034026, 40034128]


async def agent_of(here: World) -> AgentActor:
    """Somebody who has taken over the only conversation."""
    await here.settled()
    agent = here.kit.agent("刘芳")
    await agent.takes_over((await here.kit.rows("SELECT id FROM conversation"))[0]["id"])
    await here.settled()
    return agent


@pytest.mark.parametrize(("code", "why"), REFUSED, ids=[str(code) for code, _ in REFUSED])
async def test_what_the_platform_refuses_is_a_dead_letter_that_says_why(make_hub: MakeHub, code: int, why: str) -> None:
    async with world(make_hub) as here:
        here.qq.api.failures.append(Failure(code))
        await here.says("你好")
        (reason,) = await here.died()
        assert why in reason
        assert len(here.qq.api.tried) == 1
        # It did not use up an answer: four more and the one that was refused.
        leg = (await here.kit.rows("SELECT * FROM leg"))[0]
        allowance = await here.kit.plugin("qq", QQ).allowance(Leg(leg["id"], 0, "qq", leg["address"], 0))
        assert allowance.left == 5


@pytest.mark.parametrize("code", DEAD)
@pytest.mark.parametrize("proactive", [True, False])
async def test_an_answer_to_what_is_dead_goes_of_our_own_accord_or_waits(
    make_hub: MakeHub, code: int, proactive: bool
) -> None:
    how: dict[str, Any] = {"when_closed": "proactive", "proactive": True} if proactive else {"when_closed": "wait"}
    async with world(make_hub, **how) as here:
        here.qq.api.proactive = True
        here.qq.api.failures.append(Failure(code))
        await here.says("你好")
        if proactive:
            await here.qq.hears("c2c:U1", "你好")
            assert [one.passive for one in here.qq.api.tried] == [True, False]
        else:
            await here.died()
            await here.says("还在吗")
            await here.qq.api.until(lambda: sorted(here.qq.received("c2c:U1")) == ["你好", "还在吗"])
            assert all(one.passive for one in here.qq.api.tried)


async def test_another_message_of_theirs_is_answered_when_the_first_cannot_be(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        first, second = await here.says("一"), await here.says("二")
        await here.qq.api.until(lambda: len(here.qq.api.sent) == 2)
        agent = await agent_of(here)
        here.qq.api.failures.append(Failure(304103))
        await agent.says("都看到了")
        answer = await here.qq.hears("c2c:U1", "都看到了")
        assert (here.qq.api.tried[-2].body["msg_id"], answer.body["msg_id"]) == (first["d"]["id"], second["d"]["id"])


@pytest.mark.parametrize("failure", [Failure(40034100), Failure(status=429, headers={"Retry-After": "7"})], ids=["code", "429"])
async def test_a_platform_that_is_busy_gets_it_later_with_the_same_number(make_hub: MakeHub, failure: Failure) -> None:
    async with world(make_hub) as here:
        here.qq.api.failures.append(failure)
        await here.says("你好")
        await here.kit.until(lambda: here.qq.received("c2c:U1"), "it goes later", turning=1)
        await here.kit.settled(turning=1)
        first, second = here.qq.api.tried
        assert (first.body["msg_seq"], second.body["msg_seq"]) == (1, 1)
        assert second.at - first.at >= (7 if failure.headers else 1)
        assert await here.dead() == []


async def test_a_token_the_platform_takes_back_is_renewed_by_one_for_all(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        await here.says("早")
        await here.qq.hears("c2c:U1", "早")
        asked = here.qq.tokens.asked
        here.qq.tokens.revoke()
        await concurrently(*(here.says("你好", f"U{number}") for number in range(20)))
        await here.qq.api.until(lambda: len(here.qq.api.sent) == 21)
        assert here.qq.tokens.asked == asked + 1


async def test_a_token_is_found_again_by_the_next_start(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        assert here.qq.tokens.asked == 1
        await here.kit.restart()
        here.serves()
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")
        assert here.qq.tokens.asked == 1


async def test_wrong_credentials_stop_the_bot_and_are_in_no_log(make_hub: MakeHub) -> None:
    async with world(make_hub, bot=None) as here:
        wrong = here.kit.plugin("qq", QQ).config.model_copy(update={"app_id": "999"})
        await here.kit.hub.registry.stop("qq")
        here.qq.tokens.revoke()
        await here.kit.hub.store.data("qq").delete("token")
        instance = here.kit.hub.registry._instances["qq"]
        await instance.restart(wrong)
        await here.kit.until(lambda: here.kit.hub.registry.status()[0].state == "failed", "it stops", turning=0.1)
        assert "100016" in here.kit.hub.registry.status()[0].reason
        assert "DG5g3B4j9X2KOErG" not in here.kit.log_text


@pytest.mark.parametrize("scene", ["c2c", "channel"])
async def test_a_connection_that_breaks_after_the_request(make_hub: MakeHub, scene: str) -> None:
    """A single chat drops a second copy, so it goes again; a channel does not, so it stays unknown."""
    async with world(make_hub) as here:
        here.qq.api.failures.append(Failure(cut=True))
        event = here.qq.events.c2c("U1", "你好") if scene == "c2c" else here.qq.events.channel("C1", "910", "你好")
        await here.delivers(event)
        target = "c2c:U1" if scene == "c2c" else "channel:C1"
        if scene == "c2c":
            await here.kit.until(lambda: len(here.qq.api.tried) == 2, "it goes again", turning=1)
            await here.kit.settled(turning=1)
            (how,) = await here.events("message.sent_via")
            assert "已经收到过" in how.data["detail"]
        else:
            assert "避免重复" in (await here.died())[0]
            assert len(here.qq.api.tried) == 1
        assert here.qq.received(target) == ["你好"]


async def test_a_hub_that_dies_while_it_sends_does_not_send_twice(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        lost = Failure(gate=asyncio.Event())
        here.qq.api.failures.append(lost)
        await here.says("你好")
        await here.qq.api.until(lambda: here.qq.api.tried)
        # As after kill -9: nothing was noted but that it had begun.
        await here.kit.restart()
        here.serves()
        await here.kit.until(lambda: len(here.qq.api.tried) == 2, "it goes again", turning=1)
        await here.kit.settled(turning=1)
        assert here.qq.received("c2c:U1") == ["你好"]
        assert await here.dead() == []


async def test_what_waits_goes_in_its_order_and_leaves_an_answer_for_what_they_ask(make_hub: MakeHub) -> None:
    async with world(make_hub, when_closed="wait", bot=Repeats) as here:
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")
        agent = await agent_of(here)
        await here.turn(3601)
        texts = [f"第{number}条" for number in range(6)]
        for text in texts:
            await agent.says(text)
        await here.died(6)
        await here.says("我来了")
        await here.kit.until(lambda: here.qq.received("c2c:U1")[-4:] == texts[:4], "four of them")
        await here.settled()
        await here.says("还有吗")
        await here.kit.until(lambda: [one for one in here.qq.received("c2c:U1") if one.startswith("第")] == texts, "all")
        assert await here.dead() == []
        assert not [one for one in here.qq.api.tried if one.code]


async def test_what_waited_and_was_given_up_meanwhile_does_not_go(make_hub: MakeHub) -> None:
    async with world(make_hub, when_closed="wait") as here:
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")
        agent = await agent_of(here)
        await here.turn(3601)
        await agent.says("不发了")
        await here.died()
        (letter,) = await here.kit.hub.path.dead.all()
        await here.kit.hub.path.dead.drop(letter.id)
        await here.says("我来了")
        await here.settled()
        assert "不发了" not in here.qq.received("c2c:U1")
        assert await here.kit.hub.store.reader.value("SELECT count(*) FROM qq_outgoing WHERE state = 'waiting'") == 0


async def test_how_it_went_and_what_is_left_can_be_seen(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")
        await here.settled()
        (how,) = await here.events("message.sent_via")
        assert how.data == {"via": "passive", "detail": "回复客户的消息，第 1 条"}
        row = (await here.kit.rows("SELECT * FROM leg"))[0]
        leg = Leg(row["id"], 0, "qq", row["address"], 0)
        left = await here.kit.plugin("qq", QQ).allowance(leg)
        assert (left.left, left.until, left.why) == (4, int((here.kit.clock.now() + 3600) * 1000), "message")
        await here.turn(3601)
        assert (await here.kit.plugin("qq", QQ).allowance(leg)).left == 0


async def test_a_line_too_old_is_dropped(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")
        await here.settled()
        assert len(await here.kit.rows("SELECT * FROM qq_outgoing")) == 1
        await here.turn(8 * 86_400)

        async def gone() -> bool:
            return not await here.kit.rows("SELECT * FROM qq_outgoing")

        await here.kit.until(gone, "the book is tidied", turning=60)


async def test_a_letter_sent_again_by_hand_says_why_it_cannot_go(make_hub: MakeHub) -> None:
    async with world(make_hub, when_closed="drop") as here:
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")
        agent = await agent_of(here)
        await here.turn(3601)
        await agent.says("迟到的回复")
        (first,) = await here.died()
        (letter,) = await here.kit.hub.path.dead.all()
        await here.kit.hub.path.dead.retry(letter.id)
        await here.settled()
        assert await here.dead() == [first]
        await here.says("还在")
        await here.kit.hub.path.dead.retry(letter.id)
        await here.qq.hears("c2c:U1", "迟到的回复")


@pytest.mark.parametrize("order", [["cut", "busy"], ["busy", "cut"], ["busy", "cut", "busy"], ["cut", "busy", "cut"]])
async def test_a_busy_platform_does_not_make_us_forget_that_nobody_knows(make_hub: MakeHub, order: list[str]) -> None:
    async with world(make_hub) as here:
        here.qq.api.failures.extend([Failure(cut=True) if one == "cut" else Failure(40034100) for one in order])
        await here.says("你好")
        await here.kit.until(lambda: len(here.qq.api.tried) > len(order), "it is tried again", turning=1)
        await here.kit.settled(turning=1)
        assert here.qq.received("c2c:U1") == ["你好"]
        assert {one.body["msg_seq"] for one in here.qq.api.tried} == {1}
        assert await here.dead() == []
