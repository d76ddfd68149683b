"""The ten cases of the reference: each went wrong in some bot."""

from __future__ import annotations

import asyncio
import json
from typing import Final

import pytest

from hub.testing.fixtures import MakeHub
from tests.qq.kit import Repeats, concurrently, world
from tests.qq.simulator import Failure
from tests.qq.simulator.signing import sign

PROOF: Final = (
    "87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d0"
    "1bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706"
)
DUPLICATE: Final = 40054005


async def test_1_the_webhook_proves_itself_with_the_signature_of_the_documents(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        question = {"op": 13, "d": {"plain_token": "Arq0D5A61EgUu4OxUvOp", "event_ts": "1725442341"}}
        for headers in ({}, {"X-Signature-Ed25519": "", "X-Signature-Timestamp": ""}):
            answer = await here.qq.push(question, headers=headers)
            assert (answer.status, answer.json()) == (200, {"plain_token": "Arq0D5A61EgUu4OxUvOp", "signature": PROOF})
        assert await here.qq.verify("another-token", "1795829400")


async def test_2_one_changed_byte_or_json_written_anew_is_refused(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        event = here.qq.events.c2c("U1", "我要退款 100 元")
        body = json.dumps(event, ensure_ascii=False).encode()
        now = str(int(here.qq.now()))
        signature = sign("DG5g3B4j9X2KOErG", now, body)
        for changed in (body.replace(b"100", b"900"), json.dumps(event).encode(), body + b" "):
            assert changed != body
            answer = await here.qq.push_bytes(changed, timestamp=now, signature=signature)
            assert answer.status == 401
        assert (await here.qq.push_bytes(body, timestamp=str(int(now) + 1), signature=signature)).status == 401
        assert here.counted("qq_forged") == 4
        assert (await here.qq.push_bytes(body, timestamp=now, signature=signature)).status == 200
        assert await here.heard() == ["我要退款 100 元"]


async def test_3_the_same_event_twice_is_one_message(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        event = here.qq.events.c2c("U1", "你好")
        for _ in range(2):
            await here.delivers(event)
        # The platform may tell of one message by two events.
        named = here.qq.events.group("G1", "M1", "在吗", id="GROUP-1")
        overheard = {**here.qq.events.group("G1", "M1", "在吗", id="GROUP-1", at=False)}
        overheard["d"]["mentions"] = [{"id": "B", "scope": "single", "is_you": True, "bot": True}]
        await concurrently(here.delivers(named), here.delivers(overheard), here.delivers(named))
        assert await here.heard() == ["你好", "在吗"]
        assert (here.qq.received("c2c:U1"), here.qq.received("group:G1")) == (["你好"], ["在吗"])


async def test_4_answers_to_one_message_are_numbered_also_after_a_restart_and_the_sixth_waits(make_hub: MakeHub) -> None:
    async with world(make_hub, bot=Repeats) as here:
        said = await here.says("3 你好")
        await here.settled()
        await here.kit.restart()
        agent = here.kit.agent("刘芳")
        conversation = (await here.kit.rows("SELECT id FROM conversation"))[0]["id"]
        await agent.takes_over(conversation)
        for text in ("在的", "马上", "好了"):
            await agent.says(text)
        assert await here.died(2)
        answers = [(one.body["msg_id"], one.body["msg_seq"], one.body["content"]) for one in here.qq.api.sent]
        assert {id for id, _, _ in answers} == {said["d"]["id"]}
        assert [seq for _, seq, _ in answers] == [1, 2, 3, 4, 5]
        assert not [one for one in here.qq.api.tried if one.code], "the sixth was refused here, not by the platform"
        assert all("5" in reason for reason in await here.dead())


@pytest.mark.parametrize("policy", ["drop", "proactive", "wait"])
async def test_5_an_answer_in_a_group_after_five_minutes_is_no_answer(make_hub: MakeHub, policy: str) -> None:
    async with world(make_hub, when_closed=policy, proactive=policy == "proactive") as here:
        here.qq.api.proactive = policy == "proactive"
        await here.delivers(here.qq.events.group("G1", "M1", " 在吗"))
        await here.qq.hears("group:G1", "在吗")
        agent = here.kit.agent("刘芳")
        await agent.takes_over((await here.kit.rows("SELECT id FROM conversation"))[0]["id"])
        # The platform's times are whole seconds; a minute before the end all is well.
        await here.turn(240)
        await agent.says("来了")
        assert (await here.qq.hears("group:G1", "来了")).passive
        await here.turn(61)
        await agent.says("久等了")
        if policy == "proactive":
            late = await here.qq.hears("group:G1", "久等了")
            assert not late.passive
            assert not {"msg_id", "msg_seq", "event_id"} & set(late.body)
            (how,) = [event.data for event in await here.events("message.sent_via") if event.data["via"] == "proactive"]
            assert "时限" in how["detail"]
        else:
            (reason,) = await here.died()
            assert "久等了" not in here.qq.received("group:G1")
            assert ("自动补发" in reason) is (policy == "wait")
        if policy == "wait":
            await here.delivers(here.qq.events.group("G1", "M1", " 人呢"))
            assert (await here.qq.hears("group:G1", "久等了")).passive
            await here.kit.until(lambda: here.kit.hub.path.dead_total == 0, "no dead letter is left")
        assert not [one for one in here.qq.api.tried if one.code]


async def test_6_a_repeat_the_platform_complains_of_is_sent_once_more_with_the_next_number(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        here.qq.api.failures.append(Failure(DUPLICATE))
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")
        assert [one.body["msg_seq"] for one in here.qq.api.tried] == [1, 2]

        here.qq.api.failures.extend([Failure(DUPLICATE), Failure(DUPLICATE), Failure(DUPLICATE)])
        await here.says("再来", "U2")
        (reason,) = await here.died()
        assert str(DUPLICATE) in reason
        assert [one.body["msg_seq"] for one in here.qq.api.tried[2:]] == [1, 2]


async def test_7_an_answer_without_a_reply_goes_again_with_its_number_and_comes_once(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        lost = Failure(gate=asyncio.Event())
        here.qq.api.failures.append(lost)
        await here.says("你好")
        await here.qq.api.until(lambda: here.qq.api.tried)
        await here.turn(10)
        await here.kit.until(lambda: len(here.qq.api.tried) > 1, "it is tried again", turning=1)
        await here.kit.settled(turning=1)
        assert [one.body["msg_seq"] for one in here.qq.api.tried] == [1, 1]
        assert [one.code for one in here.qq.api.tried] == [0, DUPLICATE]
        assert here.qq.received("c2c:U1") == ["你好"]
        assert await here.dead() == []
        assert [one.state for one in await here.messages("out")] == ["sent"]


async def test_7_a_message_of_our_own_accord_without_a_reply_is_not_sent_again(make_hub: MakeHub) -> None:
    async with world(make_hub, when_closed="proactive", proactive=True) as here:
        here.qq.api.proactive = True
        await here.says("你好")
        await here.qq.hears("c2c:U1", "你好")
        await here.turn(3601)
        agent = here.kit.agent("刘芳")
        await agent.takes_over((await here.kit.rows("SELECT id FROM conversation"))[0]["id"])
        await here.qq.hears("c2c:U1", "刘芳")
        here.qq.api.failures.append(Failure(cut=True))
        await agent.says("包裹到了")
        (reason,) = await here.died()
        assert "避免重复" in reason
        assert here.qq.received("c2c:U1").count("包裹到了") == 1
        assert len([one for one in here.qq.api.tried if one.body["content"] == "包裹到了"]) == 1

        # Whoever sends the dead letter again has decided that it may come twice.
        (letter,) = await here.kit.hub.path.dead.all()
        await here.kit.hub.path.dead.retry(letter.id)
        await here.qq.api.until(lambda: here.qq.received("c2c:U1").count("包裹到了") == 2)


async def test_8_fifty_messages_just_before_a_token_ends_renew_it_once(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        await here.says("早")
        await here.qq.hears("c2c:U1", "早")
        asked = here.qq.tokens.asked
        await here.turn(7200 - 30)
        await concurrently(*(here.says("你好", f"U{number}") for number in range(50)))
        await here.qq.api.until(lambda: len([one for one in here.qq.api.sent if one.body["content"] == "你好"]) == 50)
        await here.settled()
        assert here.qq.tokens.asked == asked + 1
        assert not [one for one in here.qq.api.tried if one.code]
        assert await here.dead() == []


async def test_9_the_space_and_the_name_before_a_command_are_taken_off(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        await here.delivers(here.qq.events.group("G1", "M1", " /查单 123"))
        await here.delivers(here.qq.events.channel("C1", "910", "/查单 456"))
        assert await here.heard() == ["/查单 123", "/查单 456"]


async def test_10_times_with_a_zone_unknown_events_and_missing_fields_are_no_trouble(make_hub: MakeHub) -> None:
    async with world(make_hub) as here:
        bare = {
            "op": 0, "t": "GROUP_AT_MESSAGE_CREATE", "id": "E1",
            "d": {"id": "M-1", "content": " 你好", "group_openid": "G1", "timestamp": "2026-11-28T09:30:00+08:00",
                  "author": {"member_openid": "P1"}},
        }  # fmt: skip
        here.qq.answers.open("M-1", "group:G1")
        await here.delivers(bare)
        nobody = {"op": 0, "t": "C2C_MESSAGE_CREATE", "id": "E2", "d": {"id": "M-2", "content": "?", "timestamp": None}}
        for odd in (nobody, {"op": 0, "t": "SOMETHING_NEW", "d": [1, 2]}, {"op": 0, "t": "NEWS", "d": None}, {"op": 99}):
            await here.delivers(odd)
        assert await here.heard() == ["你好"]
        assert (await here.qq.hears("group:G1", "你好")).passive
        told = [event for kind in ("c2c_message_create", "something_new", "news") for event in await here.events(f"qq.{kind}")]
        assert [event.data["event"] for event in told] == [nobody["d"], {"d": [1, 2]}, {"d": None}]
