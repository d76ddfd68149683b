"""How the queues are: the page of supervisors, and what a customer who went left at the workbench."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from hub import Agent, Choice, Conversation, Inbound, Person, Plugin, PluginConfig, Sender, Text, hookimpl
from hub_routing import Routing
from tests.browser.checks import wrong
from tests.browser.house import SHOTS
from tests.browser.stage import Stage
from tests.browser.work import at_work
from tests.desk.kit import CONFIG, PASSWORD, House, open_house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ROUTED: Final = f"""{CONFIG.rstrip()}
  - {{use: first}}
routing:
  agents: {{capacity: 100, cost: {{toy: 60}}}}
  experiment: {{name: pairing-1, policy_b: plugin.first, split: 0.5}}
  queues:
    front: {{sla: {{answer: {{within: 20s, target: 0.9}}}}, callback: {{tries: 1}}}}
"""
COLUMNS: Final = {
    "zh-CN": ["队列", "等待", "最久已等", "预计等待", "在岗客服", "今天按时", "今天接待", "今天离开"],
    "en": [
        "Queue", "Waiting", "Longest wait", "Expected wait", "Agents on", "In time today", "Answered today", "Left today",
    ],
}  # fmt: skip


# In how many lines the words of an element stand.
LINES: Final = """(one) => {
    const range = document.createRange()
    range.selectNodeContents(one)
    return new Set([...range.getClientRects()].map(({top}) => top)).size
}"""


class First(Plugin[PluginConfig]):
    """Takes the first it is shown."""

    @hookimpl
    async def pick_agent(self, conversation: Conversation, person: Person, candidates: Sequence[Agent]) -> int | None:
        return candidates[0].id


@pytest_asyncio.fixture(loop_scope="session")
async def routed(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, config=ROUTED, routing=Routing, first=First) as house:
        yield house


async def comes(house: House, who: str, text: str = "你好", payload: str = "") -> None:
    """A customer writes, or presses a button; one whose number is known."""
    body = Choice(text, payload) if payload else Text(text)
    sender = Sender(who, name=who, attributes={"phone": "+86 138-0013-8000"})
    await house.toy.ctx.accept(Inbound(f"{who}-{text}", sender, (body,)))


@pytest.mark.parametrize(("locale", "phone"), [("zh-CN", False), ("en", True)])
async def test_a_supervisor_sees_the_queues_and_the_experiment(scene: Stage, routed: House, locale: str, phone: bool) -> None:
    agent = await at_work(scene, routed, locale, phone=phone)
    page = agent.page
    await comes(routed, "王明")
    await page.get_by_test_id("nav-queues").click()
    table = page.get_by_role("table", name=re.compile("各队列现在的情况|How the queues are now"))
    await table.wait_for()
    assert await table.get_by_role("columnheader").all_inner_texts() == COLUMNS[locale]
    name = page.get_by_role("rowheader", name="前台" if locale == "zh-CN" else "Front desk")
    front = table.get_by_role("row").filter(has=name)
    cells = front.get_by_role("cell").locator(".value")
    await expect(cells.nth(0)).to_have_text("1")
    await expect(cells.nth(4)).to_contain_text("–")
    await expect(cells.nth(4)).to_contain_text("90")
    await page.get_by_test_id("state-online").click()
    await comes(routed, "李雷")
    await by_the_hour(page, locale)
    # Nobody presses anything: it is looked at again while the page is open.
    for column, shown in ((0, "1"), (3, "1"), (5, "1")):
        while await cells.nth(column).inner_text() != shown:
            await page.clock.run_for(10_000)
    again = page.get_by_test_id("queues-again")
    await again.focus()
    await page.keyboard.press("Enter")
    report = page.get_by_test_id("experiment")
    await expect(report.get_by_role("table")).to_contain_text("pairing-1")
    await expect(report.get_by_role("columnheader")).to_have_count(2)
    assert await wrong(page, locale, "queues", whole=True) == []


async def by_the_hour(page: Page, locale: str) -> None:
    """Who came today, hour by hour, of all queues and of one."""
    table = page.get_by_role("table", name="今天各时段" if locale == "zh-CN" else "Today by the hour")
    names = ["时段", "到达", "接待", "离开", "平均等待", "最长等待"]
    english_names = ["Hour", "Came", "Answered", "Left", "Mean wait", "Longest wait"]
    assert await table.get_by_role("columnheader").all_inner_texts() == (names if locale == "zh-CN" else english_names)
    for head in (await table.get_by_role("columnheader").all())[:4]:
        assert await head.evaluate(LINES) == 1, "a word is not broken"
    row = table.get_by_test_id("hour")
    while await row.get_by_role("cell").first.inner_text() != "2":
        await page.clock.run_for(10_000)
    await expect(row.get_by_role("rowheader")).to_have_text(re.compile(r"^\d\d–\d\d$"))
    await expect(row.get_by_role("cell").nth(1)).to_have_text("1")
    await expect(row.get_by_role("cell").nth(2)).to_have_text("0")
    await expect(row.get_by_role("cell").nth(3)).to_have_text(re.compile(r"^\d+:\d\d$"))
    queue = page.get_by_role("combobox", name="队列" if locale == "zh-CN" else "Queue")
    await queue.select_option("back")
    await expect(page.get_by_test_id("hours-none")).to_be_visible()
    await queue.select_option("front")
    await expect(row.get_by_role("cell").first).to_have_text("2")
    for colour in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if colour == "dark" else "light")
        await row.scroll_into_view_if_needed()
        await page.screenshot(path=SHOTS / f"queues-hours-{locale}-{colour}.png")


async def test_the_hours_of_all_queues_are_those_of_each_together(scene: Stage, routed: House) -> None:
    def hour(hour: int, came: int, answered: int, mean: float | None, longest: float | None) -> dict[str, float | None]:
        return {"hour": hour, "came": came, "answered": answered, "left": came - answered, "mean": mean, "longest": longest}

    days = {"front": [hour(9, 3, 1, 10, 10), hour(10, 1, 0, None, None)], "back": [hour(8, 1, 1, 5, 5), hour(9, 2, 2, 40, 70)]}
    page = (await at_work(scene, routed)).page

    async def answer(route: Route) -> None:
        told = await (await route.fetch()).json()
        for queue in told["queues"]:
            queue["today"]["hours"] = days[queue["queue"]]
        await route.fulfill(json=told)

    await page.route("**/api/routing/queues*", answer)
    await page.get_by_test_id("nav-queues").click()
    rows = page.get_by_test_id("hour")
    # The cells of a row, one after another.
    await expect(rows).to_have_text(["08–091100:050:05", "09–105320:301:10", "10–11101––"])
    await page.get_by_test_id("hours-of").select_option("back")
    await expect(rows).to_have_text(["08–091100:050:05", "09–102200:401:10"])


async def test_what_cannot_be_renewed_is_said_and_what_was_known_stays(scene: Stage, routed: House) -> None:
    page = (await at_work(scene, routed)).page
    await page.get_by_test_id("nav-queues").click()
    row = page.get_by_test_id("queue").first
    await row.wait_for()
    await expect(page.get_by_test_id("experiment-none")).to_have_text("实验 pairing-1 还没有会话。")
    path = "**/api/routing/queues*"
    await page.route(path, lambda route: route.fulfill(status=500, body="broken"))
    await page.clock.run_for(10_000)
    await expect(page.get_by_role("alert")).to_contain_text("没有更新成功")
    await expect(row).to_be_visible()
    assert await wrong(page, "zh-CN", "queues-late", whole=True) == []
    await page.reload()
    await expect(page.get_by_text("没有加载出来，请稍后再试。")).to_be_visible()
    await page.unroute(path)
    await page.clock.run_for(10_000)
    await expect(row).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_the_page_is_for_supervisors_where_there_is_routing(scene: Stage, routed: House) -> None:
    await routed.accounts.make_setup_link()
    await routed.agent("root", "admin")
    await routed.agent("bob")
    page = await (await scene.context()).new_page()
    await page.goto(f"{routed.url}/desk/settings/queues")
    await page.get_by_test_id("login").fill("bob")
    await page.get_by_test_id("password").fill(PASSWORD)
    await page.get_by_test_id("submit").click()
    await page.wait_for_url("**/desk/")
    await page.get_by_test_id("load").wait_for()
    await expect(page.get_by_test_id("nav-queues")).to_have_count(0)


async def test_a_hub_without_routing_says_so(scene: Stage, tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        agent = await at_work(scene, house)
        page, complaints = agent.page, list[str]()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        await house.conversation("visitor", "看看控制台")
        await agent.take("看看控制台")
        await page.reload()
        await page.get_by_test_id("release").wait_for()
        await page.get_by_test_id("nav-team").click()
        await page.get_by_role("heading", level=1).wait_for()
        await expect(page.get_by_test_id("nav-queues")).to_have_count(0)
        assert complaints == [], "a page asks only the plugins that are there"
        await page.goto(f"{house.url}/desk/settings/queues")
        await expect(page.get_by_text("没有运行分配插件")).to_be_visible()
        await expect(page.get_by_test_id("experiment")).to_have_count(0)


# Whatever of the scrolling box is at the load's place would be under it, however far it is scrolled.
APART: Final = """([inside, load]) => {
    let box = inside
    while (getComputedStyle(box).overflowY === 'visible') box = box.parentElement
    return box.getBoundingClientRect().bottom <= load.getBoundingClientRect().top
}"""


async def test_on_a_phone_the_load_hides_nothing(scene: Stage, routed: House) -> None:
    page = (await at_work(scene, routed, phone=True)).page
    for number in range(12):
        await comes(routed, f"顾客{number}")
    await page.get_by_test_id("tab-waiting").click()
    rows = page.get_by_test_id("conversation-row")
    await expect(rows).to_have_count(12)
    load = await page.get_by_test_id("load").element_handle()
    assert await page.evaluate(APART, [await rows.first.element_handle(), load])
    badge = page.get_by_test_id("nav-desk").locator(".badge")
    assert await badge.evaluate("(one) => one.scrollHeight <= one.clientHeight"), "12 is one line"
    assert await wrong(page, "zh-CN", "load-over-list") == []
    await page.get_by_test_id("nav-queues").click()
    await page.get_by_test_id("queue").first.wait_for()
    last = page.get_by_role("cell").last
    assert await page.evaluate(APART, [await last.element_handle(), await page.get_by_test_id("load").element_handle()])
    await page.screenshot(path=SHOTS / "load-over-queues.png")


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
async def test_who_went_is_to_be_called_back_at_this_number(scene: Stage, routed: House, locale: str) -> None:
    agent = await at_work(scene, routed, locale)
    page = agent.page
    await comes(routed, "王明")
    await page.get_by_test_id("tab-waiting").click()
    await agent.row("王明").click()
    pane = page.get_by_test_id("customer-pane")
    await comes(routed, "王明", "给我回电", "routing:callback")
    await expect(pane.get_by_text("待回电" if locale == "zh-CN" else "To be called back", exact=True)).to_be_visible()
    number = pane.get_by_test_id("call-back")
    await expect(number).to_have_text("+86 138-0013-8000")
    await expect(number).to_have_attribute("href", "tel:+8613800138000")
    assert await wrong(page, locale, "call-back", whole=True) == []
    await comes(routed, "王明", "不用回电了", "routing:stay")
    await expect(number).to_have_count(0)
    await expect(pane.get_by_text("待回电" if locale == "zh-CN" else "To be called back", exact=True)).to_have_count(0)
