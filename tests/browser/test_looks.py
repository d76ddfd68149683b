"""Every page in light and dark, in Chinese and English: nothing hard to read, no key instead of words, no mixed languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Frame, Page

from tests.browser.checks import catalogue, chinese, english, raw_keys, serious, words_on
from tests.browser.people import AgentPage
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COLOURS: Final = ("light", "dark")
SETTINGS: Final = ("team", "undelivered", "plugins")

WORDS: Final = {"zh-CN": "看一看这一页", "en": "Looking at this page"}

# Where people's own words and names stand, in whatever language they are.
SAID: Final = "[data-testid=conversation-row] :is(.name, .last), [data-testid=message] :is(.body, .bubble), [data-testid=agent] .name"
NAMES: Final = ("刘芳", "中文", "切换语言")


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


@pytest.mark.parametrize("locale", WORDS)
async def test_the_workbench(stage: Stage, locale: str) -> None:
    visitor = await stage.visitor(locale=locale)
    await visitor.asks_for_a_person(WORDS[locale])
    agent = await stage.agent(locale=locale)
    wrong: dict[str, list[str]] = {}
    async for view in views(agent, stage.url, WORDS[locale]):
        for colour in COLOURS:
            await agent.page.emulate_media(color_scheme=colour)
            wrong |= {f"{view}, {colour}": await judge(agent.page, "desk", locale)}
    await agent.page.get_by_test_id("tab-mine").click()
    await agent.row(WORDS[locale]).click()
    await agent.closes()
    assert {view: found for view, found in wrong.items() if found} == {}


@pytest.mark.parametrize("locale", WORDS)
@pytest.mark.parametrize("colour", COLOURS)
async def test_the_shop_and_its_chat(stage: Stage, locale: str, colour: str) -> None:
    visitor = await stage.visitor(locale=locale, color_scheme=colour)
    assert await serious(visitor.page) == []
    assert await judge(visitor.frame, "widget", locale) == []
    await visitor.asks_for_a_person(WORDS[locale])
    assert await judge(visitor.frame, "widget", locale) == []


@pytest.mark.parametrize("locale", WORDS)
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
