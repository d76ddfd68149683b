"""An agent at work in a house of the test's own."""

from __future__ import annotations

from tests.browser.people import AgentPage
from tests.browser.stage import Stage
from tests.desk.kit import House


async def at_work(scene: Stage, house: House, locale: str = "zh-CN", *, phone: bool = False) -> AgentPage:
    """The first account, an administrator's, on a page whose clock the test can move."""
    token = await house.accounts.make_setup_link()
    context = await scene.context(locale=locale, phone=phone)
    await context.clock.install()
    return await AgentPage.set_up(context, f"{house.url}/desk/setup#token={token}", "liufang", "刘芳")
