"""The ten cases in which channels to WeCom go wrong, each as a story."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from hub import Answer, Bot, PluginConfig, Turn, hookimpl
from hub.testing import EchoBot, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from hub_wecom import WeCom
from tests.wecom.kit import LOOPBACK, OLD_KEY, config_of, corp_named, staged
from tests.wecom.simulator import Platform, Server, Session
from tests.wecom.simulator.platform import DAY, ENDED, HUMAN, POOL

HOUR = 3600.0


async def test_case_1_two_callbacks_at_once_are_one_loop(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        stage.server.hold("sync_msg")
        stage.corp.says("wk1", "wm1", content="一")
        first = asyncio.ensure_future(stage.push())
        await asyncio.wait_for(stage.server.arrived["sync_msg"].wait(), 10)
        stage.corp.says("wk1", "wm1", content="二")
        second = asyncio.ensure_future(stage.push())
        third = asyncio.ensure_future(stage.push())
        await stage.until(lambda: len(stage.corp.callback_tokens) == 3, "three callbacks are on their way", turning=0)
        stage.server.release("sync_msg")
        assert [pushed.status for pushed in await asyncio.gather(first, second, third)] == [200] * 3
        await stage.settled()
        assert stage.server.most["sync_msg"] == 1
        assert await stage.texts() == ["一", "二"]
        assert stage.heard() == ["一", "二"]


async def test_case_2_has_more_is_followed_whatever_the_number_of_rows(make_hub: MakeHub) -> None:
    async with staged(make_hub, corp_facts={"page": 3}) as stage:
        texts = [f"第{number}条" for number in range(11)]
        for text in texts:
            stage.corp.says("wk1", "wm1", content=text)
        stage.corp.empty_pages = 2
        assert (await stage.push()).status == 200
        await stage.settled()
        assert await stage.texts() == texts


async def test_case_2_a_page_that_comes_again_is_known_by_its_msgids(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("一")
        await stage.kit.hub.registry.stop("wecom")
        # The cursor was not saved: the platform tells again of what was handled.
        await stage.channel_data("cursor:wk1", "cursor0")
        stage.corp.says("wk1", "wm1", content="二")
        await stage.kit.hub.registry.start("wecom")
        await stage.until(lambda: len(stage.sent()) == 2, "the second answer")
        await stage.settled()
        assert await stage.texts() == ["一", "二"]
        assert stage.heard() == ["一", "二"]


async def test_case_3_without_the_cursor_only_what_is_newer_is_told(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.passes(HOUR)
        await stage.says("见过的")
        await stage.kit.hub.registry.stop("wecom")
        await stage.channel_data("cursor:wk1", "")
        # An old message that no inbox row would recognise.
        old = {**stage.corp.accounts["wk1"].log[0], "msgid": "older", "send_time": int(stage.corp.now()) - 1800}
        stage.corp.accounts["wk1"].log.insert(0, {**old, "text": {"content": "从前的"}})
        await stage.passes(60)
        stage.corp.says("wk1", "wm1", content="新的")
        await stage.kit.hub.registry.start("wecom")
        await stage.until(lambda: len(stage.sent()) == 2, "the second answer")
        await stage.settled()
        assert await stage.texts() == ["见过的", "新的"]
        assert stage.heard() == ["见过的", "新的"]


async def test_case_3_a_cursor_the_platform_forgot(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.passes(HOUR)
        await stage.says("见过的")
        old = {**stage.corp.accounts["wk1"].log[0], "msgid": "older", "send_time": int(stage.corp.now()) - 1800}
        stage.corp.accounts["wk1"].log.insert(0, old)
        stage.corp.accounts["wk1"].forgotten_cursors = True
        await stage.says("新的")
        assert await stage.texts() == ["见过的", "新的"]


async def test_case_3_at_the_very_first_start_old_messages_are_not_answered(make_hub: MakeHub) -> None:
    clock = ManualClock()
    corp = corp_named("corp", now=clock.now)
    corp.says("wk1", "wm1", content="前天的")
    await clock.advance(2 * DAY)
    corp.says("wk1", "wm1", content="刚才的")
    async with Server(Platform({corp.corp_id: corp})) as server:
        channel = use(WeCom, "wecom", config_of(corp, server))
        kit: HubKit = await make_hub(channel, EchoBot, clock=clock, hub=LOOPBACK)
        await kit.until(lambda: corp.accounts["wk1"].sent, "an answer", turning=0.1)
        await kit.settled(turning=0.1)
        assert [one.payload["text"]["content"] for one in corp.accounts["wk1"].sent] == ["刚才的"]
        await kit.stop()


async def test_case_4_what_staff_typed_in_wecom_is_an_agents_message(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("在吗")
        stage.corp.staff_says("wk1", "wm1", "zhangsan", content="您好，我是小张")
        assert (await stage.push()).status == 200
        await stage.settled()
        said = await stage.rows("SELECT * FROM message WHERE author_kind = 'agent'")
        assert [(one["direction"], one["state"], one["author_id"]) for one in said] == [("out", "sent", "zhangsan")]
        # No bot was asked, nothing went back to WeCom, and from now on bots are quiet.
        assert stage.heard() == ["在吗"]
        assert (await stage.conversation())["owner_kind"] == "queue"
        await stage.says("好的")
        assert stage.heard() == ["在吗"]
        assert await stage.texts("note") == ["由企业微信的 zhangsan 接待"]


async def test_case_5_a_bot_does_not_answer_while_a_person_serves_in_wecom(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        # WeCom gave the session to its own staff and told nobody.
        stage.corp.accounts["wk1"].sessions["wm1"] = Session(HUMAN, "zhangsan", until=stage.corp.now() + HOUR)
        await stage.says("在吗")
        await stage.until(stage.dead, "the answer is given up")
        # 95018 is no reason to try again.
        assert len(stage.corp.called("send_msg")) <= 1
        assert stage.heard() == []
        assert [row["error"] for row in await stage.dead()] == ["会话正由企业微信的 zhangsan 接待"]
        assert await stage.texts("note") == ["由企业微信的 zhangsan 接待"]
        assert (await stage.conversation())["owner_kind"] == "queue"
        tried = len(stage.corp.called("send_msg"))
        await stage.says("有人吗")
        await stage.passes(30)
        await stage.settled()
        assert len(stage.corp.called("send_msg")) == tried


async def test_case_6_a_welcome_that_is_late_is_dropped_in_silence(make_hub: MakeHub) -> None:
    async with staged(make_hub, welcome={"text": "欢迎光临", "menu": [{"label": "查订单", "payload": "orders"}]}) as stage:
        stage.corp.enters("wk1", "wm1")
        assert (await stage.push()).status == 200
        assert stage.heard() == ["欢迎光临\n查订单"]
        stage.corp.enters("wk1", "wm2")
        await stage.passes(25)
        assert (await stage.push()).status == 200
        # A code is used once: a second try would be refused by the platform.
        stage.corp.enters("wk1", "wm3")
        stage.server.fail("send_msg_on_event", (95010, "invalid code"))
        assert (await stage.push()).status == 200
        assert (stage.heard("wm2"), stage.heard("wm3")) == ([], [])
        assert await stage.count("wecom_welcomes_late") == 2
        assert not [line for line in stage.kit.logged() if line["level"] in ("warning", "error")]
        assert await stage.texts() == []


class Slow(Bot[PluginConfig]):
    """Answers when the clock was turned."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        await self.ctx.clock.sleep(5)
        return Answer.of("让您久等了")


async def test_case_6_the_answer_to_a_link_goes_by_the_code_while_it_is_good(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Slow) as stage:
        stage.corp.enters("wk1", "wm1", scene="hub", scene_param="claim:4711")
        pushed = asyncio.ensure_future(stage.push())
        await stage.until(stage.sent, "the answer")
        assert (await pushed).status == 200
        assert [one.by for one in stage.sent()] == ["send_msg_on_event"]
        stage.corp.enters("wk1", "wm2", scene="hub", scene_param="claim:4712")
        await stage.passes(18)
        pushed = asyncio.ensure_future(stage.push())
        await stage.until(stage.dead, "the answer is given up")
        assert (await pushed).status == 200
        assert stage.sent("wm2") == []
        assert [row["error"] for row in await stage.dead()] == ["客户先发来消息后才能回复"]
        # The second code was not even tried.
        assert len(stage.corp.called("send_msg_on_event")) == 1


async def test_case_7_a_servicer_who_is_not_there_gives_the_conversation_back_to_the_queue(make_hub: MakeHub) -> None:
    async with staged(make_hub, served_by="wecom", servicers={"agent1": "LiuFang"}) as stage:
        stage.corp.staff["LiuFang"] = "stopped"
        await stage.says("找人工")
        agent = stage.kit.agent("刘芳")
        await agent.takes_over((await stage.conversation())["id"])

        async def back() -> bool:
            return bool((await stage.conversation())["owner_kind"] == "queue")

        await stage.until(back, "the conversation is back in the queue")
        await stage.until(lambda: any("重新排队" in text for text in stage.heard()), "the customer is told")
        await stage.until(lambda: stage.corp.accounts["wk1"].session("wm1").state == POOL, "WeCom's queue has it too")
        assert (await stage.conversation())["reason"] == "returned"
        assert await stage.texts("note") == ["接待人员 刘芳 暂时无法在企业微信接待（95015 the servicer is not serving）"]
        tried = [body for body in stage.corp.called("service_state/trans") if body["service_state"] == HUMAN]
        assert len(tried) == 1
        assert await stage.dead() == []


async def test_case_8_a_message_the_customer_refused_is_marked_as_failed(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        stage.corp.accounts["wk1"].session("wm1").refuses = True
        await stage.says("你好")
        await stage.until(lambda: len(stage.corp.called("send_msg")) == 1, "the answer went out")
        await stage.settled()
        assert (await stage.push()).status == 200
        failed = await stage.rows("SELECT state, error, body FROM message WHERE direction = 'out'")
        assert [(row["state"], row["error"]) for row in failed] == [("failed", "客户拒收 (10)")]


async def test_case_9_a_voice_that_is_gone_leaves_words_and_the_conversation_goes_on(make_hub: MakeHub) -> None:
    async with staged(make_hub, voice="silk") as stage:
        media = stage.corp.keep("voice", "v.silk", "audio/silk", b"#!SILK_V3 .....")
        stage.corp.media[media].until = 0
        stage.corp.says("wk1", "wm1", "voice", media_id=media)
        await stage.says("听到了吗")
        assert {body["voice_format"] for body in stage.corp.called("sync_msg")} == {1}
        assert await stage.texts() == ["[语音已过期]", "听到了吗"]
        assert stage.heard() == ["[语音已过期]", "听到了吗"]


async def test_case_10_two_corps_are_kept_apart(make_hub: MakeHub, tmp_path: Path) -> None:
    one, two = corp_named("one"), corp_named("two")
    two.aes_key = OLD_KEY
    async with Server(Platform({one.corp_id: one, two.corp_id: two})) as server:
        uses = [use(WeCom, name, config_of(corp, server)) for name, corp in (("first", one), ("second", two))]
        kit: HubKit = await make_hub(*uses, EchoBot, serve=True, hub=LOOPBACK)
        at: dict[str, str] = {"first": f"{kit.url}/first", "second": f"{kit.url}/second"}
        for corp, text in ((one, "一"), (two, "二")):
            # The same ids in both: they mean different people.
            corp.says("wk1", "wm1", content=text, msgid="same")
        assert (await server.push(at["first"], one, "wk1")).status == 200
        assert (await server.push(at["second"], two, "wk1")).status == 200
        await kit.settled()
        heard: dict[str, Any] = {c.corp_id: [d.payload["text"]["content"] for d in c.accounts["wk1"].sent] for c in (one, two)}
        assert heard == {one.corp_id: ["一"], two.corp_id: ["二"]}
        assert len(await kit.rows("SELECT id FROM person")) == 2
        assert [row["scope"] for row in await kit.rows("SELECT scope FROM identity ORDER BY id")] == [one.corp_id, two.corp_id]
        names = [row["name"] for row in await kit.rows("SELECT name FROM datum WHERE name LIKE '%cursor:%' ORDER BY name")]
        assert names == ["first/cursor:wk1", "second/cursor:wk1"]
        assert not set(one.tokens) & set(two.tokens)
        # A callback of the other corp, with its own key and with ours.
        assert (await server.push(at["first"], two, "wk1")).status == 401
        two.token = one.token
        assert (await server.push(at["first"], two, "wk1")).status == 403
        assert (await server.push(at["first"], two, "wk1", key=one.aes_key)).status == 403
        await kit.stop()


async def test_a_session_the_platform_ended_is_known_by_its_state(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("你好")
        agent = stage.kit.agent("刘芳")
        await agent.takes_over((await stage.conversation())["id"])
        await stage.settled()
        stage.corp.accounts["wk1"].session("wm1").state = ENDED
        await agent.says("还在吗")
        await stage.until(stage.dead, "it is given up")
        assert [row["error"] for row in await stage.dead()] == ["会话已结束，客户再次发消息后才能回复"]
