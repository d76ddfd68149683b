"""Several windows of one person stay the same."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.async_api import expect

from tests.browser.people import AgentPage, VisitorPage
from tests.browser.stage import Stage
from tests.browser.turns import begin_at_once, until_one_waits

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_two_tabs_of_one_visitor_tell_the_same_story(stage: Stage) -> None:
    first = await stage.visitor()
    await first.asks_for_a_person("第一个标签页里问的")
    second = await VisitorPage.visit(first.page.context, f"{stage.url}/")
    await second.sees_own("第一个标签页里问的")
    await second.frame.get_by_test_id("queue").wait_for()

    agent = await stage.agent()
    await agent.take("第一个标签页里问的")
    for number in range(3):
        await (second if number % 2 else first).says(f"两页轮流说 {number}")
        await first.sees_own(f"两页轮流说 {number}")
        await second.sees_own(f"两页轮流说 {number}")
        await agent.writes(f"两页都听到 {number}")
        await first.hears(f"两页都听到 {number}")
        await second.hears(f"两页都听到 {number}")
    assert await first.said() == await second.said()
    await agent.closes()
    for tab in (first, second):
        await tab.hears("本次服务已结束")


@pytest.mark.parametrize("page", ["/", "/web/frame"])
async def test_two_tabs_that_begin_at_once_are_one_visitor(stage: Stage, page: str) -> None:
    context = await stage.context()

    async def visit() -> VisitorPage:
        if page == "/":
            return await VisitorPage.visit(context, f"{stage.url}/")
        alone = await context.new_page()
        await alone.goto(stage.url + page)
        return await VisitorPage.in_chat(alone)

    await begin_at_once(context, visit)


WITHOUT_LOCKS: Final = {
    "has none": "Object.defineProperty(Navigator.prototype, 'locks', {value: undefined})",
    "refuses them": "LockManager.prototype.request = () => Promise.reject(new DOMException('no', 'SecurityError'))",
}


@pytest.mark.parametrize("why", WITHOUT_LOCKS)
async def test_a_browser_without_locks_has_its_chat(stage: Stage, why: str) -> None:
    context = await stage.context()
    await context.add_init_script(WITHOUT_LOCKS[why])
    visitor = await VisitorPage.visit(context, f"{stage.url}/")
    await visitor.says("没有锁的浏览器")
    await expect(visitor.own).to_have_attribute("data-state", re.compile("received|sent"))


async def test_a_tab_that_keeps_its_turn_does_not_keep_others_from_the_chat(stage: Stage) -> None:
    context = await stage.context()
    await context.clock.install()
    stuck = await context.new_page()
    await stuck.goto(f"{stage.url}/web/frame")
    await stuck.evaluate("() => void navigator.locks.request('frontdesk', () => new Promise(() => {}))")
    visitor = await VisitorPage.visit(context, f"{stage.url}/")
    await visitor.says("等不到的那一页")
    await until_one_waits(visitor)
    await expect(visitor.own).to_have_attribute("data-state", "waiting")
    await visitor.page.clock.fast_forward("00:20")
    await expect(visitor.own).to_have_attribute("data-state", re.compile("received|sent"))


async def test_two_windows_of_one_agent_show_the_same_desk(stage: Stage) -> None:
    visitor = await stage.visitor()
    await visitor.asks_for_a_person("两个窗口的坐席")
    one = await stage.agent()
    other = await AgentPage.return_(one.page.context, stage.url)
    await one.take("两个窗口的坐席")
    await other.page.get_by_test_id("tab-mine").click()
    await other.row("两个窗口的坐席").click()
    await other.page.get_by_test_id("release").wait_for()

    await one.writes("第一个窗口说的")
    await other.sees("第一个窗口说的")
    await other.writes("第二个窗口记的", note=True)
    await one.sees("第二个窗口记的")
    await visitor.says("顾客听到了一次")
    await one.sees("顾客听到了一次")
    await other.sees("顾客听到了一次")
    assert await one.said() == await other.said()
    assert await visitor.count("第一个窗口说的") == 1
    assert await visitor.count("第二个窗口记的") == 0

    await other.page.get_by_test_id("state-break").click()
    await expect(one.page.get_by_test_id("state-switch")).to_have_attribute("data-state", "break")
    await one.page.get_by_test_id("state-online").click()
    await expect(other.page.get_by_test_id("state-switch")).to_have_attribute("data-state", "online")

    await other.closes()
    await expect(one.page.get_by_test_id("close")).to_have_count(0)
