"""Takes the pictures of README.md and docs/: `make pictures`. With a folder: every page in every look, to be judged by eye.

Plays a short story with the demo and Chromium; needs what the browser tests need (`make test` installs it).
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
# First of all: a package that the tests need brings a folder `tests` of its own.
sys.path.insert(0, str(ROOT))

from playwright.async_api import Page, async_playwright  # noqa: E402

from tests.browser.checks import still  # noqa: E402
from tests.browser.house import Demo, launch  # noqa: E402
from tests.browser.people import AgentPage, VisitorPage  # noqa: E402
from tests.browser.stage import PHONE, Stage  # noqa: E402
from tests.express.phones import Phones  # noqa: E402

IMAGES: Final = ROOT / "docs" / "images"

# What is said: the first question goes to the bot, the second to a person, the rest is the talk with that person.
STORY: Final = {
    "zh-CN": (
        "我的快递到哪了？",
        "单号是 CP1029384756，昨天就该到了，能帮我看看吗？",
        "您好，我看到包裹在杭州转运中心，今天下午送到。",
        "太好了，谢谢！下午三点前能到吗？",
        "客户着急，已请网点优先派送",
        "可以的，我已请网点优先派送，预计两点半左右。",
    ),
    "en": (
        "Where is my parcel?",
        "The number is CP1029384756. It was due yesterday, could you have a look?",
        "Hello, your parcel is at the Hangzhou hub and arrives this afternoon.",
        "Great, thank you! Before three o'clock?",
        "In a hurry, asked the branch to deliver this one first",
        "Yes, I have asked the branch to bring it first, at about half past two.",
    ),
}
BROKEN: Final = "快递外箱破了，里面的杯子碎了"
JOINT: Final = (
    ("wechat", "oLiLei", "破损的照片我用微信发您", "收到照片了，我马上登记理赔"),
    ("qq", "HANMEIMEI", "出门了，接下来用 QQ 联系我", "好的，进度会发到这里"),
)
"""Where the customer goes on, what they say there, and what they hear."""
AGENTS: Final = {"zh-CN": "刘芳", "en": "Liu Fang"}
OTHERS: Final = {
    "zh-CN": ("快递外箱破了，里面的杯子碎了一个", "想改一下收件地址，还来得及吗？"),
    "en": ("The box arrived damaged and a cup is broken", "Can I still change the delivery address?"),
}


async def tell(visitor: VisitorPage, agent: AgentPage, locale: str) -> None:
    """Play the story until the agent's last word has arrived."""
    question, trouble, answer, thanks, note, promise = STORY[locale]
    await agent.page.get_by_test_id("state-online").click()
    await agent.take(OTHERS[locale][0])
    await visitor.says(question)
    await visitor.frame.locator("[data-testid=message][data-direction=out]").first.wait_for()
    await visitor.asks_for_a_person(trouble)
    await agent.take(trouble)
    await agent.writes(answer)
    await visitor.hears(answer)
    await visitor.says(thanks)
    await agent.sees(thanks)
    await agent.writes(note, note=True)
    await agent.writes(promise)
    await visitor.hears(promise)


async def shoot(page: Page, path: Path) -> None:
    """One picture, when nothing moves any more."""
    await page.mouse.move(2, 2)
    await still(page)
    await page.screenshot(path=path, animations="disabled", caret="hide")
    print(path)


@asynccontextmanager
async def house(locale: str) -> AsyncIterator[Stage]:
    """A demo with an agent in it, and a browser."""
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(Path(folder) / "data")
        await demo.start()
        async with async_playwright() as playwright:
            browser = await launch(playwright)
            context = await browser.new_context()
            await AgentPage.set_up(context, demo.setup_link, "liufang", AGENTS[locale])
            stage = Stage(browser, demo.url, await context.storage_state())
            await context.close()
            yield stage
            await stage.clear("")
            await browser.close()
        await demo.kill()


async def played(stage: Stage, locale: str) -> tuple[VisitorPage, AgentPage]:
    """The story told in one language, with others waiting in the list."""
    for words in OTHERS[locale]:
        await (await stage.visitor(locale=locale)).asks_for_a_person(words)
    visitor, agent = await stage.visitor(locale=locale), await stage.agent(locale=locale)
    await tell(visitor, agent, locale)
    return visitor, agent


async def for_the_readme() -> None:
    """The few pictures the README shows."""
    IMAGES.mkdir(exist_ok=True)
    for locale, suffix in (("zh-CN", ""), ("en", "-en")):
        async with house(locale) as stage:
            visitor, agent = await played(stage, locale)
            await shoot(agent.page, IMAGES / f"desk{suffix}.png")
            await shoot(visitor.page, IMAGES / f"shop{suffix}.png")
            await visitor.page.set_viewport_size(PHONE)
            await shoot(visitor.page, IMAGES / f"phone{suffix}.png")
            await agent.page.emulate_media(color_scheme="dark")
            await shoot(agent.page, IMAGES / f"desk-dark{suffix}.png")
            await agent.page.set_viewport_size(PHONE)
            await shoot(agent.page, IMAGES / f"phone-desk{suffix}.png")


async def for_people() -> None:
    """The picture of docs/people.md: one talk on the web, WeChat and QQ."""
    with tempfile.TemporaryDirectory() as folder:
        express = Demo(Path(folder) / "data", ROOT / "config" / "express.yaml")
        phones = Phones(express.url)
        async with phones.running(), async_playwright() as playwright:
            express.environment.update(phones.environment)
            await express.start()
            browser = await launch(playwright)
            stage = Stage(browser, express.url)
            agent = await AgentPage.set_up(await stage.context(), express.setup_link, "liufang", AGENTS["zh-CN"])
            visitor = await stage.visitor()
            await visitor.asks_for_a_person(BROKEN)
            await agent.page.get_by_test_id("tab-waiting").click()
            await agent.row(BROKEN).click()
            # Routing brings the customer.
            await agent.page.get_by_test_id("state-online").click()
            for channel, who, words, answer in JOINT:
                await agent.page.get_by_test_id("claim").click()
                code = await agent.page.get_by_test_id("claim-code").inner_text()
                await phones.says(channel, who, code.strip())
                await agent.page.get_by_test_id("claim-used").wait_for()
                await agent.page.keyboard.press("Escape")
                await phones.says(channel, who, words)
                await agent.sees(words)
                await agent.writes(answer)
            await shoot(agent.page, IMAGES / "joint.png")
            await stage.clear("")
            await browser.close()
            await express.kill()


async def look_at(page: Page, name: str, folder: Path) -> None:
    """The page in every size and colour."""
    wide = page.viewport_size
    assert wide is not None
    for colour, size in product(("light", "dark"), (wide, PHONE)):
        await page.emulate_media(color_scheme=colour)  # type: ignore[arg-type]
        await page.set_viewport_size(size)
        await shoot(page, folder / f"{name}-{colour}-{size['width']}.png")
    await page.set_viewport_size(wide)


async def for_the_documents() -> None:
    """All that README.md and docs/ show."""
    await for_the_readme()
    await for_people()


async def everything(folder: Path) -> None:
    """Every page in every look."""
    folder.mkdir(parents=True, exist_ok=True)
    for locale in STORY:
        async with house(locale) as stage:
            login = await (await stage.context(locale=locale)).new_page()
            await login.goto(f"{stage.url}/desk/login")
            await login.get_by_test_id("login").wait_for()
            await look_at(login, f"{locale}-login", folder)
            fresh = await stage.visitor(locale=locale)
            await look_at(fresh.page, f"{locale}-chat-fresh", folder)
            await fresh.frame.get_by_test_id("human").click()
            await fresh.frame.get_by_test_id("queue").wait_for()
            await look_at(fresh.page, f"{locale}-chat-queue", folder)
            await fresh.page.evaluate("() => window.frontdesk('close')")
            await look_at(fresh.page, f"{locale}-shop", folder)
            visitor, agent = await played(stage, locale)
            await look_at(visitor.page, f"{locale}-chat", folder)
            await look_at(agent.page, f"{locale}-desk", folder)
            await agent.page.goto(f"{stage.url}/desk/")
            await agent.page.get_by_test_id("tab-closed").click()
            await look_at(agent.page, f"{locale}-desk-empty", folder)
            for name in ("team", "undelivered", "plugins"):
                await agent.page.goto(f"{stage.url}/desk/settings/{name}")
                await agent.page.get_by_role("heading", level=1).wait_for()
                await look_at(agent.page, f"{locale}-{name}", folder)


def main(arguments: Sequence[str]) -> None:
    """`take_pictures.py [FOLDER]`."""
    asyncio.run(everything(Path(arguments[0])) if arguments else for_the_documents())


if __name__ == "__main__":
    main(sys.argv[1:])
