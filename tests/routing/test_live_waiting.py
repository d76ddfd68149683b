"""Routing in a running hub: what who waits is told, may choose, and is sought for."""

from __future__ import annotations

import json

from hub import Choice, SetAttributes, plain_text
from hub.conversations.scene import Scene
from hub.records import SYSTEM
from hub.testing.clock import ManualClock
from hub.testing.fixtures import MakeHub
from tests.routing.live import WEB, service


async def test_a_customer_may_be_called_back(make_hub: MakeHub) -> None:
    clock = ManualClock()
    policy = {
        "agents": {"capacity": 20},
        "queues": {"front": {"announce": {"first": "5s", "every": 0}, "callback": {"offer_if_ewt": "1s", "tries": 2}}},
    }
    house = await service(make_hub, policy, clock=clock)
    await house.agent("liu")
    first = await house.comes("u1")
    await house.with_agent(first)
    second = await house.comes("u2")
    await second.is_with("queue")
    id = (await second.conversation()).id
    tasks = house.routing.dispatcher.router.tasks
    await house.kit.until(lambda: id in tasks, "they wait")
    await clock.advance(6)
    await second.says(Choice("请稍后联系我", "routing:callback"))
    await house.kit.until(lambda: tasks[id].callback, "they are to be called back")

    async def kept() -> bool:
        rows = await house.kit.rows("SELECT callback FROM routing_case WHERE conversation_id = ?", id)
        return bool(rows[0]["callback"])

    await house.kit.until(kept, "it is stored")
    boss = house.kit.agent("boss")
    await boss.takes_over((await first.conversation()).id)
    await boss.closes()
    await house.with_agent(second, "liu")
    texts = house.kit.world("web").texts
    await house.kit.until(lambda: any("轮到您了" in text for text in texts("u2")), "they are called", turning=0.1)
    told = texts("u2")
    assert any("您是下一位" in text for text in told)
    assert any("位置为您保留" in text for text in told)


async def test_who_is_called_hears_it_once_also_where_agents_accept_and_the_hub_begins_anew(make_hub: MakeHub) -> None:
    policy = {"offer": {"accept": {"web": "60s"}}, "queues": {"front": {"callback": {"tries": 1}}}}
    house = await service(make_hub, policy, clock=ManualClock())
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    await house.kit.until(lambda: id in house.routing.dispatcher.router.tasks, "they wait")
    assert await house.routing.call_back(id)
    liu = (await house.agent("liu")).id
    await house.kit.until(lambda: house.routing.is_offered(id, liu), "liu is asked")
    await house.routing.accept(id, liu)
    await house.with_agent(visitor, "liu")

    async def calls() -> int:
        said = await house.routing.ctx.reading.messages(id)
        return sum("轮到您了" in plain_text(message.body) for message in said)

    await house.kit.until(calls, "they are called", turning=0.1)
    await visitor.says("我在")

    async def known() -> bool:
        rows = await house.kit.rows("SELECT callback FROM routing_case WHERE conversation_id = ?", id)
        return not rows[0]["callback"]

    await house.kit.until(known, "it is stored that they are here")
    await house.kit.restart()
    assert house.routing.dispatcher.router.tasks[id].status == "held"
    await house.kit.settled()
    assert await calls() == 1


async def test_who_presses_for_the_bot_or_comes_after_hours_is_told(make_hub: MakeHub) -> None:
    clock = ManualClock(1_700_000_000 - 1_700_000_000 % 86_400 + 20 * 3600)
    policy = {"timezone": "UTC", "queues": {"front": {"hours": {"open": "09:00-18:00"}}}}
    house = await service(make_hub, policy, clock=clock)
    await house.agent("liu")
    visitor = await house.comes("u1")
    texts = house.kit.world("web").texts
    await house.kit.until(lambda: any("请留言" in text for text in texts("u1")), "they are told", turning=0.1)
    id = (await visitor.conversation()).id
    assert house.routing.why_waiting(id, "en")["state"] == "closed"
    await clock.advance(13 * 3600 + 120)
    await house.with_agent(visitor, "liu")


async def test_who_gives_the_place_up_is_told_so(make_hub: MakeHub) -> None:
    clock = ManualClock()
    policy = {"agents": {"capacity": 20}, "queues": {"front": {"callback": {"keep_place": False}}}}
    house = await service(make_hub, policy, clock=clock)
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    tasks = house.routing.dispatcher.router.tasks
    await house.kit.until(lambda: id in tasks, "they wait")
    await clock.advance(30)
    assert await house.routing.call_back(id)
    texts = house.kit.world("web").texts
    await house.kit.until(lambda: any("我们会联系您" in text for text in texts("u1")), "they are told", turning=0.1)
    assert not any("位置为您保留" in text or "轮到您时" in text for text in texts("u1"))
    stored = await house.kit.rows("SELECT arrived FROM routing_case WHERE conversation_id = ?", id)
    assert stored[0]["arrived"] == int(tasks[id].arrived * 1000) >= int(clock.now() * 1000) - 5000


async def test_who_comes_on_a_channel_of_another_queue_is_handed_over(make_hub: MakeHub) -> None:
    policy = {**WEB, "queues": {"front": {"channels": ["voice"]}, "chat": {"channels": ["web"]}}}
    teams = [{"id": "front", "name": "front"}, {"id": "chat", "name": "chat"}]
    house = await service(make_hub, policy, teams=teams)
    await house.agent("liu", teams=("front",))
    visitor = await house.comes("u1")
    id = (await visitor.conversation()).id

    async def moved() -> bool:
        conversation = await visitor.conversation()
        return (conversation.owner_kind, conversation.team) == ("queue", "chat")

    await house.kit.until(moved, "they wait in the other queue")
    await house.agent("wang", teams=("chat",))
    assert await house.with_agent(visitor) == "wang"
    await house.routing.dispatcher.sweep()
    assert (house.routing.dispatcher.repaired, house.routing.dispatcher.router.tasks[id].queue) == (0, "chat")


async def test_who_turns_out_to_be_a_vip_while_waiting_is_served(make_hub: MakeHub) -> None:
    vip = {"when": "customer.tier == 'gold'", "burst": 20}
    house = await service(make_hub, {"agents": {"capacity": 20}, "vip": vip})
    await house.agent("liu")
    await house.with_agent(await house.comes("u1"))
    visitor = await house.comes("u2")
    conversation = await visitor.is_with("queue")

    async def gold(scene: Scene) -> None:
        scene.apply((SetAttributes({}, tier="gold"),), SYSTEM)

    await house.kit.hub.path.in_conversation(conversation.id, "crm", gold)
    await house.with_agent(visitor, "liu")


async def test_what_a_tag_asks_for_is_asked_for(make_hub: MakeHub) -> None:
    staff = [{"login": "liu", "skills": {"refund": 3}}, {"login": "wang"}]
    house = await service(make_hub, {"agents": {"capacity": 20}}, agents=staff)
    visitor = await house.comes("u1")
    conversation = await visitor.is_with("queue")

    async def tagged(scene: Scene) -> None:
        scene.tag(["need:refund:2"])

    async def left(scene: Scene) -> None:
        scene.tag(["message_left"])

    await house.kit.hub.path.in_conversation(conversation.id, "bot", left)
    await house.kit.hub.path.in_conversation(conversation.id, "bot", tagged)
    tasks = house.routing.dispatcher.router.tasks
    await house.kit.until(lambda: conversation.id in tasks and tasks[conversation.id].need == {"refund": 2}, "it is known")
    wang = (await house.agent("wang")).id
    assert any("refund ≥ 2" in line for line in house.routing.why_no_work(wang, "en")["reasons"])

    async def once() -> bool:
        rows = await house.kit.rows("SELECT data FROM routing_decision WHERE rule = 'queued' ORDER BY id")
        return [json.loads(row["data"])["need"] for row in rows] == [{}, {"refund": 2}]

    await house.kit.until(once, "the tag that asks for nobody was no new decision")
    await house.agent("liu")
    await house.with_agent(visitor, "liu")
