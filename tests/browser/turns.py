"""Two tabs of a browser that no chat was ever opened in, and both begin at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from playwright.async_api import BrowserContext, Route

from tests.browser.house import PATIENCE
from tests.browser.people import VisitorPage

WAITING: Final = "async () => (await navigator.locks.query()).pending.length"


async def until_one_waits(tab: VisitorPage) -> None:
    """Wait until a tab of this browser waits for another to be done."""
    async with asyncio.timeout(PATIENCE):
        while not await tab.page.evaluate(WAITING):
            pass


async def begin_at_once(context: BrowserContext, visit: Callable[[], Awaitable[VisitorPage]]) -> None:
    """Nobody of two tabs gets a session before both want one: they are one visitor, now and later."""
    both_are_there, asked, visitors = asyncio.Event(), list[Route](), list[str]()

    async def held(route: Route) -> None:
        asked.append(route)
        await both_are_there.wait()
        answer = await route.fetch()
        visitors.append((await answer.json())["visitor"]["id"])
        await route.fulfill(response=answer)

    await context.route("**/web/session", held)
    tabs = [await visit(), await visit()]
    async with asyncio.timeout(PATIENCE):
        while len(asked) < 2 and not await tabs[1].page.evaluate(WAITING):
            pass
    for number, tab in enumerate(tabs):
        await tab.says(f"第 {number} 个标签页一开始说的")
    both_are_there.set()
    for tab in (*tabs, await visit()):
        for number in range(2):
            await tab.sees_own(f"第 {number} 个标签页一开始说的")
    assert len(visitors) == 3
    assert len(set(visitors)) == 1
