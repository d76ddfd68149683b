"""The chat on pages that are not ours: another site, a policy that allows nothing inline, style sheets against everybody."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Route

from tests.browser.checks import difference, still
from tests.browser.house import SHOTS, Demo
from tests.browser.people import VisitorPage
from tests.browser.shop import Shop
from tests.browser.stage import DESKTOP, Stage
from tests.browser.turns import begin_at_once
from tests.processes import free_port

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HUB = """
hub: {{name: {{zh-CN: 另一家商店, en: Another shop}}, timezone: Asia/Shanghai}}
teams: [{{id: front, name: {{zh-CN: 前台, en: Front desk}}}}]
service: {{first_owner: queue, default_team: front}}
routing: {{queues: {{front: {{callback: {{}}}}}}}}
plugins:
  - {{use: web, required: true, config: {{allowed_origins: ["{origin}"]}}}}
  - {{use: desk, required: true}}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """A shop of another origin, and the hub it gets its chat from."""
    folder = tmp_path_factory.mktemp("shop")
    port = free_port()
    document = folder / "shop.yaml"
    document.write_text(HUB.format(origin=f"http://localhost:{port}"), encoding="utf-8")
    demo = Demo(folder / "data", document)
    await demo.start()
    shop = Shop(port, demo.url)
    await shop.start()
    yield shop
    await shop.stop()
    await demo.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def shoppers(browser: Browser, shop: Shop) -> AsyncIterator[Stage]:
    """Visitors of the shop."""
    stage = Stage(browser, shop.url)
    yield stage
    await stage.clear("")


async def open_by_mouse(page: Page) -> VisitorPage:
    """Press the launcher where a person sees it."""
    await page.wait_for_function("() => window.frontdesk?.ready")
    await page.mouse.click(DESKTOP["width"] - 50, DESKTOP["height"] - 50)
    visitor = await VisitorPage.in_chat(page)
    await visitor.is_("online")
    return visitor


async def picture(page: Page) -> bytes:
    """The page without blinking carets and half-done transitions; the pointer rests elsewhere."""
    await page.mouse.move(5, 5)
    await still(page)
    return await page.screenshot(animations="disabled", caret="hide")


async def asks_to_be_called(visitor: VisitorPage) -> None:
    """By the card of who waits, which is loaded when it is first shown."""
    await visitor.frame.get_by_test_id("wait-action").click()
    await visitor.frame.get_by_test_id("wait-value").fill("138 0013 8000")
    await visitor.frame.get_by_test_id("wait-submit").click()
    await visitor.sees_own("138 0013 8000")
    await visitor.frame.get_by_text("已登记回电", exact=True).wait_for()


async def test_style_sheets_of_the_page_change_nothing(shoppers: Stage, shop: Shop) -> None:
    closed, opened = [], []
    for kind in ("plain", "hostile"):
        page = await (await shoppers.context()).new_page()
        await page.goto(f"{shop.url}/{kind}")
        await page.wait_for_function("() => window.frontdesk?.ready")
        closed.append(await picture(page))
        visitor = await open_by_mouse(page)
        opened.append(await picture(page))
        await visitor.says("样式再凶也能聊")
        await visitor.hears("转接人工")
        await asks_to_be_called(visitor)
    judge = await (await shoppers.context()).new_page()
    await judge.goto(f"{shop.url}/plain")
    for name, (plain, hostile) in (("closed", closed), ("opened", opened)):
        SHOTS.mkdir(exist_ok=True)
        (SHOTS / f"{name}-plain.png").write_bytes(plain)
        (SHOTS / f"{name}-hostile.png").write_bytes(hostile)
        assert await difference(judge, plain, hostile) < 0.005, f"compare the {name} pictures in {SHOTS}"


async def test_a_policy_without_anything_inline_is_kept(shoppers: Stage, shop: Shop) -> None:
    page = await (await shoppers.context()).new_page()
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} {message.location['url']}")

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{shop.url}/strict")
    visitor = await open_by_mouse(page)
    await visitor.says("严格策略下的问题")
    await visitor.hears("转接人工")
    await asks_to_be_called(visitor)
    assert await page.evaluate("() => refused") == []
    assert [text for text in complaints if "favicon" not in text] == []
    added = await page.evaluate("() => Object.keys(window).filter(name => !before.includes(name))")
    assert set(added) <= {"frontdesk", "before"}, "one name of ours on the page"


async def test_a_site_that_is_not_named_gets_no_chat(shoppers: Stage, shop: Shop) -> None:
    page = await (await shoppers.context()).new_page()
    await page.goto(shop.url.replace("localhost", "127.0.0.1") + "/plain")
    refusals: list[str] = []
    page.on("console", lambda message: refusals.append(message.text))
    await page.wait_for_function("() => window.frontdesk?.ready")
    async with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        await page.evaluate("() => window.frontdesk('open')")


async def test_two_tabs_of_another_site_that_begin_at_once_are_one_visitor(shoppers: Stage) -> None:
    context = await shoppers.context()
    await begin_at_once(context, lambda: VisitorPage.visit(context, f"{shoppers.url}/plain"))


async def test_a_loader_from_before_an_update_opens_the_chat(shoppers: Stage) -> None:
    """It stays on pages that are open, and does not answer what a newer chat asks it."""
    context = await shoppers.context()

    async def old(route: Route) -> None:
        answer = await route.fetch()
        script = await answer.text()
        assert "turns:" in script
        await route.fulfill(response=answer, body=script.replace("turns:", "deaf:").replace("`begin`", "`deaf`"))

    await context.route("**/web/w.js", old)
    visitor = await VisitorPage.visit(context, f"{shoppers.url}/plain")
    await visitor.says("很早就打开的一页")
    await visitor.sees_own("很早就打开的一页")
    await visitor.is_("online")
    other = await VisitorPage.visit(context, f"{shoppers.url}/plain")
    await other.sees_own("很早就打开的一页")
