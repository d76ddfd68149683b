"""Who serves: the hub's conversation and the platform's session follow each other."""

from __future__ import annotations

from typing import Any

from hub import Answer, Bot, HandOver, PluginConfig, Turn, hookimpl, plain_text
from hub.testing.fixtures import MakeHub
from tests.databases import both_databases
from tests.wecom.kit import Stage, staged
from tests.wecom.simulator.platform import ENDED, HUMAN, NEW, POOL, ROBOT

SERVED_THERE: dict[str, Any] = {"served_by": "wecom", "servicers": {"agent1": "LiuFang"}}


class Porter(Bot[PluginConfig]):
    """Answers, and hands over when asked."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        if "人工" in plain_text(turn.message.body):
            return Answer((HandOver("asked"),))
        return Answer.of("我是机器人")


async def state_is(stage: Stage, state: int, servicer: str = "") -> None:
    """Wait until the platform has the session so."""
    session = stage.corp.accounts["wk1"].session("wm1")
    await stage.until(lambda: (session.state, session.servicer) == (state, servicer), f"state {state} {servicer}, not {session}")


async def owner_is(stage: Stage, kind: str, status: str = "open") -> None:
    """Wait until the hub's conversation is so."""

    async def look() -> bool:
        conversation = await stage.conversation()
        return (conversation["owner_kind"], conversation["status"]) == (kind, status)

    await stage.until(look, f"the conversation is {status} with {kind}")


async def test_what_the_hub_serves_is_the_robots_there_until_it_is_closed(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Porter) as stage:
        await stage.says("你好")
        await state_is(stage, ROBOT)
        agent = stage.kit.agent("刘芳")
        await stage.says("人工")
        await agent.takes_over((await stage.conversation())["id"])
        await agent.says("我来帮您")
        await agent.closes()
        await state_is(stage, ENDED)
        # Everything that was said before the end arrived before it.
        begins = ["我是机器人", "正在为您转接人工", "刘芳 为您服务。", "我来帮您", "本次服务已结束，"]
        assert [text[:8] for text in stage.heard()] == begins
        assert await stage.dead() == []
        await stage.says("还有一件事")
        await state_is(stage, ROBOT)
        assert stage.heard()[-1] == "我是机器人"


async def test_the_end_waits_for_what_was_said_before_it(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Porter) as stage:
        await stage.says("人工")
        agent = stage.kit.agent("刘芳")
        await agent.takes_over((await stage.conversation())["id"])
        await stage.settled()
        await state_is(stage, ROBOT)
        stage.server.hold("send_msg")
        await agent.says("订单已经取消")
        await agent.says("钱明天到账")
        await agent.closes()
        session, closed_at = stage.corp.accounts["wk1"].session("wm1"), int(stage.corp.now() * 1000)

        async def had_its_turn() -> bool:
            put_off = "SELECT id FROM timer WHERE job = 'settle' AND due_at >= ?"
            return session.state == ENDED or bool(await stage.rows(put_off, closed_at + 2000))

        # The job that ends the session has its turn more than once, and puts it off.
        await stage.until(had_its_turn, "the job puts it off")
        assert session.state == ROBOT
        stage.server.release("send_msg")
        await state_is(stage, ENDED)
        assert [one.by for one in stage.sent()][-3:] == ["send_msg"] * 3
        assert stage.heard()[-3:-1] == ["订单已经取消", "钱明天到账"]


async def test_a_line_that_is_late_goes_by_the_code_of_the_end(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Porter) as stage:
        await stage.says("人工")
        agent = stage.kit.agent("刘芳")
        await agent.takes_over((await stage.conversation())["id"])
        await stage.settled()
        stage.corp.staff_ends("wk1", "wm1")
        await stage.push()
        await owner_is(stage, "agent", "closed")
        await stage.settled()
        assert stage.sent()[-1].by == "send_msg_on_event"
        assert "本次服务已结束" in stage.heard()[-1]
        assert await stage.texts("note") == ["企业微信中的会话已结束"]


async def test_who_asks_for_a_person_gets_one_in_wecom(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Porter, **SERVED_THERE) as stage:
        stage.corp.staff["LiuFang"] = "serving"
        record = await stage.kit.agent("刘芳").record()
        await stage.says("你好")
        await state_is(stage, ROBOT)
        await stage.says("人工")
        await state_is(stage, POOL)
        assert "正在为您转接人工" in stage.heard()[-1]
        # Somebody in WeCom takes it from the pool: the hub shows who, and the customer is told by the code of that.
        stage.corp.staff_takes("wk1", "wm1", "LiuFang")
        await stage.push()
        await owner_is(stage, "agent")
        assert (await stage.conversation())["owner_id"] == str(record.id)
        await stage.until(lambda: stage.heard()[-1] == "刘芳 为您服务。", "the customer is told")
        assert stage.sent()[-1].by == "send_msg_on_event"
        # What she types there is hers here; the bots stay out of it, and so does the hub.
        stage.corp.staff_says("wk1", "wm1", "LiuFang", content="您好")
        await stage.push()
        await stage.says("谢谢")
        said = await stage.rows("SELECT author_id FROM message WHERE author_kind = 'agent'")
        assert [row["author_id"] for row in said] == [str(record.id)]
        stage.corp.staff_ends("wk1", "wm1")
        await stage.push()
        await owner_is(stage, "agent", "closed")
        await stage.settled()
        assert await stage.dead() == []


async def test_an_agent_of_the_hub_who_takes_it_serves_in_wecom(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Porter, **SERVED_THERE) as stage:
        stage.corp.staff["LiuFang"] = "serving"
        await stage.says("人工")
        await state_is(stage, POOL)
        agent = stage.kit.agent("刘芳")
        await agent.takes_over((await stage.conversation())["id"])
        await state_is(stage, HUMAN, "LiuFang")
        await agent.closes()
        await state_is(stage, ENDED)


async def test_an_agent_without_a_place_in_wecom_is_told_by_a_note(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Porter, served_by="wecom") as stage:
        await stage.says("人工")
        await state_is(stage, POOL)
        await stage.kit.agent("刘芳").takes_over((await stage.conversation())["id"])

        async def noted() -> bool:
            return bool(await stage.texts("note"))

        await stage.until(noted, "a note")
        assert await stage.texts("note") == ["刘芳 没有对应的企业微信成员，会话留在企业微信的接待池"]


async def test_a_handing_on_in_wecom_is_noted(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("你好")
        session = stage.corp.accounts["wk1"].session("wm1")
        session.state, session.servicer = HUMAN, "zhangsan"
        facts = {"old_servicer_userid": "lisi", "new_servicer_userid": "zhangsan"}
        stage.corp.event("wk1", "wm1", "session_status_change", change_type=2, **facts)
        await stage.push()
        await owner_is(stage, "queue")
        assert await stage.texts("note") == ["由企业微信的 zhangsan 接待"]
        assert (await stage.conversation())["reason"] == "transferred"


@both_databases
async def test_an_event_that_comes_again_has_no_second_effect(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        msgid = await stage.says("地址写错了")
        stage.corp.event("wk1", "wm1", "user_recall_msg", recall_msgid=msgid)
        await stage.push()
        await stage.settled()
        await stage.kit.hub.registry.stop("wecom")
        await stage.channel_data("cursor:wk1", "cursor0")
        await stage.kit.hub.registry.start("wecom")
        await stage.says("好了")
        assert await stage.texts("note") == ["客户撤回了一条消息：地址写错了"]


async def test_recalls_of_staff_and_of_what_nobody_remembers(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("你好")
        stage.corp.event("wk1", "wm1", "user_recall_msg", recall_msgid="long ago")
        stage.corp.event("wk1", "wm1", "servicer_recall_msg", recall_msgid="m", servicer_userid="zhangsan")
        stage.corp.event("wk1", "wm9", "user_recall_msg", recall_msgid="of a stranger")
        stage.corp.event("wk1", "wm1", "reject_customer_msg_switch_change", reject_switch=1)
        await stage.push()
        await stage.settled()
        assert await stage.texts("note") == ["客户撤回了一条消息", "zhangsan 在企业微信撤回了一条消息"]
        assert await stage.count("wecom_other_events") == 1


async def test_failures_of_what_is_not_ours_and_of_windows(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("你好")
        (row,) = await stage.rows("SELECT id FROM message WHERE direction = 'out'")
        for msgid, kind in (("somebody-elses", 10), ("fd_1", 10), (f"fd_{row['id']}", 6)):
            stage.corp.event("wk1", "wm1", "msg_send_fail", fail_msgid=msgid, fail_type=kind)
        await stage.push()
        await stage.settled()
        assert await stage.count("wecom_other_failures") == 2
        (failed,) = await stage.rows("SELECT state, error FROM message WHERE direction = 'out'")
        assert (failed["state"], failed["error"]) == ("failed", "超过 5 条限制 (6)")
        assert await stage.rows("SELECT spent FROM windows_window") == [{"spent": 1}]


async def test_a_session_the_platform_does_not_change_is_read_anew(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Porter) as stage:
        stage.server.fail("service_state/trans", (95013, "not allowed"))
        await stage.says("你好")

        async def tried() -> bool:
            return await stage.count("wecom_transfers_refused") == 1

        await stage.until(tried, "it was tried")
        assert stage.corp.accounts["wk1"].session("wm1").state == NEW
        # Nothing depends on it: the interface may send in both states.
        await stage.says("还在")
        assert stage.heard() == ["我是机器人", "我是机器人"]
