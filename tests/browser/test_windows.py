"""Several windows of one person stay the same."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.people import AgentPage, VisitorPage
from tests.browser.stage import Stage

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
