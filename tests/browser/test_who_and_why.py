"""Who a customer is, where they go on, why they wait and what is offered: at the workbench of a hub with people and routing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Request, expect

from hub import Inbound, Sender, Text
from hub_people import People
from hub_routing import Routing
from tests.browser.checks import wrong
from tests.browser.stage import Stage
from tests.browser.work import at_work
from tests.desk.kit import CONFIG, House, open_house
from tests.people.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BOTH: Final = f"""{CONFIG}
people: {{keys: [{{kind: phone, trust: never, confidence: 0.8}}]}}
routing: {{agents: {{capacity: 100, cost: {{toy: 60}}}}, offer: {{accept: {{toy: 300s}}}}}}
shop: {{}}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def both(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, config=BOTH, people=People, routing=Routing, shop=Shop) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="session")
async def plain(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def comes(house: House, who: str, text: str = "你好", **sender: Any) -> None:
    """A customer writes."""
    await house.toy.ctx.accept(Inbound(f"{who}-{text}", Sender(who, name=who, **sender), (Text(text),)))


@pytest.mark.parametrize(("locale", "phone"), [("zh-CN", False), ("en", True)])
async def test_who_a_customer_is_gets_decided_undone_and_erased(scene: Stage, both: House, locale: str, phone: bool) -> None:
    agent = await at_work(scene, both, locale, phone=phone)
    page = agent.page
    await comes(both, "王小明", keys={"phone": "13800138000"})
    await comes(both, "王明", keys={"phone": "+86 138 0013 8000"})
    await agent.take("王小明")
    if phone:
        await page.get_by_test_id("side-toggle").click()
    question = page.get_by_test_id("candidate")
    await expect(question).to_contain_text("王明")
    await expect(question).to_contain_text("很可能（80%）" if locale == "zh-CN" else "likely (80%)")
    assert await wrong(page, locale, "who-candidate") == []
    await question.get_by_test_id("same").click()
    conflict = page.get_by_test_id("conflict")
    await expect(conflict.get_by_test_id("keep")).to_have_text("王小明")
    await expect(question).to_have_count(0)
    await expect(page.get_by_test_id("merge")).to_contain_text("刘芳")
    assert await wrong(page, locale, "who-conflict") == []
    await conflict.get_by_test_id("take-value").click()
    await expect(conflict).to_have_count(0)
    await expect(page.get_by_test_id("customer-pane").get_by_role("heading", level=2)).to_have_text("王明")
    # Two of each: the toy's address and the number.
    sources = page.locator("#side-identities .muted")
    await expect(sources).to_have_count(2)
    await expect(page.locator("#side-identities .channel").filter(has_text=re.compile("^Toy$"))).to_have_count(2)
    await expect(sources.filter(has_text=re.compile("合并|joined"))).to_have_count(1)
    await page.get_by_test_id("undo").click()
    await page.get_by_test_id("confirm").click()
    await expect(page.get_by_test_id("merge")).to_have_count(0)
    await expect(sources).to_have_count(1)
    await page.get_by_test_id("erase").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("统计保留" if locale == "zh-CN" else "counts and times stay")
    assert await wrong(page, locale, "who-erase") == []
    # Switched off at the time: it has still to forget them.
    await both.hub.registry.stop("shop")
    await page.get_by_test_id("confirm").click()
    await expect(page.get_by_test_id("customer-pane").get_by_role("heading", level=2)).to_have_text(
        re.compile("已删除的客户|Erased customer")
    )
    await expect(page.get_by_test_id("erasing")).to_contain_text("shop")
    # Nor do the words stay on a page that showed them.
    await expect(page.get_by_test_id("message").filter(has_text="你好")).to_have_count(0)
    assert await wrong(page, locale, "who-erasing") == []


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
async def test_who_is_somebody_else_is_rejected_once_it_can_be_stored(scene: Stage, both: House, locale: str) -> None:
    agent = await at_work(scene, both, locale)
    page = agent.page
    await comes(both, "王小明", keys={"phone": "13800138000"})
    await comes(both, "王明", keys={"phone": "+86 138 0013 8000"})
    await agent.take("王小明")
    question = page.get_by_test_id("candidate")
    await expect(question).to_contain_text("王明")
    path = "**/api/people/candidates/*/reject"
    await page.route(path, lambda route: route.fulfill(status=500, body="broken"))
    await question.get_by_test_id("different").click()
    await expect(page.locator(".el-message--error")).to_be_visible()
    # Nothing was decided, and the buttons work again.
    await expect(question.get_by_test_id("different")).to_be_enabled()
    await page.unroute(path)
    await question.get_by_test_id("different").click()
    await expect(question).to_have_count(0)
    await expect(page.get_by_test_id("merge")).to_have_count(0)


async def test_a_question_a_colleague_has_answered_goes_when_it_is_answered_again(scene: Stage, both: House) -> None:
    agent = await at_work(scene, both)
    page = agent.page
    await comes(both, "王小明", keys={"phone": "13800138000"})
    await comes(both, "王明", keys={"phone": "+86 138 0013 8000"})
    await agent.take("王小明")
    question = page.get_by_test_id("candidate")
    await expect(question).to_contain_text("王明")
    people = both.hub.registry.get("people")
    assert isinstance(people, People)
    await people.candidates.reject(await both.hub.store.reader.value("SELECT id FROM people_candidate"), "colleague")
    await question.get_by_test_id("same").click()
    await expect(page.locator(".el-message--error")).to_be_visible()
    await expect(question).to_have_count(0)


@pytest.mark.parametrize(("locale", "phone"), [("zh-CN", False), ("en", True)])
async def test_a_claim_says_when_it_was_used_and_when_it_is_over(scene: Stage, both: House, locale: str, phone: bool) -> None:
    agent = await at_work(scene, both, locale, phone=phone)
    page = agent.page
    await comes(both, "王小明")
    await agent.take("王小明")
    await page.get_by_test_id("claim").wait_for()
    await page.keyboard.press("Control+Shift+L")
    code = page.get_by_test_id("claim-code")
    await expect(code).to_have_text(re.compile(r"^\d{4}$"))
    dialog = page.get_by_test_id("claim-dialog")
    await expect(dialog.get_by_role("timer")).to_have_text(re.compile(r"^(10:00|9:\d\d)$"))
    assert await dialog.locator("[aria-live=polite]").inner_text() in ("剩余约 10 分钟", "about 10 minutes left")
    assert await wrong(page, locale, "claim") == []
    first = await code.inner_text()
    await comes(both, "李雷", first)
    await expect(page.get_by_test_id("claim-used")).to_contain_text("Toy")
    await expect(code).to_have_count(0)
    assert await wrong(page, locale, "claim-used") == []
    await page.get_by_test_id("claim-again").click()
    await expect(code).not_to_have_text(first)
    second = await code.inner_text()
    # Who is on that channel already brings no new leg: the code stays good for elsewhere.
    await comes(both, "李雷", second)
    await expect(page.get_by_test_id("message").filter(has_text=second)).to_have_count(1)
    await expect(code).to_have_text(second)
    await page.clock.fast_forward("10:30")
    await expect(page.get_by_test_id("claim-over")).to_be_visible()
    await expect(code).to_have_count(0)
    assert await wrong(page, locale, "claim-over") == []


@pytest.mark.parametrize(("locale", "phone"), [("zh-CN", False), ("en", True)])
async def test_what_is_offered_and_why_somebody_waits(scene: Stage, both: House, locale: str, phone: bool) -> None:
    agent = await at_work(scene, both, locale, phone=phone)
    page = agent.page
    load, offer = page.get_by_test_id("load"), page.get_by_test_id("offer")
    await expect(load).to_contain_text("0/100")
    await page.get_by_test_id("state-online").click()
    await comes(both, "王小明")
    await expect(offer).to_contain_text("王小明")
    await expect(page.get_by_test_id("announcer")).to_contain_text("王小明")
    assert await wrong(page, locale, "offer") == []
    await offer.get_by_test_id("offer-decline").click()
    await expect(offer).to_have_count(0)
    await page.get_by_test_id("tab-waiting").click()
    await agent.row("王小明").click()
    wait = page.get_by_test_id("wait")
    await expect(wait).to_contain_text(re.compile("第 1 位|No. 1"))
    await wait.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("wait-reasons")).to_contain_text("刘芳")
    assert await wrong(page, locale, "wait") == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("wait-reasons")).to_be_hidden()
    await comes(both, "李雷")
    await offer.get_by_test_id("offer-accept").click()
    await expect(page).to_have_url(re.compile(r"/desk/c/\d+$"))
    await expect(page.get_by_test_id("release")).to_be_visible()
    await expect(offer).to_have_count(0)
    if phone:
        await page.get_by_test_id("back").click()
    await expect(load).to_contain_text("60/100")
    await load.click()
    await expect(page.get_by_test_id("why-no-work")).to_contain_text("60" if phone else "已满")
    box = page.get_by_role("checkbox")
    await box.uncheck()
    await expect(page.get_by_test_id("why-no-work")).to_contain_text("Toy")
    assert await wrong(page, locale, "load") == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("why-no-work")).to_be_hidden()
    await expect(load).to_be_focused()


@pytest.mark.parametrize(("locale", "phone"), [("zh-CN", False), ("en", True)])
async def test_the_list_tells_the_places_of_all_who_wait(scene: Stage, both: House, locale: str, phone: bool) -> None:
    agent = await at_work(scene, both, locale, phone=phone)
    page = agent.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/routing/places" in request.url else None)
    await page.get_by_test_id("tab-waiting").click()
    names = [f"王小明的很长的名字{number}" for number in range(1, 9)]
    for name in names:
        await comes(both, name)
    for number in (1, 8):
        place = agent.row(names[number - 1]).get_by_test_id("place")
        await expect(place).to_have_text(f"第 {number} 位" if locale == "zh-CN" else f"No. {number}")
    assert len(asked) < len(names)
    assert await wrong(page, locale, "places") == []
    # Who is taken has no place any more, and the others move up.
    await agent.take(names[0])
    if phone:
        await page.get_by_test_id("back").click()
    await page.get_by_test_id("tab-waiting").click()
    await expect(agent.row(names[1]).get_by_test_id("place")).to_have_text(re.compile("^(第 1 位|No. 1)$"))
    await page.get_by_test_id("tab-mine").click()
    await expect(agent.row(names[0])).to_be_visible()
    await expect(page.get_by_test_id("place")).to_have_count(0)


async def test_a_switch_that_cannot_be_stored_says_so_and_stays(scene: Stage, both: House) -> None:
    page = (await at_work(scene, both)).page
    await page.get_by_test_id("load").click()
    box = page.get_by_role("checkbox")
    await expect(box).to_be_checked()
    await page.route("**/api/routing/me/reception*", lambda route: route.fulfill(status=500, body="broken"))
    await page.get_by_role("checkbox").click()
    await expect(page.locator(".el-message--error")).to_have_text("没有改成，请再试一次")
    await expect(box).to_be_checked()
    await page.unroute("**/api/routing/me/reception*")
    await box.uncheck()
    await expect(page.get_by_test_id("why-no-work")).to_contain_text("Toy")


async def test_a_hub_without_them_shows_none_of_it_and_is_not_asked(scene: Stage, plain: House) -> None:
    asked: list[str] = []

    def keep(request: Request) -> None:
        if re.search("/api/(people|routing)/", request.url):
            asked.append(re.sub(r"\d+|\?.*", "", request.url.removeprefix(plain.url)))

    agent = await at_work(scene, plain)
    page = agent.page
    page.on("request", keep)
    await page.reload()
    await comes(plain, "王小明")
    await comes(plain, "李雷")
    await agent.take("王小明")
    await agent.take("李雷")
    await page.get_by_test_id("customer-pane").get_by_text("李雷").first.wait_for()
    await page.keyboard.press("Control+Shift+L")
    await page.locator("a[href$='/team']").first.click()
    await page.wait_for_url("**/team")
    await page.go_back()
    await page.get_by_test_id("release").wait_for()
    for name in ("load", "claim", "wait", "why-waiting", "who", "erase", "claim-dialog", "place"):
        await expect(page.get_by_test_id(name)).to_have_count(0)
    assert asked == []
