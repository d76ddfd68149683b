"""The ten cases of OneBot that go wrong most often, each by its number."""

from __future__ import annotations

import asyncio
import hmac
from typing import Any

import aiohttp
import pytest

from hub import Mention, NotReady, Rejected, Text
from hub.testing import ManualClock
from hub.testing.fixtures import MakeHub
from hub_onebot.link import Link
from tests.onebot.account import Plan, segment
from tests.onebot.stage import GROUP, HONG, ME, MING, SECRET, TOKEN, stage


def link_of(one: Any) -> Link:
    """The hub's side of the account's socket."""
    link = one.channel._lines.api(str(ME))
    assert isinstance(link, Link)
    return link


# 1
async def test_a_code_that_a_customer_typed_is_text(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        await one.push(one.account.private(MING, "&#91;CQ:face,id=1&#93; &amp;amp;"))
        assert await one.bodies() == [(Text("[CQ:face,id=1] &amp;"),)]
        await one.push(one.account.private(MING, "[CQ:face,id=1]"))
        assert (await one.bodies(2))[1] == (Text("[表情 1]"),)


# 2
async def test_both_forms_of_a_message_are_the_same_message(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        array = [segment("text", text="看"), segment("at", qq=HONG), segment("text", text="&["), segment("face", id=14)]
        await one.push(one.account.private(MING, array))
        await one.push(one.account.private(MING, f"看[CQ:at,qq={HONG}]&amp;&#91;[CQ:face,id=14]"))
        first, second = await one.bodies(2)
        assert first == second == (Text("看"), Mention(str(HONG)), Text("&[[表情 14]"))


# 3
async def test_answers_out_of_order_find_their_calls_whatever_the_echo_is(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        link = link_of(one)
        echoes: list[Any] = [7, "7", {"seq": 7, "of": ["a", None]}, None, 2**60, [1.5, True]]
        one.account.plans.extend([Plan(when="held")] * len(echoes))
        calls = [
            asyncio.ensure_future(link.call("send_private_msg", {"user_id": MING, "message": f"第{n}"}, echo))
            for n, echo in enumerate(echoes)
        ]
        await one.kit.until(lambda: len(one.simulator.held) == len(echoes), "all are asked")
        await one.simulator.let_go(5, 2, 0, 4, 1, 3)
        answers = await asyncio.gather(*calls)
        assert [answer.facts["message_id"] for answer in answers] == [told.message_id for told in one.account.told]


# 4
async def test_no_answer_in_time_is_an_unknown_outcome_and_a_late_answer_is_ignored(make_hub: MakeHub) -> None:
    clock = ManualClock()
    async with stage(make_hub, clock=clock) as one:
        one.account.plans.append(Plan(when="held"))
        await one.push(one.account.private(MING, "你好"))
        await one.kit.until(lambda: one.simulator.held, "it is asked")
        await clock.advance(15)
        dead = await one.kit.until(lambda: one.kit.rows("SELECT error FROM message WHERE state = 'failed'"), "it is given up")
        assert dead[0]["error"].startswith("unknown outcome, not sent again: send_private_msg: no answer within 15 s")
        await one.simulator.let_go()
        await one.kit.until(lambda: one.counted("onebot_late_answers"), "the late answer is counted")
        await one.push(one.account.private(MING, "还在吗"))
        await one.hears("还在吗")
        assert one.account.texts(str(MING)) == ["你好", "还在吗"]


# 5
async def test_a_new_socket_replaces_a_half_dead_one_and_its_calls_fail_at_once(make_hub: MakeHub) -> None:
    clock = ManualClock()
    async with stage(make_hub, clock=clock) as one:
        old = await one.connected()
        old.deaf = True
        call = asyncio.ensure_future(link_of(one).call("get_status", {}))
        await clock.settle()
        await one.simulator.dial(one.url)
        with pytest.raises(Rejected, match="the socket was lost"):
            await call
        assert clock.monotonic() == 0, "it did not wait for the clock"
        assert one.counted("onebot_replaced") == 1
        await one.push(one.account.private(MING, "新线路"))
        assert await one.hears("新线路") == "新线路"
        assert len(await one.bodies()) == 1


# 6
async def test_two_sockets_of_one_account_are_a_pair(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        await (await one.connected()).socket.close()
        await one.kit.until(lambda: not one.simulator.wires, "nobody is connected")
        events = await one.simulator.dial(f"{one.url}/event", "Event")
        with pytest.raises(NotReady, match="10001 is not connected"):
            one.channel._lines.api(str(ME))
        calls = await one.simulator.dial(f"{one.url}/api", "API")
        await one.push(one.account.private(MING, "两条线"))
        assert await one.hears("两条线") == "两条线"
        other = await one.simulator.dial(one.url, "Event", **{"X-Self-ID": "10009"}, greet=False)
        with pytest.raises(NotReady):
            one.channel._lines.api("10009")
        assert {events.role, calls.role, other.role} == {"Event", "API"}


# 7
async def test_tokens_are_checked_before_the_socket_opens(make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(make_hub) as one:
        compared: list[tuple[bytes, bytes]] = []
        right = hmac.compare_digest
        monkeypatch.setattr("hub_onebot.gates.hmac.compare_digest", lambda a, b: compared.append((a, b)) or right(a, b))
        for token, status in (("", 401), ("a-wrong-token", 403), (f"{TOKEN}x", 403), ("令牌", 403)):
            with pytest.raises(aiohttp.WSServerHandshakeError) as error:
                await one.simulator.dial(one.url, token=token, query=True)
            assert error.value.status == status
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await one.simulator.dial(one.url, token="a-wrong-token")
        assert error.value.status == 403
        await one.simulator.dial(one.url, query=True)
        assert len(compared) == 5, "tokens are compared in constant time"
        assert TOKEN not in one.kit.log_text


async def test_signatures_are_checked_in_constant_time(make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(make_hub, "http") as one:
        compared: list[tuple[bytes, bytes]] = []
        right = hmac.compare_digest
        monkeypatch.setattr("hub_onebot.gates.hmac.compare_digest", lambda a, b: compared.append((a, b)) or right(a, b))
        event, url = one.account.private(MING, "你好"), f"{one.kit.url}/onebot"
        assert (await one.simulator.post(url, event, signature=""))[0] == 401
        assert (await one.simulator.post(url, event, signature="sha1=é"))[0] == 403
        assert (await one.simulator.post(url, event))[0] == 204
        assert len(compared) == 2
        assert SECRET not in one.kit.log_text


# 8
async def test_async_is_accepted_and_not_delivered(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        one.account.plans.append(Plan("async", 1))
        await one.push(one.account.private(MING, "你好"))
        await one.hears("你好")
        await one.bodies(1, "out")
        rows = await one.kit.rows("SELECT state, external_id FROM message WHERE direction = 'out'")
        assert [dict(row) for row in rows] == [{"state": "sent", "external_id": ""}]
        events = await one.kit.rows("SELECT data FROM event WHERE kind = 'message.sent_via'")
        assert "accepted, not delivered yet" in events[0]["data"]


# 9
@pytest.mark.parametrize("post_type", ["message_sent", "message"])
async def test_our_own_messages_make_no_loop(make_hub: MakeHub, post_type: str) -> None:
    async with stage(make_hub) as one:
        await one.push(one.account.private(ME, "我自己说的", post_type=post_type, target_id=MING))
        await one.push(one.account.private(MING, "客户说的"))
        await one.hears("客户说的")
        assert await one.bodies() == [(Text("客户说的"),)]
        assert one.counted("onebot_own") == 1


# 10
async def test_ids_are_kept_exactly(make_hub: MakeHub) -> None:
    async with stage(make_hub) as one:
        large = 9_007_199_254_740_993  # not a number of JavaScript
        for user in (large, "wxid_abc/1", "007", -5):
            await one.push(one.account.private(user, "你好", message_id=str(user) + "m"))
        for user in (large, "wxid_abc/1", "007", -5):
            await one.hears("你好", user)  # type: ignore[arg-type]
        rows = await one.kit.rows("SELECT external_id, scope FROM identity ORDER BY id")
        assert [row["external_id"] for row in rows] == [str(large), "wxid_abc/1", "007", "-5"]
        assert {row["scope"] for row in rows} == {str(ME)}


async def test_an_empty_message_and_an_anonymous_member_are_kept(make_hub: MakeHub) -> None:
    async with stage(make_hub, groups={"answer": "all"}) as one:
        for empty in ("", [], [segment("text", text="")]):
            await one.push(one.account.private(MING, empty))
        assert await one.bodies(3) == [(Text("[空消息]"),)] * 3
        await one.push(one.account.anonymous(GROUP, 77, "匿名的猫", "有人吗"))
        await one.push(one.account.anonymous(GROUP, 78, "匿名的狗", "我也想问"))
        await one.hears("有人吗", GROUP, "group")
        await one.hears("我也想问", GROUP, "group")
        sql = "SELECT external_id, name FROM identity JOIN person ON person.id = person_id ORDER BY identity.id"
        rows = await one.kit.rows(sql)
        assert [(row["external_id"], row["name"]) for row in rows][1:] == [
            (f"anonymous:{GROUP}:77", "匿名的猫"), (f"anonymous:{GROUP}:78", "匿名的狗"),
        ]  # fmt: skip
