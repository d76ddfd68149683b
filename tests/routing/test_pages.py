"""What people at the workbench ask of routing, over HTTP, with the real desk."""

from __future__ import annotations

from pathlib import Path

from hub_routing import Routing
from tests.desk.kit import CONFIG, open_house

WITH_ROUTING = CONFIG + "\nrouting: {agents: {capacity: 20}, offer: {accept: {toy: 60s}}}\n"



async def test_who_asks_is_told_and_offers_are_taken(tmp_path: Path) -> None:
    async with open_house(tmp_path, config=WITH_ROUTING, routing=Routing) as house:
        liu = await house.person("liu")
        assert liu.agent is not None
        await liu.ask("PUT", "/api/me/state", json={"state": "online"})
        status, me = await liu.get("/api/routing/me", locale="en")
        assert (status, me["reasons"]) == (200, ["No page of yours is open"])
        house.hub.agents.connected(liu.agent.id, +1)
        id = await house.conversation()
        routing = house.hub.registry.get("routing")
        assert isinstance(routing, Routing)
        tasks = routing.dispatcher.router.tasks
        await house.until(lambda: id in tasks and tasks[id].status == "offered")
        status, told = await liu.get(f"/api/routing/conversations/{id}", locale="zh-CN")
        assert (status, told["why"]) == (200, {"state": "offered", "reasons": ["等待 Liu 接受"]})
        other = await house.person("wang")
        assert (await other.post(f"/api/routing/offers/{id}/accept"))[0] == 409
        assert (await liu.post(f"/api/routing/offers/{id}/decline"))[0] == 200
        await house.until(lambda: tasks[id].status == "waiting")
        status, told = await liu.get(f"/api/routing/conversations/{id}", locale="en")
        assert told["place"]["place"] == 1
        assert any("Not offered again for now to: Liu" in line for line in told["why"]["reasons"])
        assert [one["rule"] for one in told["decisions"]][:1] == ["least_loaded"]
        status, me = await liu.ask("PUT", "/api/routing/me/reception", json={"channel": "toy", "on": False})
        assert (status, me["off"]) == (200, ["toy"])


async def test_only_administrators_publish_and_mistakes_are_told(tmp_path: Path) -> None:
    async with open_house(tmp_path, config=WITH_ROUTING, routing=Routing) as house:
        boss, liu = await house.person("boss", "admin"), await house.person("liu")
        assert (await liu.post("/api/routing/policy", {"policy": {}}))[0] == 403
        assert (await house.anonymous().get("/api/routing/policy"))[0] == 401
        status, told = await boss.post("/api/routing/policy", {"policy": {"agents": {"capacity": 60}}})
        assert status == 200
        assert (await boss.get("/api/routing/policy"))[1] == {"number": told["number"], "policy": {"agents": {"capacity": 60}}}
        status, told = await boss.post("/api/routing/policy", {"policy": {"queus": {}}})
        assert status == 422
        assert "queus" in told["error"]["message"]
        status, told = await boss.post("/api/routing/policy/rollback")
        assert (status, told) == (200, {"number": "0"})
        assert (await boss.post("/api/routing/policy/rollback"))[0] == 409
