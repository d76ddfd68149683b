"""Cards of those who wait: what they read, what they may do instead, and that nobody is told twice."""

from __future__ import annotations

import itertools
import json
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from hub import Answer, Bot, Buttons, Choice, Inbound, Limits, Message, PluginConfig, Sender, Text, Turn, hookimpl
from hub.testing import FakeChannel, use
from hub.testing.clock import ManualClock
from hub.testing.fixtures import MakeHub
from hub_routing import Routing
from hub_routing.calendars import opens_at
from hub_routing.live.wishes import Wishes
from hub_routing.policy import OpeningHours
from tests.databases import both_databases
from tests.routing.live import Service

PAGES: Final = Limits(kinds=frozenset({"text", "buttons", "waiting"}))
QUEUE: Final = {
    "announce": {"first": "5s", "every": "30s", "bands": ["1m", "5m"]},
    "callback": {"offer_if_ewt": "1s", "tries": 2},
    "overflow": {"after": "10s", "do": ["offer_message", "offer_bot"]},
}
POLICY: Final = {"agents": {"capacity": 20}, "queues": {"front": QUEUE}}


class Porter(Bot[PluginConfig]):
    """Knows nothing much."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer | None:
        return Answer.of("嗯。")


async def house_of(make_hub: MakeHub, policy: Any, clock: ManualClock, *, limits: Limits = PAGES) -> Service:
    plugins = (use(FakeChannel, "web", limits=limits), use(Porter, "porter"), use(Routing, "routing", policy))
    return Service(await make_hub(*plugins, clock=clock, service={"first_owner": "queue"}))


async def cards(house: Service, id: int) -> list[dict[str, Any]]:
    """All cards of a conversation, in order."""
    sql = "SELECT data FROM event WHERE conversation_id = ? AND kind = 'waiting.changed' ORDER BY id"
    return [json.loads(row["data"])["card"] for row in await house.kit.rows(sql, id)]


async def card(house: Service, id: int, *titles: str, place: int | None = None, text: str = "") -> dict[str, Any]:
    """The newest card of a conversation, once it is one with these words."""

    async def look() -> dict[str, Any] | None:
        found = (await cards(house, id) or [{}])[-1]
        right = found and (not titles or found["title"]["zh-CN"] in titles) and (place is None or found["place"] == place)
        return found if right and text in found["text"]["zh-CN"] else None

    found: dict[str, Any] = await house.kit.until(look, f"the card {titles} {place} {text}", turning=0.5)
    return found


async def attributes(house: Service, visitor: Any) -> dict[str, Any]:
    """What is known of a customer."""
    dossier = await house.routing.ctx.house.dossier((await visitor.conversation()).person_id)
    assert dossier is not None
    return dict(dossier.person.attributes)


def payloads(found: dict[str, Any]) -> list[str]:
    return [action["payload"] for action in found["actions"]]


@both_databases
async def test_the_place_moves_as_others_are_served_and_nothing_is_said_besides(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house = await house_of(make_hub, POLICY, clock)
    await house.agent("liu")
    served = await house.comes("u0")
    await house.with_agent(served)
    waiting = []
    for name in ("u1", "u2", "u3"):
        visitor = await house.comes(name)
        waiting.append((await visitor.is_with("queue")).id)
        await clock.advance(1)
    last = await card(house, waiting[2], "正在为您转接人工", place=3, text="前面还有 2 位 · 预计等待超过 5 分钟")
    assert last["text"]["en"] == "2 before you · estimated wait: more than 5 min"
    boss = house.kit.agent("boss")
    await boss.takes_over((await served.conversation()).id)
    await boss.closes()
    await card(house, waiting[2], place=2, text="前面还有 1 位")
    await card(house, waiting[1], place=1, text="您是下一位")
    await clock.advance(120)
    told = house.kit.world("web").texts("u3")
    assert not any("您前面" in text or "留言" in text or "机器人" in text for text in told), told
    places = [one["place"] for one in await cards(house, waiting[2])]
    assert places == sorted(places, reverse=True)
    found = await cards(house, waiting[2])
    assert all(one != other for one, other in itertools.pairwise(found)), "only what is new is stored"


async def test_a_channel_without_cards_is_told_in_messages(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house = await house_of(make_hub, POLICY, clock, limits=Limits(kinds=frozenset({"text", "buttons"})))
    await house.agent("liu")
    await house.with_agent(await house.comes("u0"))
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    await house.kit.until(lambda: id in house.routing.dispatcher.router.tasks, "they wait")
    await clock.advance(11)
    texts = house.kit.world("web").texts

    def told() -> bool:
        said = "".join(texts("u1"))
        return all(words in said for words in ("您是下一位，预计等待", "也可以留言", "继续由机器人"))

    await house.kit.until(told, "they are told", turning=0.1)
    assert await cards(house, id) == []


async def test_what_is_offered_is_what_the_policy_offers_now(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house = await house_of(make_hub, {"queues": {"front": {**QUEUE, "callback": None}}}, clock)
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    found = await card(house, id, "正在为您转接人工", place=1, text="客服暂时都不在线")
    assert payloads(found) == []
    await clock.advance(12)

    async def offered() -> bool:
        return payloads((await cards(house, id))[-1]) == ["routing:message", "routing:bot"]

    await house.kit.until(offered, "a message and the bot are offered", turning=0.5)
    await visitor.says(Choice("继续问机器人", "routing:bot"))
    await visitor.is_with("bot")


async def test_who_wants_to_be_called_leaves_a_number_and_keeps_the_place(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house = await house_of(make_hub, POLICY, clock)
    first, second = await house.comes("u1"), await house.comes("u2")
    await first.is_with("queue")
    id = (await second.is_with("queue")).id
    found = await card(house, id, place=2)
    (callback,) = (action for action in found["actions"] if action["payload"] == "routing:callback")
    assert callback["asks"]["type"] == "tel"
    assert "位置为您保留" in callback["asks"]["hint"]["zh-CN"]
    before = house.routing.dispatcher.router.tasks[id].arrived
    await second.says(Choice("给我回电", "routing:callback"), Text("+86 138-0013-8000"))
    found = await card(house, id, "已登记回电", place=2, text="位置为您保留 · 前面还有 1 位")
    assert payloads(found) == ["routing:stay"]
    assert house.routing.dispatcher.router.tasks[id].arrived == before
    assert (await attributes(house, second))["phone"] == "+86 138-0013-8000"
    log = await house.kit.rows("SELECT kind, data FROM event WHERE conversation_id = ?", id)
    assert "138" not in json.dumps([dict(row) for row in log]), "the log of events keeps no number"
    [asked] = [json.loads(row["data"]) for row in log if row["kind"] == "routing.callback"]
    assert asked["words"] == {"zh-CN": "客户要求回电", "en": "The customer asked to be called back"}
    assert "call_back" in (await second.conversation()).tags
    assert not any("联系您" in text for text in house.kit.world("web").texts("u2"))
    await second.says(Choice("给我回电", "routing:callback"), Text("+86 999"))
    await house.kit.settled()
    assert (await attributes(house, second))["phone"] == "+86 138-0013-8000"
    await house.agent("liu")
    await house.agent("wang")
    await house.with_agent(second)
    texts = house.kit.world("web").texts
    await house.kit.until(lambda: any("轮到您了" in text for text in texts("u2")), "they are called", turning=0.1)


async def kept(house: Service, id: int) -> bool:
    """Is a case to be called back, as it is stored?"""
    rows = await house.kit.rows("SELECT callback FROM routing_case WHERE conversation_id = ?", id)
    return bool(rows and rows[0]["callback"])


async def untagged(house: Service, visitor: Any) -> None:
    """Wait until nobody is to call them any more."""

    async def look() -> bool:
        return "call_back" not in (await visitor.conversation()).tags

    await house.kit.until(look, "nobody is to call them")


@both_databases
async def test_who_wants_no_call_back_any_more_waits_in_the_chat_at_the_same_place(make_hub: MakeHub) -> None:
    # Without overflow: how long anything takes here adds nothing to what is offered.
    policy = {**POLICY, "queues": {"front": {**QUEUE, "overflow": None}}}
    house = await house_of(make_hub, policy, ManualClock())
    first, second = await house.comes("u1"), await house.comes("u2")
    await first.is_with("queue")
    id = (await second.is_with("queue")).id
    await card(house, id, place=2)
    router, before = house.routing.dispatcher.router, (await cards(house, id))[-1]
    arrived = router.tasks[id].arrived
    await second.says(Choice("给我回电", "routing:callback"), Text("+86 138-0013-8000"))
    called = await card(house, id, "已登记回电", place=2)
    assert "To be called back when it is their turn" in house.routing.why_waiting(id, "en")["reasons"]
    assert [one["label"] for one in called["actions"]] == [{"zh-CN": "不用回电了", "en": "No call back"}]
    await third_comes(house)
    await second.says(Choice("不用回电了", "routing:stay"))
    again = await card(house, id, "正在为您转接人工", place=2, text=before["text"]["zh-CN"])
    assert payloads(again) == payloads(before) == ["routing:callback"]
    assert "asks" not in again["actions"][0], "the number they left is known"
    await untagged(house, second)
    assert (router.tasks[id].arrived, router.tasks[id].callback, await kept(house, id)) == (arrived, False, False)
    [told] = await house.kit.rows("SELECT data FROM event WHERE conversation_id = ? AND kind = 'routing.callback_withdrawn'", id)
    assert json.loads(told["data"])["words"]["zh-CN"] == "客户不用回电了，在这里等待，位置不变"
    await second.says(Choice("给我回电", "routing:callback"))
    await card(house, id, "已登记回电", place=2)
    assert await house.routing.stay(id)
    assert not await house.routing.stay(id), "nobody is to call them any more"
    await card(house, id, "正在为您转接人工", place=2)
    await house.kit.restart()
    assert not house.routing.dispatcher.router.tasks[id].callback
    house.agents.clear()
    await house.agent("liu")
    await house.agent("wang")
    await house.with_agent(second)
    await house.kit.settled()
    assert not any("轮到您了" in text for text in house.kit.world("web").texts("u2")), "who is here is not called"


async def third_comes(house: Service) -> None:
    """Somebody behind the others."""
    await (await house.comes("u3")).is_with("queue")


@pytest.mark.parametrize(
    ("locale", "asks", "confirmed", "word", "stays"),
    [
        ("zh-CN", "1", "轮到您时我们会联系您。想改为在这里等，请回复“不用回电了”。", "不用回电了！", "位置不变"),
        ("en-GB", "Get back to me.", "To wait here instead, reply “No call back”.", "no call back", "at the same place"),
    ],
)
async def test_without_cards_and_buttons_a_word_takes_it_back(
    make_hub: MakeHub, locale: str, asks: str, confirmed: str, word: str, stays: str
) -> None:
    clock = ManualClock()
    house = await house_of(make_hub, POLICY, clock, limits=Limits(kinds=frozenset({"text"})))
    await house.agent("liu")
    await house.with_agent(await house.comes("u0"))
    visitor, texts = house.kit.visitor("web", "u1", locale=locale), house.kit.world("web").texts
    await visitor.says(word)
    id = (await visitor.is_with("queue")).id
    router = house.routing.dispatcher.router
    await house.kit.until(lambda: id in router.tasks, "they wait")
    await clock.advance(6)
    await house.kit.until(lambda: any("1. " in text for text in texts("u1")), "a call back is offered", turning=0.1)
    await visitor.says("2")
    await visitor.says(asks)
    await house.kit.until(lambda: any(confirmed in text for text in texts("u1")), "it is noted", turning=0.1)
    assert await kept(house, id)
    arrived = router.tasks[id].arrived
    await visitor.says(word)
    await house.kit.until(lambda: any(stays in text for text in texts("u1")), "they stay", turning=0.1)
    await untagged(house, visitor)
    assert (router.tasks[id].arrived, await kept(house, id)) == (arrived, False)
    await visitor.says(word)
    await house.kit.settled()
    assert sum(stays in text for text in texts("u1")) == 1, "said once"


async def test_where_there_are_buttons_one_takes_it_back(make_hub: MakeHub) -> None:
    house = await house_of(make_hub, POLICY, ManualClock(), limits=Limits(kinds=frozenset({"text", "buttons"})))
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    await house.kit.until(lambda: id in house.routing.dispatcher.router.tasks, "they wait")
    await visitor.says(Choice("请稍后联系我", "routing:callback"))

    def button() -> Buttons | None:
        bodies = [part for message in house.kit.world("web").arrived for part in message.body]
        return next((one for one in bodies if isinstance(one, Buttons) and one.text.startswith("好的")), None)

    found: Buttons = await house.kit.until(button, "it is noted", turning=0.1)
    assert found.text == "好的，轮到您时我们会联系您。"
    await visitor.says(Choice(found.buttons[0].label, found.buttons[0].payload))
    await untagged(house, visitor)
    assert not await kept(house, id)


async def test_words_are_a_wish_only_where_the_policy_has_it(make_hub: MakeHub) -> None:
    house = await house_of(make_hub, {}, ManualClock(), limits=Limits(kinds=frozenset({"text"})))
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    await house.kit.until(lambda: id in house.routing.dispatcher.router.tasks, "they wait")
    for words in ("给我回电", "继续问机器人", "1", "不用回电了"):
        await visitor.says(words)
    await house.kit.settled()
    assert (await visitor.conversation()).owner_kind == "queue"
    assert (await visitor.conversation()).tags == ()
    assert not house.routing.dispatcher.router.tasks[id].callback


@both_databases
@pytest.mark.parametrize("payload", ["routing:callback", "routing:message", "routing:bot"])
async def test_a_wish_of_the_moment_in_which_the_hub_ended_is_carried_out_by_the_next(
    make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch, payload: str
) -> None:
    house = await house_of(make_hub, POLICY, ManualClock())
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    await card(house, id)
    with monkeypatch.context() as ended:
        # As if the process ended when the press was stored: nothing comes of it.
        ended.setattr(Wishes, "heard", ignored)
        await visitor.says(Choice("…", payload))
        await house.kit.settled()
        await house.kit.stop()
    await house.kit.restart()

    async def done() -> bool:
        now = await visitor.conversation()
        return now.owner_kind == "bot" or {"call_back", "message_left"} & {*now.tags} != set()

    await house.kit.until(done, "what they chose is done", turning=0.1)
    log = (
        "SELECT kind, data FROM event WHERE conversation_id = ?"
        " AND kind IN ('routing.callback', 'conversation.tagged', 'conversation.assigned') ORDER BY id"
    )
    before = await house.kit.rows(log, id)
    await house.kit.restart()
    await house.kit.settled()
    assert await house.kit.rows(log, id) == before, "and once"


async def test_what_was_said_to_a_bot_is_no_wish_of_who_waits_later(make_hub: MakeHub) -> None:
    plugins = (use(FakeChannel, "web"), use(Porter, "porter"), use(Routing, "routing", POLICY))
    house = Service(await make_hub(*plugins, clock=ManualClock(), service={"first_owner": "bot"}))
    visitor = house.kit.visitor("web", "u1")
    await visitor.says("给我回电")
    await visitor.hears("嗯。")
    await visitor.says(Choice("转人工", "hub:human"))
    id = (await visitor.is_with("queue")).id
    await house.kit.restart()
    tasks = house.routing.dispatcher.router.tasks
    await house.kit.until(lambda: id in tasks, "they wait")
    await house.routing.dispatcher.wishes.take_up()
    assert not tasks[id].callback
    assert (await visitor.conversation()).tags == ()


async def ignored(wishes: Wishes, message: Message) -> None:
    """Nobody hears it."""


async def test_a_wish_that_comes_too_late_holds_nobody_up(make_hub: MakeHub) -> None:
    house = await house_of(make_hub, POLICY, ManualClock())
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    await house.kit.until(lambda: id in house.routing.dispatcher.router.tasks, "they wait")
    boss = house.kit.agent("boss")
    await boss.takes_over(id)
    await boss.closes()
    await visitor.says("又来了")
    other = (await visitor.is_with("queue")).id
    assert other != id
    [message] = await house.routing.ctx.reading.messages(id, limit=1)
    for payload in ("routing:stay", "routing:message", "routing:bot"):
        await house.routing.dispatcher.wishes.heard(replace(message, body=(Choice("", payload),), direction="in"))
    await card(house, other, "正在为您转接人工", place=1)


async def test_a_known_number_is_not_asked_for(make_hub: MakeHub) -> None:
    house = await house_of(make_hub, POLICY, ManualClock())
    sender = Sender("u1", attributes={"phone": "+8613800138000"})
    await house.kit.hub.path.accept("web", Inbound("first", sender, (Text("你好"),)))
    visitor = house.kit.visitor("web", "u1")
    found = await card(house, (await visitor.is_with("queue")).id)
    assert [action.get("asks") for action in found["actions"]] == [None]


async def test_what_is_no_number_is_kept_as_words_only(make_hub: MakeHub) -> None:
    house = await house_of(make_hub, POLICY, ManualClock())
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    await card(house, id)
    await visitor.says(Choice("给我回电", "routing:callback"), Text("晚上八点以后"))
    await card(house, id, "已登记回电")
    assert "phone" not in await attributes(house, visitor)


async def test_after_hours_one_learns_when_it_opens_and_may_leave_a_message(make_hub: MakeHub) -> None:
    clock = ManualClock(1_700_000_000 - 1_700_000_000 % 86_400 + 20 * 3600)  # Tuesday, 14 November 2023, 20:00
    policy = {"timezone": "UTC", "queues": {"front": {"hours": {"open": "09:00-18:00"}}}}
    house = await house_of(make_hub, policy, clock)
    await house.agent("liu")
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    found = await card(house, id, "现在不是人工服务时间", place=0, text="11月15日（周三）09:00 开始人工服务")
    assert found["text"]["en"] == "We open Wed 15 Nov, 09:00"
    assert payloads(found) == ["routing:message"]
    assert "11月15日（周三）09:00" in found["actions"][0]["writes"]["zh-CN"]
    assert not any("留言" in text for text in house.kit.world("web").texts("u1"))
    await visitor.says(Choice("留言", "routing:message"), Text("请查一下我的退款"))
    found = await card(house, id, "留言已收到", text="11月15日（周三）09:00 上班后回复")
    assert payloads(found) == []
    assert "message_left" in (await visitor.conversation()).tags
    await house.kit.restart()
    assert (await cards(house, id))[-1]["title"]["zh-CN"] == "留言已收到"
    house.kit.hub.agents.connected(house.agents["liu"], +1)
    await clock.advance(13 * 3600 + 120)
    await house.with_agent(visitor, "liu")


async def test_who_is_given_back_has_a_card_again(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house = await house_of(make_hub, POLICY, clock)
    liu = await house.agent("liu")
    visitor = await house.comes("u1")
    await house.with_agent(visitor, "liu")
    id = (await visitor.conversation()).id
    assert await cards(house, id) == []
    await house.state("liu", "break")
    task = house.routing.dispatcher.router.tasks[id]
    house.routing.dispatcher.router.requeue(task, clock.now(), "returned", without=str(liu.id))
    house.routing.dispatcher.follow()
    await visitor.is_with("queue")
    await card(house, id, "正在为您转接人工", place=1)


@pytest.mark.parametrize(
    ("open", "calendar", "at", "opens"),
    [
        ("09:00-18:00", "always", "2026-11-28 08:00", "2026-11-28 09:00"),
        ("09:00-18:00", "always", "2026-11-28 18:00", "2026-11-29 09:00"),
        ("09:00-18:00", "weekdays", "2026-11-27 19:00", "2026-11-30 09:00"),
        ("22:00-06:00", "always", "2026-11-28 07:00", "2026-11-28 22:00"),
        ("09:00-18:00", "cn-workdays", "2026-09-30 19:00", "2026-10-08 09:00"),
    ],
)
def test_when_it_opens_next(open: str, calendar: str, at: str, opens: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    now = datetime.fromisoformat(at).replace(tzinfo=zone).timestamp()
    hours = OpeningHours.model_validate({"calendar": calendar, "open": open})
    found = opens_at(hours, {}, now, zone)
    assert found is not None
    assert f"{found:%Y-%m-%d %H:%M}" == opens
