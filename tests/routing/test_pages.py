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
        # In words it is called as its channel is.
        told = (await liu.get("/api/routing/me", locale="en"))[1]
        assert "Switched off: Toy" in told["reasons"]


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


async def test_agents_of_another_team_see_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path, config=WITH_ROUTING, routing=Routing) as house:
        front, back = await house.person("fran", "agent", "front"), await house.person("bob", "agent", "back")
        boss = await house.person("sam", "supervisor")
        id = await house.conversation()
        routing = house.hub.registry.get("routing")
        assert isinstance(routing, Routing)
        tasks = routing.dispatcher.router.tasks
        await house.until(lambda: id in tasks and tasks[id].status == "waiting")
        path, offer = f"/api/routing/conversations/{id}", f"/api/routing/offers/{id}"
        assert tasks[id].queue == "front"
        assert (await front.get(path))[1]["why"]["state"] == "waiting"
        assert (await boss.get(path))[0] == 200
        assert (await front.post(f"{offer}/accept"))[0] == 409
        for status, told in (await back.get(path), await back.post(f"{offer}/accept"), await back.post(f"{offer}/decline")):
            assert (status, told["error"]["code"]) == (404, "not_found")
        assert (await front.get("/api/routing/conversations/12"))[0] == 404


async def test_the_places_of_all_who_wait_are_told_at_once_to_who_may_see_them(tmp_path: Path) -> None:
    async with open_house(tmp_path, config=WITH_ROUTING, routing=Routing) as house:
        front, back = await house.person("fran", "agent", "front"), await house.person("bob", "agent", "back")
        waiting = [await house.conversation(f"guest {number}") for number in range(3)]
        routing = house.hub.registry.get("routing")
        assert isinstance(routing, Routing)
        await house.until(lambda: all(routing.number(id) for id in waiting))
        status, told = await front.get("/api/routing/places")
        assert (status, told) == (200, {"places": {str(id): place for place, id in enumerate(waiting, 1)}})
        assert (await back.get("/api/routing/places"))[1] == {"places": {}}
        assert (await house.anonymous().get("/api/routing/places"))[0] == 401


async def test_who_is_offered_what_another_team_has_may_take_it(tmp_path: Path) -> None:
    """A wider ring asks people of other teams, who may not see the queue."""
    ring = "queues: {front: {rings: [{after: 1s, add: [back]}]}}, offer: {accept: {toy: 60s}}"
    async with open_house(tmp_path, config=f"{CONFIG}\nrouting: {{{ring}}}\n", routing=Routing) as house:
        back = await house.person("bob", "agent", "back")
        agent = back.agent
        assert agent is not None
        await back.ask("PUT", "/api/me/state", json={"state": "online"})
        house.hub.agents.connected(agent.id, +1)
        id = await house.conversation()
        routing = house.hub.registry.get("routing")
        assert isinstance(routing, Routing)
        await house.until(lambda: routing.is_offered(id, agent.id))
        assert (await back.get(f"/api/routing/conversations/{id}"))[1]["why"]["state"] == "offered"
        assert (await back.post(f"/api/routing/offers/{id}/accept"))[0] == 200


async def test_an_offer_is_told_to_whom_it_is_made_and_to_nobody_else(tmp_path: Path) -> None:
    async with open_house(tmp_path, config=WITH_ROUTING, routing=Routing) as house:
        liu, other = await house.person("liu"), await house.person("wang")
        assert liu.agent is not None
        await liu.ask("PUT", "/api/me/state", json={"state": "online"})
        assert (await liu.get("/api/routing/me"))[1]["offers"] == []
        page, _ = await liu.desk()
        beside, _ = await other.desk()
        id = await house.conversation()
        told = await page.event("conversation.offered")
        assert told["data"]["conversation"]["id"] == str(id)
        [offer] = (await liu.get("/api/routing/me"))[1]["offers"]
        assert offer["conversation"] == str(id)
        assert 59_000 < offer["until"] - told["at"] <= 61_000
        assert (await other.get("/api/routing/me"))[1]["offers"] == []
        assert (await liu.post(f"/api/routing/offers/{id}/accept"))[0] == 200
        frames = [await beside.read()]
        while (frames[-1].get("data") or {}).get("conversation", {}).get("owner", {}).get("kind") != "agent":
            frames.append(await beside.read())
        assert "conversation.changed" in {frame.get("kind") for frame in frames}
        assert "conversation.offered" not in {frame.get("kind") for frame in frames}
        assert (await liu.get("/api/routing/me"))[1]["offers"] == []
