"""What agents have in hand, when two customers turn out to be one."""

from __future__ import annotations

from typing import Any

import pytest

from hub.testing import FakeChannel, use
from hub.testing.fixtures import MakeHub
from hub_people import People
from hub_people.merging import Why
from hub_routing import Routing
from tests.routing.live import Service

WHY = Why("agent", 1.0, "sun")


class Pair:
    """Two customers, on a dear channel and on a cheap one."""

    def __init__(self, house: Service) -> None:
        self.house = house
        self.first, self.second = house.kit.visitor("web", "u1"), house.kit.visitor("voice", "u2")

    async def recount(self) -> dict[str, tuple[int, int]]:
        """Units and talks of each agent by the conversations that are stored: each costs what its dearest leg does."""
        sql = (
            "SELECT c.owner_id, c.id, max(CASE WHEN l.channel = 'voice' THEN 100 ELSE 20 END) AS units FROM conversation c"
            " JOIN leg l ON l.conversation_id = c.id WHERE c.status = 'open' AND c.owner_kind = 'agent' GROUP BY c.owner_id, c.id"
        )
        found: dict[str, tuple[int, int]] = {str(id): (0, 0) for id in self.house.agents.values()}
        for row in await self.house.kit.rows(sql):
            used, talks = found[row["owner_id"]]
            found[row["owner_id"]] = (used + row["units"], talks + 1)
        return found

    async def stored(self) -> dict[str, tuple[int, int]]:
        rows = await self.house.kit.rows("SELECT agent_id, used, talks FROM routing_load")
        nothing = {str(id): (0, 0) for id in self.house.agents.values()}
        return nothing | {str(row["agent_id"]): (row["used"], row["talks"]) for row in rows}

    async def is_true(self) -> None:
        """The stored loads are what a recount says, and the sweep finds nothing to repair."""
        dispatcher = self.house.routing.dispatcher

        async def same() -> bool:
            return not dispatcher.settling.busy and await self.stored() == await self.recount()

        await self.house.kit.until(same, "the loads are right")
        await dispatcher.sweep()
        assert dispatcher.repaired == 0
        assert await self.stored() == await self.recount()


async def pair(make_hub: MakeHub) -> Pair:
    policy: dict[str, Any] = {"agents": {"capacity": 200, "cost": {"web": 20, "voice": 100}}}
    plugins = (use(FakeChannel, "web"), use(FakeChannel, "voice"), use(People, "people"), use(Routing, "routing", policy))
    return Pair(Service(await make_hub(*plugins, service={"first_owner": "queue"})))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("served", [("liu", "liu"), ("liu", "wang"), ("liu", ""), ("", "liu")])
async def test_loads_stay_true_through_merge_and_unmerge(
    make_hub: MakeHub, served: tuple[str, str], order: tuple[int, int]
) -> None:
    """Both served by one agent, by two, and one of them waiting still; whoever is merged into whom."""
    both = await pair(make_hub)
    house, kit = both.house, both.house.kit
    for login in ("liu", "wang"):
        await house.agent(login, state="break")
    visitors = [(both.first, both.second)[at] for at in order]
    tasks = house.routing.dispatcher.router.tasks
    for visitor, login in zip(visitors, served, strict=True):
        await visitor.says("你好")
        id = (await visitor.is_with("queue")).id
        await kit.until(lambda: id in tasks, "routing knows them")  # noqa: B023
        if login:
            actor = kit.agent(f"{login}-{id}")
            actor._agent = kit.hub.agents.get(house.agents[login])
            await actor.takes_over(id)
    await both.is_true()
    people = [(await visitor.conversation()).person_id for visitor in visitors]
    register = kit.plugin("people", People).register
    await register.merge(*people, WHY)
    await both.is_true()
    assert len(tasks) == 1
    assert sorted(units for units, _ in (await both.stored()).values()) == [0, 100]
    await kit.restart()
    await both.is_true()
    record = (await kit.rows("SELECT max(id) AS id FROM people_merge"))[0]["id"]
    await kit.plugin("people", People).register.unmerge(record, "sun")
    await both.is_true()
    assert len(both.house.routing.dispatcher.router.tasks) == 2
