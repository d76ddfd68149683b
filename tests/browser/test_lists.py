"""Lists of the workbench that cannot be loaded say so, and are asked for again."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(
    ("page", "asked", "loaded"),
    [
        ("team", "**/api/agents", "[data-testid=agent]"),
        ("plugins", "**/api/plugins", "[data-testid=plugin]"),
        ("undelivered", "**/api/dead-letters", "text=没有未送达的消息"),
    ],
)
async def test_a_list_that_fails_is_asked_for_again(stage: Stage, page: str, asked: str, loaded: str) -> None:
    desk = (await stage.agent()).page
    await desk.route(asked, lambda route: route.fulfill(status=500, body="broken"))
    await desk.get_by_test_id(f"nav-{page}").click()
    again = desk.get_by_role("button", name="重试")
    await expect(again).to_be_visible()
    await expect(desk.locator(loaded)).to_have_count(0)
    await desk.unroute(asked)
    await again.click()
    await expect(desk.locator(loaded).first).to_be_visible()
    await expect(again).to_have_count(0)
