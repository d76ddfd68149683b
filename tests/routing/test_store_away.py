"""The store is away for a while: what routing decided meanwhile becomes true afterwards."""

from __future__ import annotations

from hub import plain_text
from hub.testing.clock import ManualClock
from hub.testing.fixtures import MakeHub
from tests.routing.live import WEB, Service, service

OFFERED = {**WEB, "offer": {"accept": {"web": "15s"}}}


async def offered(house: Service, id: int) -> None:
    tasks = house.routing.dispatcher.router.tasks
    await house.kit.until(lambda: id in tasks and tasks[id].status == "offered", "an offer")


async def test_who_did_not_accept_while_the_store_was_away_is_on_a_break_afterwards(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house = await service(make_hub, OFFERED, clock=clock)
    liu = (await house.agent("liu")).id
    conversation = await (await house.comes("u1")).is_with("queue")
    await offered(house, conversation.id)
    async with house.kit.store_down():
        await clock.advance(20)
        await house.kit.until(lambda: "routing waits for the store" in str(house.kit.logged()), "it could not be stored")
        assert house.kit.hub.agents.get(liu).state == "online"
    await house.kit.until(lambda: house.kit.hub.agents.get(liu).state == "break", "the agent is paused", turning=1)


async def test_who_waits_is_told_after_the_store_was_away(make_hub: MakeHub) -> None:
    clock = ManualClock()
    queues = {"front": {"announce": {"first": "30s", "every": "0s"}}}
    house = await service(make_hub, {**WEB, "queues": queues}, clock=clock)
    visitor = await house.comes("u1")
    await visitor.is_with("queue")
    async with house.kit.store_down():
        await clock.advance(31)
        await house.kit.until(lambda: "routing waits for the store" in str(house.kit.logged()), "it could not be stored")
    said = house.kit.world("web").arrived
    await house.kit.until(lambda: any("下一位" in plain_text(one.body) for one in said), "the announcement", turning=1)
