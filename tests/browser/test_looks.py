"""Every page in light and dark, in Chinese and English: nothing hard to read, no key instead of words, no mixed languages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Frame, Page, expect

from tests.browser.checks import catalogue, chinese, english, raw_keys, serious, words_on
from tests.browser.people import AgentPage, VisitorPage
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COLOURS: Final = ("light", "dark")
SETTINGS: Final = ("team", "undelivered", "plugins")

AT_THE_DESK: Final = {"zh-CN": "看看工作台的每一页", "en": "Looking at each page of the desk"}
AT_THE_SHOP: Final = {"zh-CN": "看看商店的客服窗口", "en": "Looking at the chat of the shop"}

# Where people's own words and names stand, in whatever language they are.
SAID: Final = (
    "[data-testid=conversation-row] :is(.name, .last), [data-testid=agent] .name, "
    "[data-testid=message] :is(.body, .bubble, .choices, .stack > .name, .hidden)"
)
NAMES: Final = ("刘芳", "云栈速递", "中文", "切换语言")


async def judge(where: Page | Frame, page: str, locale: str) -> list[str]:
    """Everything that is wrong with what is shown."""
    words = await words_on(where, SAID)
    assert words, "there is something to read"
    wrong = await serious(where)
    wrong += [f"raw key: {word}" for word in raw_keys(words, catalogue(page, locale))]
    foreign = chinese(words, NAMES) if locale == "en" else english(words, page)
    return wrong + [f"other language: {word}" for word in foreign]


async def views(agent: AgentPage, url: str, words: str) -> AsyncIterator[str]:
    """Walk through the workbench; the name of each view when it is shown."""
    page = agent.page
    yield "empty desk"
    for tab in ("mine", "bot", "all", "closed", "waiting"):
        await page.get_by_test_id(f"tab-{tab}").click()
        yield f"list {tab}"
    await agent.take(words)
    await page.get_by_test_id("customer-pane").wait_for()
    yield "conversation"
    await page.get_by_test_id("tab-note").click()
    yield "note"
    await page.get_by_test_id("close").click()
    await page.get_by_test_id("close-confirm").wait_for()
    yield "close dialog"
    await page.keyboard.press("Escape")
    await page.get_by_test_id("close-confirm").wait_for(state="hidden")
    await page.get_by_test_id("transfer").click()
    await page.get_by_role("dialog").first.wait_for()
    yield "transfer dialog"
    await page.keyboard.press("Escape")
    await page.get_by_role("dialog").first.wait_for(state="hidden")
    for name in SETTINGS:
        await page.goto(f"{url}/desk/settings/{name}")
        await page.get_by_role("heading", level=1).wait_for()
        yield name
    await page.get_by_test_id("nav-desk").click()


@pytest.mark.parametrize("locale", AT_THE_DESK)
async def test_the_workbench(stage: Stage, locale: str) -> None:
    visitor = await stage.visitor(locale=locale)
    await visitor.asks_for_a_person(AT_THE_DESK[locale])
    agent = await stage.agent(locale=locale)
    wrong: dict[str, list[str]] = {}
    async for view in views(agent, stage.url, AT_THE_DESK[locale]):
        for colour in COLOURS:
            await agent.page.emulate_media(color_scheme=colour)
            wrong |= {f"{view}, {colour}": await judge(agent.page, "desk", locale)}
    await agent.page.get_by_test_id("tab-mine").click()
    await agent.row(AT_THE_DESK[locale]).click()
    await agent.closes()
    assert {view: found for view, found in wrong.items() if found} == {}


@pytest.mark.parametrize("locale", AT_THE_SHOP)
@pytest.mark.parametrize("colour", COLOURS)
async def test_the_shop_and_its_chat(stage: Stage, locale: str, colour: str) -> None:
    visitor = await stage.visitor(locale=locale, color_scheme=colour)
    assert await serious(visitor.page) == []
    assert locale != "en" or chinese(await words_on(visitor.page), NAMES) == []
    assert await judge(visitor.frame, "widget", locale) == []
    await visitor.asks_for_a_person(AT_THE_SHOP[locale])
    assert await judge(visitor.frame, "widget", locale) == []


@pytest.mark.parametrize("locale", AT_THE_DESK)
async def test_the_login_page(stage: Stage, locale: str) -> None:
    page = await (await stage.context(locale=locale)).new_page()
    await page.goto(f"{stage.url}/desk/")
    await page.get_by_test_id("login").wait_for()
    for colour in COLOURS:
        await page.emulate_media(color_scheme=colour)
        assert await judge(page, "desk", locale) == []
    await page.get_by_test_id("login").fill("nobody")
    await page.get_by_test_id("password").fill("wrong password")
    await page.get_by_test_id("submit").click()
    await page.get_by_role("alert").wait_for()
    assert await judge(page, "desk", locale) == []


async def test_the_desk_changes_its_language_at_once_and_remembers(stage: Stage) -> None:
    visitor = await stage.visitor(locale="en-US")
    await visitor.asks_for_a_person("In another language, please")
    agent = await stage.agent()
    await agent.take("In another language")
    switch = agent.page.get_by_test_id("locale-switch")
    for locale, other in (("en", "中文"), ("zh-CN", "English")):
        await switch.click()
        await expect(switch).to_have_text(other)
        assert await judge(agent.page, "desk", locale) == []
        await agent.page.reload()
        await agent.sees("In another language")
        assert await judge(agent.page, "desk", locale) == []
    await agent.closes()


async def test_the_chat_follows_the_language_of_the_page(stage: Stage) -> None:
    visitor = await stage.visitor()
    await visitor.says("你们几点上班？")
    await visitor.sees_own("你们几点上班？")
    await visitor.page.keyboard.press("Escape")
    await visitor.is_folded()
    await visitor.page.get_by_role("link", name="EN, switch to English").click()
    await visitor.page.wait_for_url("**/en/")
    await visitor.page.evaluate("() => window.frontdesk('open')")
    again = await VisitorPage.in_chat(visitor.page)
    await again.sees_own("你们几点上班？")
    assert await judge(again.frame, "widget", "en") == []


async def test_each_side_reads_the_lines_of_the_house_in_the_language_of_its_page(stage: Stage) -> None:
    visitor = await stage.visitor(locale="en")
    await visitor.asks_for_a_person("Read the lines of the house")
    agent = await stage.agent()
    await agent.take("Read the lines of the house")
    await agent.sees("刘芳 开始接待")
    await visitor.sees("刘芳 is here to help you")
    lines = agent.page.locator("[data-testid=message][data-direction=system]")
    for _ in range(2):
        await expect(lines.locator("span")).to_have_text(["已转给人工", "刘芳 开始接待"])
        await expect(lines.last).to_have_attribute("title", re.compile("刘芳 is here to help you"))
        await agent.page.reload()
    await agent.closes()
    await visitor.sees("This conversation is closed")
