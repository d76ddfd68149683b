"""The composer says how many answers the platform still takes and until when, warns near the end, and why nothing can be sent."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Final

import pytest
import pytest_asyncio
from playwright.async_api import expect

from hub import Allowance, Leg, Outbound, Sent
from hub_windows import Windows
from tests.browser.checks import serious, wrong
from tests.browser.people import AgentPage
from tests.browser.stage import Stage
from tests.desk.kit import House, Toy, open_house
from tests.ops.kit import WITH_OPS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOURS: Final = 3600.0
LEFT: Final = {
    "zh-CN": {
        3: r"还可回复 3 条，截至 \d\d-\d\d \d\d:\d\d",
        1: r"还可回复 1 条，截至 \d\d-\d\d",
        0: "回复条数已用完.*客户再次发来消息后即可回复",
    },
    "en": {
        3: r"3 replies left, until \w+ \d+, \d\d:\d\d",
        1: r"1 reply left, until",
        0: "All replies .* are used.*once the customer writes",
    },
}


class Counted(Toy):
    """Takes three answers after each message of the customer's, for as long as it is told."""

    tables: ClassVar[str] = "hub_windows.tables"
    lasts = 40 * HOURS
    windows: Windows

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self.windows = Windows(self.ctx)
        yield

    async def hear(self, who: str, text: str) -> int:
        await self.windows.opened(who, "message", messages=3, seconds=self.lasts)
        return await super().hear(who, text)

    async def send(self, message: Outbound) -> Sent:
        # What the house says costs nothing here.
        if not message.author:
            return await super().send(message)
        permit = await self.windows.take(message.address, message.key)
        sent = await super().send(message)
        return Sent(sent.external_id, via="api", detail=f"{permit.number}/3")

    async def allowance(self, leg: Leg) -> Allowance:
        return await self.windows.left(leg.address)


@pytest_asyncio.fixture(loop_scope="session")
async def counted(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, config=WITH_OPS, toy=Counted) as house:
        yield house


async def at_work(scene: Stage, house: House, locale: str, *, phone: bool = False) -> AgentPage:
    """An agent who has taken the customer's conversation."""
    token = await house.accounts.make_setup_link()
    context = await scene.context(locale=locale, phone=phone)
    agent = await AgentPage.set_up(context, f"{house.url}/desk/setup#token={token}", "liufang", "刘芳")
    await house.toy.hear("王小明", "你好")
    await agent.take("王小明")
    return agent


@pytest.mark.parametrize(("locale", "phone"), [("zh-CN", False), ("en", True)])
async def test_what_is_left_is_said_where_one_writes(scene: Stage, counted: House, locale: str, phone: bool) -> None:
    agent, words = await at_work(scene, counted, locale, phone=phone), LEFT[locale]
    note, send = agent.page.get_by_test_id("allowance"), agent.page.get_by_test_id("composer-send")
    size = "phone" if phone else "wide"

    async def says(left: int) -> None:
        await expect(note).to_have_text(re.compile(words[left]))

    await says(3)
    await expect(note).to_have_attribute("aria-live", "polite")
    await expect(note).not_to_have_class("low")
    assert await wrong(agent.page, locale, f"allowance-{size}-3") == []
    for number in (1, 2):
        await agent.writes(f"第 {number} 条")
    await says(1)
    assert "low" in str(await note.get_attribute("class"))
    assert await wrong(agent.page, locale, f"allowance-{size}-1") == []
    await agent.writes("第 3 条")
    await says(0)
    await expect(send).to_have_attribute("aria-disabled", "true")
    await expect(send).to_have_accessible_description(str(await note.inner_text()))
    await agent.input.fill("还有一句")
    await agent.input.press("Enter")
    await send.click(force=True)
    await expect(agent.input).to_have_value("还有一句")
    assert await wrong(agent.page, locale, f"allowance-{size}-0") == []
    # A note is for colleagues: no platform has a say in it.
    await agent.page.get_by_test_id("tab-note").click()
    await expect(send).to_be_enabled(enabled=False)
    await expect(note).to_be_hidden()
    await agent.page.get_by_test_id("tab-reply").click()
    await counted.toy.hear("王小明", "还在吗")
    await says(3)
    await agent.input.press("Enter")
    await agent.sees("还有一句")
    assert await agent.count("还有一句") == 1


async def test_less_than_an_hour_is_a_warning_and_the_end_is_said(scene: Stage, counted: House) -> None:
    assert isinstance(counted.toy, Counted)
    counted.toy.lasts = 50 * 60
    agent = await at_work(scene, counted, "zh-CN")
    note = agent.page.get_by_test_id("allowance")
    await expect(note).to_contain_text("还可回复 3 条，截至")
    assert "low" in str(await note.get_attribute("class"))
    await counted.toy.windows.shut("王小明")
    # Whatever is said, the channel is asked anew.
    await agent.writes("太晚了", note=True)
    await agent.page.get_by_test_id("tab-reply").click()
    await expect(note).to_contain_text("平台的回复时限已过")
    await expect(agent.page.get_by_test_id("composer-send")).to_have_text("暂不能发送")


async def test_how_each_message_went_out_or_why_not_is_told_beside_it(scene: Stage, counted: House) -> None:
    agent = await at_work(scene, counted, "zh-CN")
    await agent.writes("查到了")
    await agent.writes("refuse me")
    await agent.page.get_by_text("发送失败").first.wait_for()
    await agent.page.get_by_test_id("story-load").click()
    story = agent.page.get_by_test_id("story")
    await expect(story).to_contain_text("经 toy 以接口消息发出（1/3）：查到了")
    await expect(story).to_contain_text("发送失败（the platform says no）：refuse me")
    assert await serious(agent.page) == []
    await agent.page.get_by_test_id("locale-switch").click()
    await expect(story).to_contain_text("Sent on toy by the platform's API (1/3)")
