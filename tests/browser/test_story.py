"""The whole story in a browser: asks, is answered, is handed over, is served, and nothing is lost by kill -9."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.browser.checks import serious
from tests.browser.house import Demo
from tests.browser.people import AgentPage, VisitorPage
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_from_the_first_question_to_the_last_word(demo: Demo, browser: Browser) -> None:
    stage = Stage(browser, demo.url)
    visitor = await stage.visitor()
    await visitor.says("我的快递到哪了，怎么查？")
    await visitor.hears("运单号")
    assert await serious(visitor.frame) == []
    await visitor.says("火星基地的咖啡机密码是什么")
    await visitor.hears("没有把握")
    await visitor.says("金星基地的咖啡机密码又是什么")
    await visitor.hears("正在为您转接人工客服")

    agent = await AgentPage.set_up(await stage.context(), demo.setup_link, "liufang", "刘芳")
    await agent.take("金星基地")
    await agent.sees("我的快递到哪了，怎么查？")
    await visitor.hears("刘芳 为您服务")
    await agent.writes("您好，请问运单号是多少？")
    await visitor.hears("您好，请问运单号是多少？")
    await agent.writes("客户很客气", note=True)
    assert await visitor.count("客户很客气") == 0

    second = await VisitorPage.visit(visitor.page.context, f"{stage.url}/")
    await second.hears("您好，请问运单号是多少？")

    await demo.kill()
    await agent.is_("reconnecting")
    await visitor.is_("offline")
    await visitor.says("运单号 CP1234567890123")
    await demo.start()
    await agent.sees("运单号 CP1234567890123")
    await agent.writes("已经查到，今天下午送达。")
    await visitor.hears("已经查到，今天下午送达。")
    await second.hears("已经查到，今天下午送达。")
    for words in ("运单号 CP1234567890123", "已经查到，今天下午送达。", "您好，请问运单号是多少？"):
        assert await visitor.count(words) == 1, words
        assert await agent.count(words) == 1, words
    assert await serious(agent.page) == []
    await agent.closes()
    await visitor.hears("本次服务已结束")
    assert await demo.stop() == 0
    await stage.clear("")


async def test_english_visitors_are_served_in_english(stage: Stage) -> None:
    visitor = await stage.visitor(locale="en-US")
    await visitor.says("How do I track my parcel?")
    await visitor.hears("tracking number")
    await visitor.frame.get_by_test_id("human").click()
    await visitor.hears("colleague, who sees our whole conversation")
