"""At the width of a phone."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.checks import fits
from tests.browser.stage import PHONE, Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_chat_fills_a_phone(stage: Stage) -> None:
    visitor = await stage.visitor(phone=True)
    await fits(visitor.page)
    chat = await visitor.frame.frame_element()
    await chat.wait_for_element_state("stable")
    box = await chat.bounding_box()
    assert box == {"x": 0, "y": 0, **PHONE}, "the whole screen"
    await visitor.says("手机上怎么寄件？" * 12)
    await visitor.sees_own("手机上怎么寄件？")
    await visitor.hears("寄")
    await fits(visitor.frame)
    targets = visitor.frame.locator("header button, form button")
    for size in [await target.bounding_box() for target in await targets.all()]:
        assert size is not None
        assert min(size["width"], size["height"]) >= 36, "large enough for a finger"
    await visitor.frame.get_by_role("button", name="收起聊天窗口").click()
    await visitor.is_folded()


async def test_an_agent_works_on_a_phone(stage: Stage) -> None:
    visitor = await stage.visitor()
    await visitor.asks_for_a_person("手机上的坐席")
    agent = await stage.agent(phone=True)
    await fits(agent.page)
    await agent.take("手机上的坐席")
    await fits(agent.page)
    await expect(agent.row("手机上的坐席")).to_be_hidden()
    await agent.writes("在手机上回答")
    await visitor.hears("在手机上回答")
    await agent.page.get_by_test_id("side-toggle").click()
    await fits(agent.page)
    await agent.page.get_by_test_id("side-close").click()
    await agent.page.get_by_test_id("back").click()
    await expect(agent.row("在手机上回答")).to_be_visible()
    await expect(agent.input).to_have_count(0)
    await fits(agent.page)
    await agent.row("在手机上回答").click()
    await agent.closes()
    for page in ("team", "undelivered", "plugins"):
        await agent.page.goto(f"{stage.url}/desk/settings/{page}")
        await agent.page.get_by_role("heading", level=1).wait_for()
        await fits(agent.page)
