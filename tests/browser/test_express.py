"""`config/express.yaml`: customers of the web chat, of WeChat and of QQ in one list, answered where they wrote."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.house import PATIENCE, ROOT, SHOTS, Demo
from tests.browser.people import WAIT, AgentPage
from tests.browser.stage import Stage
from tests.express.phones import Phones

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_customers_of_three_channels_are_in_one_list(browser: Browser, tmp_path: Path) -> None:
    express = Demo(tmp_path / "data", ROOT / "config" / "express.yaml")
    phones = Phones(express.url)
    async with phones.running():
        express.environment.update(phones.environment)
        await express.start()
        stage = Stage(browser, express.url)
        try:
            agent = await AgentPage.set_up(await stage.context(), express.setup_link, "liufang", "刘芳")
            await agent.page.get_by_test_id("state-online").click()
            await phones.says("wechat", "oLiLei", "我的快递到哪了")
            await phones.says("qq", "HANMEIMEI", "寄快递多少钱")
            visitor = await stage.visitor()
            await visitor.frame.get_by_test_id("human").click()
            await visitor.says("包裹破损了")
            for platform, who in (("wechat", "oLiLei"), ("qq", "HANMEIMEI")):
                await phones.says(platform, who, "转人工")
            # Routing brings all three to the agent who is there.
            await agent.page.get_by_test_id("tab-mine").click()
            for words in ("包裹破损了", "转人工"):
                await expect(agent.row(words).first).to_be_visible(timeout=WAIT)
            await expect(agent.page.get_by_test_id("conversation-row")).to_have_count(3, timeout=WAIT)
            SHOTS.mkdir(exist_ok=True)
            await agent.page.screenshot(path=SHOTS / "express.png")
            for channel, words in (("微信", "已为您催件"), ("QQ", "跨省 12 元起")):
                await agent.row(channel).click()
                await agent.page.get_by_test_id("composer-input").fill(words)
                await agent.page.get_by_test_id("composer-input").press("Enter")
            for platform, who, words in (("wechat", "oLiLei", "已为您催件"), ("qq", "HANMEIMEI", "跨省 12 元起")):
                async with asyncio.timeout(PATIENCE):
                    while words not in phones.heard(platform, who):
                        await agent.page.evaluate("() => new Promise(requestAnimationFrame)")
        finally:
            await stage.clear("")
            await express.kill()
