"""Input methods, and everything without a mouse."""

from __future__ import annotations

import pytest
from playwright.async_api import Frame, Page, expect

from tests.browser.people import PASSWORD, AgentPage, VisitorPage, compose
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# What a sighted person needs: the focused element shows a ring that it does not show unfocused.
RING = """() => {
    const look = ['outlineStyle', 'outlineWidth', 'boxShadow', 'borderColor', 'backgroundColor']
    const ring = element => look.map(name => getComputedStyle(element)[name]).join()
    const focused = document.activeElement
    const around = [focused, focused.parentElement, focused.parentElement?.parentElement].filter(Boolean)
    const before = around.map(ring)
    focused.blur()
    const changed = around.some((element, at) => ring(element) !== before[at])
    focused.focus({focusVisible: true})
    return changed
}"""


async def test_the_enter_that_ends_a_chinese_word_sends_nothing(stage: Stage) -> None:
    visitor = await stage.visitor()
    await visitor.input.focus()
    await compose(visitor.page, "nihao", "你好")
    await expect(visitor.input).to_have_value("你好")
    assert await visitor.count("你好") == 0
    await visitor.input.press("Shift+Enter")
    await compose(visitor.page, "zaima", "在吗")
    await expect(visitor.input).to_have_value("你好\n在吗")
    assert await visitor.count("在吗") == 0
    await visitor.input.press("Enter")
    await visitor.sees_own("在吗")
    await expect(visitor.input).to_have_value("")


async def test_the_enter_that_ends_an_agents_word_sends_nothing(stage: Stage) -> None:
    visitor = await stage.visitor()
    await visitor.asks_for_a_person("坐席用输入法")
    agent = await stage.agent()
    await agent.take("坐席用输入法")
    await agent.input.focus()
    await compose(agent.page, "mashang", "马上")
    await expect(agent.input).to_have_value("马上")
    await compose(agent.page, "chakan", "查看")
    await expect(agent.input).to_have_value("马上查看")
    await agent.input.press("Enter")
    await visitor.hears("马上查看")
    assert [words for words in await agent.said() if "马上" in words or "mashang" in words] == ["马上查看"]
    await agent.closes()


async def focused(where: Page | Frame) -> str:
    """What has the focus: its test name, or its label, or its tag."""
    return str(
        await where.evaluate(
            "() => { const e = document.activeElement; return e.dataset.testid || e.ariaLabel || e.tagName.toLowerCase() }"
        )
    )


async def tab_to(page: Page, where: Page | Frame, name: str, *, key: str = "Tab") -> None:
    """Press Tab until `name` has the focus; everything on the way shows that it has it."""
    for _ in range(80):
        await page.keyboard.press(key)
        at = await focused(where)
        if at not in ("body", "iframe", "frontdesk-chat"):
            assert await where.evaluate(RING), f"the focus is not to be seen on {at}"
        if at == name:
            return
    raise AssertionError(f"Tab never comes to {name}")


async def test_a_visitor_needs_no_mouse(stage: Stage) -> None:
    context = await stage.context()
    page = await context.new_page()
    await page.goto(f"{stage.url}/")
    await page.wait_for_function("() => window.frontdesk?.ready")
    blurred = await page.screenshot()
    await tab_to(page, page, "frontdesk-chat", key="Shift+Tab")
    assert await page.screenshot() != blurred, "the launcher shows its focus"
    await page.keyboard.press("Enter")
    visitor = await VisitorPage.in_chat(page)
    await expect(visitor.input).to_be_focused()
    await page.keyboard.type("你们几点上班？")
    await page.keyboard.press("Enter")
    await visitor.sees_own("你们几点上班？")
    await expect(visitor.input).to_be_focused()
    await tab_to(page, visitor.frame, "human", key="Shift+Tab")
    await page.keyboard.press("Enter")
    await visitor.frame.get_by_test_id("queue").wait_for()
    for _ in range(2):
        await page.keyboard.press("Escape")
        await visitor.frame.wait_for_function("() => !document.hasFocus()")
        await visitor.is_folded()
        await page.keyboard.press("Enter")  # the focus is back on the launcher
        await expect(visitor.input).to_be_focused()


async def test_an_agent_needs_no_mouse(stage: Stage) -> None:
    visitor = await stage.visitor()
    await visitor.asks_for_a_person("坐席只用键盘")
    context = await stage.context()
    page = await context.new_page()
    await page.goto(f"{stage.url}/desk/login")
    await page.get_by_test_id("login").wait_for()
    await tab_to(page, page, "login")
    await page.keyboard.type("liufang")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_test_id("tab-waiting").wait_for()
    agent = AgentPage(page)
    if await page.get_by_test_id("tab-mine").get_attribute("aria-selected") == "true":
        await tab_to(page, page, "tab-mine")
        await page.keyboard.press("ArrowRight")
    await agent.row("坐席只用键盘").wait_for()

    while not await agent.row("坐席只用键盘").evaluate("row => row === document.activeElement"):
        await tab_to(page, page, "conversation-row")
    await page.keyboard.press("Enter")
    await agent.sees("坐席只用键盘")
    await tab_to(page, page, "take")
    await page.keyboard.press("Enter")
    await expect(agent.input).to_be_focused()
    await page.keyboard.type("键盘回答")
    await page.keyboard.press("Enter")
    await visitor.hears("键盘回答")

    await page.keyboard.press("Control+Shift+Y")
    await expect(page.get_by_test_id("tab-note")).to_have_attribute("aria-selected", "true")
    await page.keyboard.type("键盘记的")
    await page.keyboard.press("Enter")
    await agent.sees("键盘记的")
    assert await visitor.count("键盘记的") == 0

    await page.keyboard.press("Control+Shift+E")
    confirm = page.get_by_test_id("close-confirm")
    await confirm.wait_for()
    await page.keyboard.press("Escape")
    await expect(confirm).to_be_hidden()
    await expect(agent.input).to_be_focused()
    await page.keyboard.press("Control+Shift+E")
    await confirm.wait_for()
    await tab_to(page, page, "close-confirm")
    await page.keyboard.press("Enter")
    await visitor.hears("本次服务已结束")
    await page.wait_for_function("() => document.activeElement !== document.body")
