"""`config/express.yaml`: customers of the web chat, of WeChat and of QQ in one list, answered where they wrote."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.house import PATIENCE, SHOTS
from tests.browser.stage import Stage
from tests.browser.work import at_the_express

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_customers_of_three_channels_are_in_one_list(scene: Stage, tmp_path: Path) -> None:
    async with at_the_express(scene, tmp_path) as (agent, phones):
        await agent.page.get_by_test_id("state-online").click()
        await phones.says("wechat", "oLiLei", "我的快递到哪了")
        await phones.says("qq", "HANMEIMEI", "寄快递多少钱")
        visitor = await scene.visitor()
        await visitor.frame.get_by_test_id("human").click()
        await visitor.says("包裹破损了")
        for platform, who in (("wechat", "oLiLei"), ("qq", "HANMEIMEI")):
            await phones.says(platform, who, "转人工")
        # Routing brings all three to the agent who is there.
        await agent.page.get_by_test_id("tab-mine").click()
        for words in ("包裹破损了", "转人工"):
            await expect(agent.row(words).first).to_be_visible()
        await expect(agent.page.get_by_test_id("conversation-row")).to_have_count(3)
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
