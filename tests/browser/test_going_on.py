"""Issue of claims and what is told about waiting, at the workbench of a hub with people and routing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.checks import serious, still
from tests.browser.house import PATIENCE, SHOTS
from tests.browser.stage import Stage
from tests.browser.work import at_the_express

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_visitor_goes_on_over_wechat_and_qq_with_the_same_agent(scene: Stage, tmp_path: Path) -> None:
    async with at_the_express(scene, tmp_path) as (agent, phones):
        visitor = await scene.visitor()
        await visitor.asks_for_a_person("包裹破损了")
        # Nobody is there yet: the desk says why this customer waits, and why no work comes.
        await agent.page.get_by_test_id("tab-waiting").click()
        await agent.row("包裹破损了").click()
        await expect(agent.page.get_by_test_id("why-waiting")).to_contain_text("队列")
        await agent.page.get_by_test_id("state-online").click()
        await agent.page.get_by_test_id("claim").click()
        code = (await agent.page.get_by_test_id("claim-code").inner_text()).strip()
        assert len(code) == 4
        assert await serious(agent.page) == []
        SHOTS.mkdir(exist_ok=True)
        await agent.page.screenshot(path=SHOTS / "claim.png")
        await phones.says("wechat", "oLiLei", code)
        await expect(agent.page.get_by_test_id("claim-used")).to_be_visible()
        await agent.page.keyboard.press("Escape")
        await phones.says("wechat", "oLiLei", "照片在这里")
        await expect(agent.page.get_by_test_id("message").filter(has_text="照片在这里")).to_be_visible()
        await expect(agent.page.get_by_test_id("conversation-row")).to_have_count(1)
        await agent.page.get_by_test_id("composer-input").fill("收到照片了")
        await agent.page.get_by_test_id("composer-input").press("Enter")
        async with asyncio.timeout(PATIENCE):
            while "收到照片了" not in phones.heard("wechat", "oLiLei"):
                await agent.page.evaluate("() => new Promise(requestAnimationFrame)")
        # And once more, to QQ: one conversation with three legs.
        await agent.page.get_by_test_id("claim").click()
        await agent.page.get_by_test_id("claim-code").filter(has_not_text=code).wait_for()
        again = (await agent.page.get_by_test_id("claim-code").inner_text()).strip()
        await phones.says("qq", "HANMEIMEI", again)
        await expect(agent.page.get_by_test_id("claim-used")).to_be_visible()
        await agent.page.keyboard.press("Escape")
        await phones.says("qq", "HANMEIMEI", "现在用 QQ")
        await expect(agent.page.get_by_test_id("message").filter(has_text="现在用 QQ")).to_be_visible()
        await expect(agent.page.get_by_test_id("conversation-row")).to_have_count(1)
        await visitor.sees("包裹破损了")
        assert not await visitor.count("照片在这里"), "the page shows its visitor's own legs"
        await expect(agent.page.get_by_test_id("customer-pane")).to_contain_text("HANMEIMEI")
        await agent.page.mouse.move(2, 2)
        await still(agent.page)
        # As the documents show it: docs/images/joint.png.
        await agent.page.screenshot(path=SHOTS / "joint.png", animations="disabled", caret="hide")
        await agent.page.get_by_test_id("load").click()
        await expect(agent.page.get_by_test_id("why-no-work")).to_be_visible()
