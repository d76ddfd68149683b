"""An agent at work: in a house of the test's own, or in the express service of `config/express.yaml`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.browser.house import ROOT, Demo
from tests.browser.people import AgentPage
from tests.browser.stage import Stage
from tests.desk.kit import House
from tests.express.phones import Phones


async def at_work(scene: Stage, house: House, locale: str = "zh-CN", *, phone: bool = False) -> AgentPage:
    """The first account, an administrator's, on a page whose clock the test can move."""
    token = await house.accounts.make_setup_link()
    context = await scene.context(locale=locale, phone=phone)
    await context.clock.install()
    return await AgentPage.set_up(context, f"{house.url}/desk/setup#token={token}", "liufang", "刘芳")


@asynccontextmanager
async def at_the_express(scene: Stage, folder: Path) -> AsyncIterator[tuple[AgentPage, Phones]]:
    """The express service's administrator, who is not online yet, and the phones of those who write by WeChat and QQ."""
    express = Demo(folder / "data", ROOT / "config" / "express.yaml")
    scene.url = express.url
    phones = Phones(express.url)
    async with phones.running():
        express.environment.update(phones.environment)
        await express.start()
        try:
            yield await AgentPage.set_up(await scene.context(), express.setup_link, "liufang", "刘芳"), phones
        finally:
            await express.kill()
