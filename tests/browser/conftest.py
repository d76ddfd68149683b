"""One hub and one browser for all stories that break neither; everybody has cookies and storage of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, StorageState, async_playwright

from tests.browser.house import Demo, launch
from tests.browser.people import AgentPage
from tests.browser.stage import Stage
from tests.browser.wire import Wire


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """The demo, for stories that leave it running."""
    demo = Demo(tmp_path_factory.mktemp("house") / "data")
    await demo.start()
    yield demo
    await demo.kill()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def signed_in(house: Demo, browser: Browser) -> StorageState:
    """What the browser of 刘芳 keeps, who made the house's first account."""
    context = await browser.new_context(locale="zh-CN")
    await AgentPage.set_up(context, house.setup_link, "liufang", "刘芳")
    state = await context.storage_state()
    await context.close()
    return state


@pytest_asyncio.fixture(loop_scope="session")
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """A demo of this test's own, to be killed."""
    demo = Demo(tmp_path / "data")
    await demo.start()
    yield demo
    await demo.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def stage(
    browser: Browser, house: Demo, signed_in: StorageState, request: pytest.FixtureRequest
) -> AsyncIterator[Stage]:
    """The house's pages."""
    async with played(Stage(browser, house.url, signed_in), request) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def scene(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """Pages of a house of the test's own."""
    async with played(Stage(browser, ""), request) as stage:
        yield stage


@asynccontextmanager
async def played(stage: Stage, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """Everybody leaves in the end; a story that failed leaves its pictures."""
    failed = request.session.testsfailed
    yield stage
    await stage.clear(request.node.name if request.session.testsfailed > failed else "")


@pytest_asyncio.fixture(loop_scope="session")
async def wire(house: Demo) -> AsyncIterator[Wire]:
    """A way to the house that can be cut."""
    wire = Wire(house.port)
    await wire.restore()
    yield wire
    await wire.cut()
