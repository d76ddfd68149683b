"""The loop: what wakes it, how it goes on after faults, and what must not stop it."""

from __future__ import annotations

import asyncio

from hub import Answer, Bot, PluginConfig, Turn, hookimpl, plain_text
from hub.testing.fixtures import MakeHub
from tests.wecom.kit import staged


async def test_what_no_callback_announced_is_found_at_the_slow_pace(make_hub: MakeHub) -> None:
    async with staged(make_hub, poll_every=30) as stage:
        await stage.settled()
        looks = len(stage.corp.called("sync_msg"))
        stage.corp.says("wk1", "wm1", content="有人吗")
        await stage.passes(29)
        assert len(stage.corp.called("sync_msg")) == looks
        await stage.until(stage.sent, "an answer", turning=1)
        assert stage.heard() == ["有人吗"]
        await stage.passes(600)
        await stage.until(lambda: len(stage.corp.called("sync_msg")) > looks + 1, "more looks", turning=1)
        # Without a callback there is no token, and the platform limits that.
        assert all("token" not in body for body in stage.corp.called("sync_msg"))
        assert len(stage.corp.called("sync_msg")) <= looks + 23


async def test_the_callbacks_token_is_used_while_it_is_good(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("一")
        assert stage.corp.called("sync_msg")[-1]["token"] in stage.corp.callback_tokens
        await stage.passes(601)
        stage.corp.says("wk1", "wm1", content="二")
        await stage.until(lambda: len(stage.sent()) == 2, "an answer", turning=5)
        assert "token" not in stage.corp.called("sync_msg")[-1]


async def test_a_token_the_platform_refuses_is_left_out(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        stage.server.fail("sync_msg", (95006, "invalid token of callback"))
        await stage.says("一")
        assert "token" not in stage.corp.called("sync_msg")[-1]
        assert stage.heard() == ["一"]


async def test_a_callback_is_answered_in_time_while_the_platform_is_slow(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        stage.corp.says("wk1", "wm1", content="慢")
        stage.server.hold("sync_msg")
        pushed = asyncio.ensure_future(stage.push())
        await asyncio.wait_for(stage.server.arrived["sync_msg"].wait(), 10)
        await stage.passes(3.9)
        assert not pushed.done()
        await stage.until(pushed.done, "an answer to the callback", turning=0.1)
        assert pushed.result().text == "success"
        stage.server.release("sync_msg")
        await stage.until(stage.sent, "the customer's answer all the same")


async def test_a_platform_that_says_too_often_is_left_alone_for_a_minute(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        stage.server.fail("sync_msg", (45009, "api freq out of limit"))
        stage.corp.says("wk1", "wm1", content="你好")
        pushed = await stage.push()
        assert (pushed.status, pushed.retry_after) == (503, "60")
        looks = len(stage.corp.called("sync_msg"))
        await stage.passes(59)
        assert len(stage.corp.called("sync_msg")) == looks
        await stage.until(stage.sent, "an answer", turning=1)


async def test_faults_of_the_platform_are_outlived(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        stage.server.fail("sync_msg", 500, 502, (-1, "system busy"), (48002, "api forbidden"), (48002, "api forbidden"))
        stage.corp.says("wk1", "wm1", content="你好")
        assert (await stage.push()).status == 503
        await stage.until(stage.sent, "an answer", turning=2)
        assert stage.heard() == ["你好"]
        assert [one.state for one in stage.kit.hub.registry.status()] == ["running"] * 3


async def test_nothing_is_stored_and_the_cursor_stays(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("早")
        stage.corp.says("wk1", "wm1", content="你好")
        async with stage.kit.store_down():
            assert (await stage.push()).status == 503
        await stage.until(lambda: len(stage.sent()) == 2, "an answer", turning=1)
        assert await stage.texts() == ["早", "你好"]


async def test_rows_that_are_none_do_not_stop_the_rest(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        log = stage.corp.accounts["wk1"].log
        at = int(stage.corp.now())
        good = {"send_time": at, "origin": 3, "open_kfid": "wk1", "external_userid": "wm1", "msgtype": "text"}
        broken = {"event_type": "msg_send_fail", "fail_type": "x"}
        log += [
            {"msgid": "blank", **good, "text": {"content": " \n"}},
            {"msgid": "", **good, "text": {"content": "no id"}},
            {"msgid": "nobody", **good, "external_userid": "", "text": {"content": "x"}},
            {"msgid": "elsewhere", **good, "origin": 9, "text": {"content": "x"}},
            {"msgid": "long", **good, "external_userid": "w" * 400, "text": {"content": "x"}},
            {"msgid": "time", **good, "send_time": "soon", "text": {"content": "x"}, "origin": 4},
            {"msgid": "event", "send_time": at, "origin": 4, "msgtype": "event", "event": "none"},
            {"msgid": "event2", "send_time": at, "origin": 4, "msgtype": "event", "event": broken},
        ]
        await stage.says("还好吗")
        assert await stage.texts() == ["还好吗"]
        assert stage.heard() == ["还好吗"]
        assert await stage.count("wecom_rows_skipped") == 6
        assert (await stage.count("wecom_rows_refused"), await stage.count("wecom_rows_failed")) == (1, 1)


class Slow(Bot[PluginConfig]):
    """Thinks for a while about one thing customers say."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        if plain_text(turn.message.body) == "慢":
            await self.ctx.clock.sleep(9)
        return Answer.of(plain_text(turn.message.body))


async def test_nobody_waits_for_what_happens_with_another_customer(make_hub: MakeHub) -> None:
    async with staged(make_hub, bot=Slow) as stage:
        await stage.says("你好")
        stage.corp.says("wk1", "wm1", content="慢")
        assert (await stage.push()).status == 200
        # What staff do with the first customer has to wait for the bot; the second customer has not.
        stage.corp.staff_takes("wk1", "wm1", "zhangsan")
        stage.corp.says("wk1", "wm2", content="快")
        pushed = asyncio.ensure_future(stage.push())
        await stage.until(lambda: stage.heard("wm2"), "the second customer's answer", turning=0)
        assert not pushed.done()
        await stage.until(pushed.done, "the rest", turning=0.5)
        await stage.settled()
        assert stage.heard("wm2") == ["快"]


async def test_several_accounts_have_loops_and_cursors_of_their_own(make_hub: MakeHub) -> None:
    async with staged(make_hub, accounts=("wk1", "wk2")) as stage:
        await stage.says("一号", account="wk1")
        await stage.says("二号", account="wk2")
        assert (stage.heard(account="wk1"), stage.heard(account="wk2")) == (["一号"], ["二号"])
        # One customer of the corp is one person, with an address on each account.
        assert len(await stage.rows("SELECT id FROM person")) == 1
        assert [row["address"] for row in await stage.rows("SELECT address FROM leg ORDER BY id")] == ["wk1/wm1", "wk2/wm1"]
        stage.server.fail("sync_msg", 500)
        stage.corp.says("wk1", "wm1", content="再来")
        assert (await stage.push("wk1")).status == 503
        await stage.says("二号好", account="wk2")
        assert stage.heard(account="wk2") == ["二号", "二号好"]


async def test_a_restart_goes_on_where_it_stood(make_hub: MakeHub) -> None:
    async with staged(make_hub) as stage:
        await stage.says("一")
        await stage.kit.stop()
        stage.corp.says("wk1", "wm1", content="二")
        await stage.kit.restart()
        await stage.until(lambda: len(stage.sent()) == 2, "an answer")
        await stage.says("三")
        assert stage.heard() == ["一", "二", "三"]
        assert stage.corp.called("sync_msg")[-2]["cursor"] == "cursor1"
