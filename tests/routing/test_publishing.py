"""Another policy for a hub that runs: it decides within two seconds, is taken back as fast, and a wrong one changes nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from hub.testing.clock import ManualClock
from hub.testing.fixtures import MakeHub
from hub_cli import main
from hub_routing import Routing
from tests.desk.kit import CONFIG, open_house
from tests.routing.live import Service, service

NARROW = {"agents": {"capacity": 20}}
WITHIN = 2.0


async def ordered(house: Service, clock: ManualClock, *words: str) -> int:
    """Give `hub route` these words, turn the hub's clock by two seconds, and tell how it ended."""
    requests = house.kit.data / "routing" / "requests"
    command = ["route", *words, "--data", str(house.kit.data), "--locale", "en"]
    answered = asyncio.create_task(asyncio.to_thread(main, command))
    await house.kit.until(lambda: answered.done() or any(requests.glob("*.json")), "it is asked for")
    if not answered.done():
        await clock.advance(WITHIN)
    return await answered


async def test_from_the_command_line(make_hub: MakeHub, tmp_path: Path) -> None:
    clock = ManualClock()
    house = await service(make_hub, NARROW, clock=clock)
    await house.agent("liu")
    await house.with_agent(await house.comes("u1"))
    second = await house.comes("u2")
    await second.is_with("queue")
    file = tmp_path / "policy.yaml"

    async def refused(text: str) -> None:
        file.write_text(text, encoding="utf-8")
        before = clock.now()
        assert await ordered(house, clock, "apply", str(file)) == 1
        assert house.routing.policy() == {"number": "0", "policy": NARROW}
        assert await house.kit.rows("SELECT * FROM routing_policy") == []
        assert (await second.conversation()).owner_kind == "queue"
        assert clock.now() - before <= WITHIN

    await refused("routing: {agents: {capacity: 0}}")
    await refused("routing: {queues: {q: {overflow: {do: [to: nowhere]}}}}")
    file.write_text("routing: {agents: {capacity: 40}}", encoding="utf-8")
    asked = clock.now()
    assert await ordered(house, clock, "apply", str(file)) == 0
    await house.with_agent(second, "liu")
    id = (await second.conversation()).id
    assert asked * 1000 - 1 <= await house.assigned_at(id) <= (asked + WITHIN) * 1000
    assert clock.now() - asked <= WITHIN
    asked = clock.now()
    assert await ordered(house, clock, "rollback") == 0
    assert clock.now() - asked <= WITHIN
    boss = house.kit.agent("boss")
    await boss.takes_over(id)
    await boss.closes()
    third = await house.comes("u3")
    third_id = (await third.is_with("queue")).id
    tasks = house.routing.dispatcher.router.tasks
    await house.kit.until(lambda: third_id in tasks, "the router knows of them")
    assert tasks[third_id].status == "waiting"


async def test_over_http(tmp_path: Path) -> None:
    clock = ManualClock()
    config = f"{CONFIG}\nrouting: {{agents: {{capacity: 20}}}}\n"
    async with open_house(tmp_path, clock=clock, config=config, routing=Routing) as house:
        boss, liu = await house.person("boss", "admin"), await house.person("liu")
        assert liu.agent is not None
        await liu.ask("PUT", "/api/me/state", json={"state": "online"})
        house.hub.agents.connected(liu.agent.id, +1)
        routing = house.hub.registry.get("routing")
        assert isinstance(routing, Routing)
        tasks = routing.dispatcher.router.tasks

        async def comes(name: str, status: str) -> int:
            id = await house.conversation(name)
            await house.until(lambda: id in tasks and tasks[id].status == status)
            return id

        await comes("u1", "held")
        second = await comes("u2", "waiting")
        asked = clock.now()
        wrong: Any
        for wrong in ({"agents": {"capacity": 0}}, {"queus": {}}, {"queues": {"q": {"teams": ["nowhere"]}}}):
            assert (await boss.post("/api/routing/policy", {"policy": wrong}))[0] == 422
            assert routing.policy() == {"number": "0", "policy": NARROW}
            assert (await house.rows("routing_policy"), tasks[second].status) == (0, "waiting")
        assert (await boss.post("/api/routing/policy", {"policy": {"agents": {"capacity": 40}}}))[0] == 200
        await house.until(lambda: tasks[second].status == "held")
        assert (await boss.post("/api/routing/policy/rollback"))[0] == 200
        await comes("u3", "waiting")
        assert clock.now() - asked <= WITHIN
