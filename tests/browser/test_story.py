"""The whole story in a browser: asks, is answered, is handed over, is served, and nothing is lost by kill -9."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.stage import PATIENCE, SHOTS, AgentPage, Demo, VisitorPage, launch, serious

pytestmark = pytest.mark.browser


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    demo = Demo(tmp_path / "data")
    await demo.start()
    yield demo
    await demo.kill()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


async def test_from_the_first_question_to_the_last_word(demo: Demo, browser: Browser) -> None:
    SHOTS.mkdir(exist_ok=True)
    size = {"width": 1280, "height": 800}
    customer = await browser.new_context(viewport=size, locale="zh-CN", bypass_csp=True)
    visitor = await VisitorPage.visit(customer, demo.url + "/")
    await visitor.says("我的快递到哪了，怎么查？")
    await visitor.hears("运单号")
    assert await serious(visitor.frame) == []
    await visitor.says("火星基地的咖啡机密码是什么")
    await visitor.hears("没有把握")
    await visitor.says("金星基地的咖啡机密码又是什么")
    await visitor.hears("正在为您转接人工客服")

    staff = await browser.new_context(viewport=size, locale="zh-CN", bypass_csp=True)
    agent = await AgentPage.set_up(staff, demo.setup_link, "liufang", "刘芳")
    await agent.take("金星基地")
    await agent.sees("我的快递到哪了，怎么查？")
    await visitor.hears("刘芳 为您服务")
    await agent.writes("您好，请问运单号是多少？")
    await visitor.hears("您好，请问运单号是多少？")
    await agent.writes("客户很客气", note=True)
    assert await visitor.count("客户很客气") == 0

    second = await VisitorPage.visit(customer, demo.url + "/")
    await second.hears("您好，请问运单号是多少？")

    await demo.kill()
    await expect(agent.page.get_by_test_id("connection")).not_to_have_attribute("data-state", "online", timeout=30_000)
    await visitor.says("运单号 CP1234567890123")
    await demo.start()
    await agent.sees("运单号 CP1234567890123")
    await agent.writes("已经查到，今天下午送达。")
    await visitor.hears("已经查到，今天下午送达。")
    await second.hears("已经查到，今天下午送达。")
    for words in ("运单号 CP1234567890123", "已经查到，今天下午送达。", "您好，请问运单号是多少？"):
        assert await visitor.count(words) == 1, words
        assert await agent.count(words) == 1, words
    assert await serious(agent.page) == []
    await agent.page.screenshot(path=SHOTS / "desk.png")
    await visitor.page.screenshot(path=SHOTS / "widget.png")

    await agent.page.emulate_media(color_scheme="dark")
    assert await serious(agent.page) == []
    await agent.page.screenshot(path=SHOTS / "desk-dark.png")
    await agent.page.get_by_test_id("close").first.click()
    await agent.page.get_by_test_id("close-confirm").click()
    await visitor.hears("本次服务已结束")
    await visitor.page.set_viewport_size({"width": 390, "height": 844})
    await visitor.page.screenshot(path=SHOTS / "widget-phone.png")
    assert await demo.stop() == 0


async def test_the_enter_that_ends_a_chinese_word_sends_nothing(demo: Demo, browser: Browser) -> None:
    context = await browser.new_context(locale="zh-CN", bypass_csp=True)
    visitor = await VisitorPage.visit(context, demo.url + "/")
    await visitor.input.fill("你好")
    fire = "(e, composing) => e.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true, isComposing: composing}))"
    await visitor.input.evaluate(fire, True)
    assert await visitor.input.input_value() == "你好"
    assert await visitor.count("你好") == 0
    await visitor.input.press("Shift+Enter")
    assert "\n" in await visitor.input.input_value()
    await visitor.input.fill("你好")
    await visitor.input.press("Enter")
    own = visitor.frame.locator("[data-testid=message][data-direction=in]").filter(has_text="你好")
    await expect(own).to_have_count(1, timeout=PATIENCE * 1000)


async def test_english_visitors_are_served_in_english(demo: Demo, browser: Browser) -> None:
    context = await browser.new_context(locale="en-US", bypass_csp=True)
    visitor = await VisitorPage.visit(context, demo.url + "/en/")
    await visitor.says("How do I track my parcel?")
    await visitor.hears("tracking number")
    await visitor.frame.get_by_test_id("human").click()
    await visitor.hears("colleague, who sees our whole conversation")
