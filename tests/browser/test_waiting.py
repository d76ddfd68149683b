"""Waiting for a person, as visitors see it: a card above the composer, right on every page and after every return."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, expect

from tests.browser.checks import chinese, english, serious, words_on
from tests.browser.house import SHOTS, Demo
from tests.browser.people import AgentPage, VisitorPage
from tests.browser.stage import Stage
from tests.browser.test_phone import fits

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CONFIG: Final = """
hub: {{name: {{zh-CN: 云栈速递客服, en: Cloudpost Express}}}}
service: {{first_owner: queue}}
routing:
  agents: {{capacity: 20, cost: {{"*": 20}}}}
{more}
plugins:
  - {{use: demo}}
  - {{use: media, required: true}}
  - {{use: web, required: true}}
  - {{use: desk, required: true}}
"""
OPEN: Final = """
  queues: {front: {callback: {offer_if_ewt: 10s}, overflow: {do: [offer_message]}}}
"""
SHUT: Final = """
  calendars: {{shop: {{weekdays: [], workdays: [{day}]}}}}
  queues: {{front: {{hours: {{calendar: shop, open: "09:00-18:00"}}}}}}
"""
SAID: Final = "[data-testid=message] :is(.bubble, .name, .hidden)"
NAMES: Final = ("刘芳", "云栈速递")


async def opened(folder: Path, more: str) -> Demo:
    """A hub with routing of this kind."""
    document = folder / "waiting.yaml"
    document.write_text(CONFIG.format(more=more), encoding="utf-8")
    hub = Demo(folder / "data", document)
    await hub.start()
    return hub


def card(visitor: VisitorPage) -> Locator:
    """What one sees of the card; what is read aloud comes more seldom."""
    return visitor.frame.locator("[data-testid=queue] .queue-body")


def action(visitor: VisitorPage, payload: str) -> Locator:
    return visitor.frame.locator(f"[data-payload='routing:{payload}']")


async def looks_right(visitor: VisitorPage, name: str, locale: str) -> None:
    """Nothing wrong with it in either colour; its pictures stay."""
    SHOTS.mkdir(exist_ok=True)
    for colour in ("light", "dark"):
        await visitor.page.emulate_media(color_scheme="dark" if colour == "dark" else "light")
        assert await serious(visitor.frame) == []
        await visitor.page.screenshot(path=SHOTS / f"waiting-{name}-{colour}.png")
    await fits(visitor.page)
    said = await words_on(visitor.frame, SAID)
    assert (chinese(said, NAMES) if locale == "en" else english(said, "widget")) == []


async def returned(visitor: VisitorPage) -> VisitorPage:
    """The same page, loaded anew, with its chat open."""
    await visitor.page.reload()
    await visitor.page.wait_for_function("() => typeof window.frontdesk === 'function' && window.frontdesk.ready")
    await visitor.page.evaluate("() => window.frontdesk('open')")
    return await VisitorPage.in_chat(visitor.page)


async def test_the_card_from_the_first_minute_to_the_agent(scene: Stage, tmp_path: Path) -> None:
    hub = await opened(tmp_path, OPEN)
    scene.url = hub.url
    try:
        first = await scene.visitor()
        await first.says("我的包裹破了")
        await expect(card(first)).to_contain_text("您是下一位")
        await expect(card(first)).to_contain_text("客服暂时都不在线")
        await expect(action(first, "message")).to_be_visible()
        await looks_right(first, "zh-wide", "zh-CN")

        second = await scene.visitor(locale="en-US", phone=True)
        await second.says("Where is my parcel?")
        await expect(card(second)).to_contain_text("1 before you")
        await expect(second.frame.get_by_test_id("wait-spoken")).to_contain_text("1 before you")
        await expect(action(second, "message")).to_be_visible()
        await looks_right(second, "en-phone", "en")
        tab = await VisitorPage.visit(second.page.context, f"{scene.url}/en/")
        await expect(card(tab)).to_contain_text("1 before you")
        second = await returned(second)
        await expect(card(second)).to_contain_text("1 before you")

        await wants_a_call(second)
        for page in (second, tab):
            await expect(card(page)).to_contain_text("your place is kept")
            await expect(page.frame.get_by_test_id("wait-action")).to_have_text(["No call back"])
        await expect(second.frame.get_by_test_id("wait-spoken")).to_contain_text("We will call you back")
        await looks_right(second, "en-phone-callback", "en")
        await changes_the_mind(tab, second)

        await leaves_a_message(first)
        await looks_right(first, "zh-wide-message", "zh-CN")
        for visitor in (first, second):
            assert await visitor.frame.locator("[data-direction=out]").count() == 0, "the talk is not filled with lines"

        agent = await AgentPage.set_up(await scene.context(), hub.setup_link, "liufang", "刘芳")
        await agent.page.get_by_test_id("state-online").click()
        await first.hears("刘芳")
        await expect(card(first)).to_have_count(0)
        await expect(card(second)).to_contain_text("You are next")
        await agent.page.get_by_test_id("tab-mine").click()
        await agent.row("破洞").click()
        await agent.sees("外箱有一个破洞")
        await agent.closes()
        for page in (second, tab):
            await page.hears("it is your turn now")
            await expect(card(page)).to_have_count(0)
        await agent.page.get_by_test_id("tab-mine").click()
        await agent.row("parcel").or_(agent.row("turn")).first.click()
        await agent.sees("+44 20 7946 0958")
        await expect(first.frame.get_by_test_id("message").filter(has_text="留言")).to_have_count(1)
    finally:
        await hub.kill()


async def wants_a_call(visitor: VisitorPage) -> None:
    """By keyboard alone, with a change of mind and a slip."""
    await action(visitor, "callback").focus()
    await visitor.page.keyboard.press("Enter")
    value = visitor.frame.get_by_test_id("wait-value")
    await expect(value).to_be_focused()
    await expect(card(visitor)).to_contain_text("you keep your place")
    await visitor.page.keyboard.press("Escape")
    await expect(value).to_have_count(0)
    assert await visitor.input.is_visible(), "the panel stays open"
    await action(visitor, "callback").click()
    await value.fill("soon please")
    await value.press("Enter")
    await expect(value).to_be_visible()
    await looks_right(visitor, "en-phone-asks", "en")
    await value.fill("+44 20 7946 0958")
    await value.press("Enter")
    await expect(visitor.frame.get_by_test_id("queue")).to_be_focused()
    await visitor.sees_own("+44 20 7946 0958")


async def changes_the_mind(one: VisitorPage, other: VisitorPage) -> None:
    """No call back after all, on whichever page; and again, for which nobody asks for the number any more."""
    await action(one, "stay").focus()
    await one.page.keyboard.press("Enter")
    for page in (one, other):
        await expect(card(page)).to_contain_text("1 before you")
        await expect(card(page)).not_to_contain_text("your place is kept")
        await expect(action(page, "callback")).to_be_visible()
    await one.sees_own("No call back")
    await action(other, "callback").click()
    await expect(other.frame.get_by_test_id("wait-value")).to_have_count(0)
    for page in (one, other):
        await expect(card(page)).to_contain_text("your place is kept")


async def leaves_a_message(visitor: VisitorPage) -> None:
    button = action(visitor, "message")
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await expect(visitor.input).to_be_focused()
    await expect(visitor.input).to_have_attribute("placeholder", "留言")
    await button.click()
    await expect(visitor.input).to_have_attribute("placeholder", "输入您的问题…")
    await button.click()
    await looks_right(visitor, "zh-wide-writes", "zh-CN")
    await visitor.says("外箱有一个破洞")
    await visitor.sees_own("外箱有一个破洞")
    await expect(card(visitor)).to_contain_text("留言已收到")
    await expect(visitor.input).to_have_attribute("placeholder", "输入您的问题…")
    await expect(button).to_have_count(0)


async def test_out_of_hours_it_says_when_there_are_people_again(scene: Stage, tmp_path: Path) -> None:
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=2)
    hub = await opened(tmp_path, SHUT.format(day=day))
    scene.url = hub.url
    try:
        visitor = await scene.visitor(phone=True)
        await visitor.page.set_viewport_size({"width": 360, "height": 640})
        await visitor.says("有人吗")
        await expect(card(visitor)).to_contain_text("现在不是人工服务时间")
        when = f"{day.month}月{day.day}日"
        await expect(card(visitor)).to_contain_text(f"{when}（周")
        await looks_right(visitor, "zh-phone-shut", "zh-CN")
        await action(visitor, "message").click()
        await visitor.says("请回复我的理赔")
        await expect(card(visitor)).to_contain_text(f"我们 {when}")
        visitor = await returned(visitor)
        await expect(card(visitor)).to_contain_text("留言已收到")
        await looks_right(visitor, "zh-phone-left", "zh-CN")
    finally:
        await hub.kill()
