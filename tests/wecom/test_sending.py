"""What goes out: once, within the windows, with a token that is shared."""

from __future__ import annotations

import asyncio

import pytest

from hub import AuthFailed, Image, NotReady, Outbound, Rejected, Text
from hub.testing import AgentActor, use
from hub.testing.fixtures import MakeHub
from hub_wecom import WeCom
from tests.wecom.kit import Stage, config_of, corp_named, staged
from tests.wecom.simulator import Platform, Server

HOURS = 3600.0


async def served(stage: Stage, customer: str = "wm1") -> AgentActor:
    """An agent who has the conversation."""
    await stage.says("找人工", customer)
    agent = stage.kit.agent("刘芳")
    await agent.takes_over((await stage.conversation())["id"])
    await stage.settled()
    return agent


async def allowed(stage: Stage) -> tuple[int | None, int | None, str]:
    """What the workbench shows: how many, for how many seconds more, and why."""
    (row,) = await stage.rows("SELECT id FROM leg ORDER BY id DESC LIMIT 1")
    leg = await stage.kit.hub.reading.leg(row["id"])
    assert leg is not None
    found = await stage.channel.allowance(leg)
    return found.left, found.until and round(found.until / 1000 - stage.corp.now()), found.why


async def test_five_messages_after_each_of_the_customers(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        agent = await served(stage)
        # The bot's echo and "joined" are two of them.
        assert await allowed(stage) == (3, 48 * 3600, "message")
        for number in range(3):
            await agent.says(f"第{number}句")
        await stage.settled()
        assert (await allowed(stage))[0] == 0
        await agent.says("第四句")
        await stage.until(stage.dead, "it is given up here")
        assert len(stage.corp.called("send_msg")) == 5
        assert [row["error"] for row in await stage.dead()] == ["平台允许的 5 条回复已用完，客户再次发来消息后才能继续回复"]
        await stage.says("继续")
        assert (await allowed(stage))[0] == 5
        await agent.says("好的")
        await stage.settled()
        assert stage.heard()[-1] == "好的"


async def test_after_two_days_nothing_is_sent(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        agent = await served(stage)
        await stage.passes(48 * HOURS + 1)
        await agent.says("还需要吗")
        await stage.until(stage.dead, "it is given up here")
        assert [row["error"] for row in await stage.dead()] == ["平台规定的回复时限已过，客户再次发来消息后才能回复"]


async def test_what_the_platform_counts_is_what_counts(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        agent = await served(stage)
        stage.server.fail("send_msg", (95001, "send msg count limit"))
        await agent.says("你好")
        await stage.until(stage.dead, "it is given up")
        assert (await stage.dead())[0]["error"] == "WeCom refused it: 95001 send msg count limit"
        assert (await allowed(stage))[0] == 0


async def test_a_busy_platform_is_asked_three_times_more(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        agent = await served(stage)
        calls = len(stage.corp.called("send_msg"))
        stage.server.fail("send_msg", (-1, "system busy"), (-1, "system busy"), (-1, "system busy"))
        await agent.says("一")
        await stage.until(lambda: stage.heard()[-1] == "一", "it arrives")
        stage.server.fail("send_msg", *[(-1, "system busy")] * 4)
        await agent.says("二")
        await stage.until(stage.dead, "it is given up", turning=5)
        assert (await stage.dead())[0]["error"] == "tried 4 times: WeCom is busy (-1)"
        assert len(stage.corp.called("send_msg")) == calls + 1


async def test_an_answer_that_got_lost_makes_no_second_copy(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        agent = await served(stage)
        left = stage.corp.accounts["wk1"].session("wm1").left
        stage.server.lose("send_msg")
        await agent.says("只有一份")
        await stage.until(lambda: len(stage.corp.called("send_msg")) == 4, "it was tried again")
        await stage.settled()
        first, second = stage.corp.called("send_msg")[-2:]
        assert first["msgid"] == second["msgid"]
        assert stage.heard().count("只有一份") == 1
        assert stage.corp.accounts["wk1"].session("wm1").left == left - 1
        assert await stage.dead() == []


async def test_one_message_of_several_pieces_goes_on_where_it_stopped(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("你好")
        message = Outbound(7, 1, "wk1/wm1", (Text("图"), Text("二"), Text("三")), "7")
        stage.server.fail("send_msg", (0, "ok"))
        sent = await stage.channel.send(message)
        assert sent.external_id == "fd_7,fd_7_1,fd_7_2"
        # The first was an answer of nobody's: it was never taken, and goes when it is sent again.
        await stage.channel.send(message)
        assert stage.heard() == ["你好", "二", "三", "图"]
        assert [body["msgid"] for body in stage.corp.called("send_msg")[-3:]] == ["fd_7", "fd_7_1", "fd_7_2"]


async def test_it_is_told_how_a_message_went(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("你好")
        told = await stage.rows("SELECT data FROM event WHERE kind = 'message.sent_via'")
        assert [row["data"] for row in told] == ['{"via":"api","detail":"send_msg, message 1"}']


async def test_a_message_can_be_taken_back(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("你好")
        (row,) = await stage.rows("SELECT id, external_id FROM message WHERE direction = 'out'")
        await stage.channel.recall(Outbound(row["id"], 1, "wk1/wm1", (Text("你好"),), str(row["id"])), row["external_id"])
        assert [one.recalled for one in stage.sent()] == [True]


async def test_refusals_are_dead_letters_at_once(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        agent = await served(stage)
        for number, told in ((48002, "api forbidden"), (60011, "no privilege"), (95000, "invalid parameter")):
            before = len(await stage.dead())
            stage.server.fail("send_msg", (number, told))
            await agent.says("你好")

            async def more(before: int = before) -> bool:
                return len(await stage.dead()) > before

            await stage.until(more, f"{number} is a dead letter")
        # What was not taken does not count.
        assert (await allowed(stage))[0] == 3
        why = [row["error"].removeprefix("WeCom refused it: ") for row in await stage.dead()]
        assert why == ["48002 api forbidden", "60011 no privilege", "95000 invalid parameter"]


async def test_an_address_that_is_none_and_a_file_without_a_store(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        for message in (Outbound(1, 1, "nobody", (Text("x"),), "1"), Outbound(2, 1, "wk1/wm1", (Image("0" * 32),), "2")):
            with pytest.raises(Rejected):
                await stage.channel.send(message)


# -- tokens -----------------------------------------------------------------------------------------


async def test_a_hundred_calls_with_a_token_that_ended_cause_one_new_one(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("你好")
        fetched = len(stage.corp.called("gettoken"))
        stage.corp.tokens.clear()
        api = stage.channel._api
        body = {"open_kfid": "wk1", "external_userid": "wm1"}
        await asyncio.gather(*(api.call("service_state/get", body) for _ in range(100)))
        assert len(stage.corp.called("gettoken")) == fetched + 1


async def test_a_token_is_renewed_before_its_end(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        fetched = len(stage.corp.called("gettoken"))
        await stage.passes(7200 - 299)
        await stage.says("你好")
        assert len(stage.corp.called("gettoken")) == fetched + 1
        assert stage.heard() == ["你好"]


async def test_a_token_is_shared_through_the_store(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        fetched = len(stage.corp.called("gettoken"))
        await stage.kit.hub.registry.stop("wecom")
        await stage.kit.hub.registry.start("wecom")
        await stage.says("你好")
        assert len(stage.corp.called("gettoken")) == fetched
        (row,) = await stage.rows("SELECT name, value FROM datum WHERE name LIKE 'wecom/token:%'")
        assert stage.corp.secret not in row["name"] + row["value"]


async def test_a_token_that_is_never_accepted_ends_in_an_error_and_no_loop(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("你好")
        fetched = len(stage.corp.called("gettoken"))
        stage.server.fail("send_msg", (40014, "invalid access_token"), (40014, "invalid access_token"))
        with pytest.raises(AuthFailed, match="40014"):
            await stage.channel.send(Outbound(9, 1, "wk1/wm1", (Text("x"),), "9"))
        assert len(stage.corp.called("gettoken")) == fetched + 1


async def test_wrong_credentials_stop_the_instance_and_are_not_told(make_hub: MakeHub) -> None:
    corp = corp_named("corp")
    async with Server(Platform({corp.corp_id: corp})) as server:
        wrong = {**config_of(corp, server), "secret": "not-the-secret-of-anybody"}
        kit = await make_hub(use(WeCom, "wecom", wrong), hub={"allow_private_networks": ["127.0.0.0/8"]})
        (status,) = kit.hub.registry.status()
        assert status.state == "failed"
        assert "40001" in status.reason
        assert "not-the-secret" not in kit.log_text + status.reason
        await kit.stop()


async def test_a_platform_that_is_away_is_waited_for(make_hub: MakeHub) -> None:
    corp = corp_named("corp")
    async with Server(Platform({corp.corp_id: corp})) as server:
        config = config_of(corp, server)
    kit = await make_hub(use(WeCom, "wecom", config), hub={"allow_private_networks": ["127.0.0.0/8"]})
    (status,) = kit.hub.registry.status()
    assert status.state == "retrying"
    assert corp.secret not in kit.log_text + status.reason


async def test_network_faults_name_no_secret(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("你好")
        token = next(iter(stage.corp.tokens))
        await stage.server._runner.cleanup()
        with pytest.raises(NotReady) as error:
            await stage.channel.send(Outbound(9, 1, "wk1/wm1", (Text("x"),), "9"))
        assert token not in str(error.value)
        assert token not in stage.kit.log_text
