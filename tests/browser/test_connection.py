"""Cables are pulled, answers get lost, sockets are forbidden: both pages say so, come back, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import re

import pytest
from playwright.async_api import Error, Route, expect

from tests.browser.people import AgentPage, VisitorPage
from tests.browser.stage import Stage
from tests.browser.wire import Wire

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def both_at(stage: Stage, wire: Wire, words: str) -> tuple[VisitorPage, AgentPage]:
    """A visitor and the agent who serves them, both behind the wire."""
    stage.url = wire.url
    visitor = await stage.visitor()
    await visitor.asks_for_a_person(words)
    agent = await stage.agent()
    await agent.take(words)
    await agent.sees(words)
    return visitor, agent


async def test_a_cut_cable_is_shown_and_mended_on_both_sides(stage: Stage, wire: Wire) -> None:
    visitor, agent = await both_at(stage, wire, "断线之前的问题")
    await agent.writes("断线之前的回答")
    await visitor.hears("断线之前的回答")

    await wire.cut()
    await visitor.is_("offline")
    await expect(visitor.connection).to_contain_text("正在重新连接")
    await agent.is_("reconnecting")
    await expect(agent.page.get_by_test_id("connection-banner")).to_contain_text("正在重连")
    for number in range(3):
        await visitor.says(f"顾客在断线时写的第 {number} 句")
        await agent.writes(f"坐席在断线时写的第 {number} 句")
    await expect(visitor.own.last).to_have_attribute("data-state", "waiting")

    await wire.restore()
    await visitor.is_("online")
    await agent.is_("online")
    await expect(agent.page.get_by_test_id("connection-banner")).to_have_count(0)
    expected = {f"{who}在断线时写的第 {number} 句" for number in range(3) for who in ("顾客", "坐席")}
    for page in (visitor, agent):
        for words in expected:
            await page.sees(words)
    await agent.writes("都收到了")
    await visitor.hears("都收到了")
    story = await agent.said()
    assert await visitor.said() == story, "both sides tell the same story in the same order"
    assert [story.count(words) for words in expected] == [1] * len(expected)
    await agent.closes()


async def test_what_arrived_unheard_is_resent_and_stays_one_message(stage: Stage, wire: Wire) -> None:
    visitor, agent = await both_at(stage, wire, "答复丢失的故事")
    wire.lose_answers()
    await visitor.says("顾客这句只有一份")
    await agent.writes("坐席这句只有一份")
    await expect(visitor.own.last).to_have_attribute("data-state", "failed")
    resend = agent.page.get_by_test_id("resend")
    await resend.wait_for()
    assert wire.lost > 0, "the hub had answered"

    wire.pass_answers()
    await visitor.frame.get_by_test_id("resend").click()
    await resend.click()
    await expect(visitor.own.last).not_to_have_attribute("data-state", "failed")
    await expect(resend).to_have_count(0)
    await agent.writes("收到一份")
    await visitor.hears("收到一份")
    await visitor.hears("坐席这句只有一份")
    await agent.page.reload()
    await agent.sees("收到一份")
    again = await VisitorPage.visit(visitor.page.context, f"{stage.url}/")
    await again.hears("收到一份")
    assert await again.said() == await agent.said()
    for words in ("顾客这句只有一份", "坐席这句只有一份"):
        counts = [await page.count(words) for page in (visitor, again, agent)]
        assert counts == [1, 1, 1], f"the hub keeps one of {words}"
    await agent.closes()


async def test_where_no_websocket_gets_through_the_chat_polls(stage: Stage, wire: Wire) -> None:
    wire.takes_sockets = False
    house, stage.url = stage.url, wire.url
    visitor = await stage.visitor()
    await expect(visitor.connection).to_have_attribute("data-transport", "poll")
    stage.url = house
    await visitor.asks_for_a_person("没有 WebSocket 的网络")
    agent = await stage.agent()
    await agent.take("没有 WebSocket 的网络")
    for number in range(3):
        await agent.writes(f"轮询也能收到 {number}")
        await visitor.hears(f"轮询也能收到 {number}")
        await visitor.says(f"轮询也能发出 {number}")
        await agent.sees(f"轮询也能发出 {number}")
    await wire.cut()
    await visitor.is_("offline")
    await visitor.says("断网时写的")
    await wire.restore()
    await agent.sees("断网时写的")
    await visitor.is_("online")
    assert await visitor.said() == await agent.said()
    await agent.closes()


async def test_what_is_written_before_the_session_is_open_is_sent(stage: Stage) -> None:
    context = await stage.context()
    written = asyncio.Event()

    async def late(route: Route) -> None:
        await written.wait()
        await route.continue_()

    await context.route("**/web/session", late)
    visitor = await VisitorPage.visit(context, f"{stage.url}/")
    await visitor.says("会话还没打开就写的")
    await expect(visitor.own).to_have_attribute("data-state", "waiting")
    written.set()
    await expect(visitor.own).to_have_attribute("data-state", re.compile("received|sent"))
    await visitor.sees_own("会话还没打开就写的")


async def test_what_is_written_before_the_session_is_open_outlives_a_reload(stage: Stage) -> None:
    context = await stage.context()
    written = asyncio.Event()

    async def late(route: Route) -> None:
        await written.wait()
        with contextlib.suppress(Error):  # the page that asked is gone
            await route.continue_()

    await context.route("**/web/session", late)
    visitor = await VisitorPage.visit(context, f"{stage.url}/")
    await visitor.says("刷新之前就写的")
    await expect(visitor.own).to_have_attribute("data-state", "waiting")
    other = await VisitorPage.visit(context, f"{stage.url}/")
    await expect(other.own).to_have_count(0)  # another tab may become another visitor
    # Whose session opens last is who the browser is from then on: here it is to be the one who wrote.
    await other.page.close()
    for _ in range(2):
        await visitor.page.reload()
        await visitor.page.wait_for_function("() => typeof window.frontdesk === 'function' && window.frontdesk.ready")
        await visitor.page.evaluate("() => window.frontdesk('open')")
        visitor = await VisitorPage.in_chat(visitor.page)
        await visitor.sees_own("刷新之前就写的")
        if not written.is_set():
            await expect(visitor.own).to_have_attribute("data-state", "waiting")
            written.set()
            await expect(visitor.own).to_have_attribute("data-state", re.compile("received|sent"))
    kept = "() => Object.keys(sessionStorage).concat(Object.keys(localStorage)).filter(key => key.includes('outbox'))"
    assert await visitor.frame.evaluate(kept) == []
