"""An agent's first hour by the keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.people import PASSWORD, AgentPage
from tests.browser.stage import Stage
from tests.desk.kit import open_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_from_the_setup_link_to_signing_out_and_in_again(scene: Stage, tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await house.conversation("visitor", "只用键盘")
        page = await (await scene.context()).new_page()
        keyboard = page.keyboard
        await page.goto(f"{house.url}/desk/setup#token={await house.accounts.make_setup_link()}")
        await expect(page.get_by_test_id("name")).to_be_focused()
        for words in ("刘芳", "liufang", PASSWORD, PASSWORD):
            await keyboard.type(words)
            await keyboard.press("Tab")
        await expect(page.get_by_test_id("submit")).to_be_focused()
        await keyboard.press("Enter")
        await expect(page.get_by_test_id("tab-waiting")).to_contain_text("1")

        agent = AgentPage(page)
        await keyboard.press("Control+Shift+A")
        await expect(agent.input).to_be_focused()
        await keyboard.type("用键盘回答")
        await keyboard.press("Enter")
        await agent.sees("用键盘回答")
        await page.reload()
        await agent.sees("用键盘回答")

        await page.get_by_test_id("user-menu").focus()
        await keyboard.press("Enter")
        await expect(page.get_by_role("menuitem").first).to_be_focused()
        await keyboard.press("ArrowDown")
        await expect(page.get_by_test_id("sign-out")).to_be_focused()
        await keyboard.press("Enter")
        await expect(page.get_by_test_id("login")).to_be_focused()
        await keyboard.type("liufang")
        await keyboard.press("Tab")
        await keyboard.type(PASSWORD)
        await keyboard.press("Enter")
        await expect(agent.row("用键盘回答")).to_be_visible()
