"""Many who take at once, others who write the same rows, damage: one owner each, loads right, what is wrong put right."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from hub.conversations.scene import Scene
from hub.errors import Conflict
from hub.store.change import Change
from hub.testing.fixtures import MakeHub
from hub_routing.tables import Statements
from tests.databases import both_databases
from tests.routing.live import WEB, Service, service


async def takes(house: Service, conversation_id: int, login: str) -> bool:
    """Take a conversation as the desk does; False when somebody was faster."""
    agent = house.kit.hub.agents.get(house.agents[login])

    async def play(scene: Scene) -> None:
        assert scene.conversation is not None
        if scene.conversation.owner_kind == "agent":
            raise Conflict("somebody else has taken this conversation")
        scene.assign_agent(agent)

    try:
        await house.routing.ctx.house.play(conversation_id, login, play)
    except Conflict:
        return False
    return True


async def at_rest(house: Service, count: int) -> None:
    """Wait until so many conversations are with agents and the rows of all loads say what the router does."""
    routing = house.routing.dispatcher

    async def quiet() -> bool:
        owned = await house.kit.rows("SELECT count(*) AS n FROM conversation WHERE owner_kind = 'agent'")
        rows = await house.kit.rows("SELECT agent_id, used FROM routing_load")
        stored = {str(row["agent_id"]): row["used"] for row in rows if row["used"]}
        planned = {agent: used for agent, used in routing.router.loads().items() if used}
        return bool(owned[0]["n"] == count and not routing.settling.busy and stored == planned)

    await house.kit.until(quiet, f"{count} are served and all is stored")


async def loads_by_owner(house: Service, cost: int = 20) -> dict[str, int]:
    """What the conversations' owners have in hand, and that the rows say the same."""
    owners = await house.kit.rows("SELECT owner_id FROM conversation WHERE owner_kind = 'agent'")
    found = {agent: count * cost for agent, count in Counter(str(row["owner_id"]) for row in owners).items()}
    rows = await house.kit.rows("SELECT agent_id, used FROM routing_load WHERE used > 0")
    assert {str(row["agent_id"]): row["used"] for row in rows} == found
    return found


async def assignments(house: Service) -> dict[int, int]:
    """How often each conversation was given to an agent."""
    rows = await house.kit.rows("SELECT conversation_id FROM event WHERE kind = 'conversation.assigned'")
    return Counter(row["conversation_id"] for row in rows)


@both_databases
async def test_fifty_who_take_the_same_conversation_while_the_router_assigns_it(make_hub: MakeHub) -> None:
    house = await service(make_hub, {"agents": {"capacity": 20, "cost": {"web": 20}}})
    logins = [f"a{number}" for number in range(50)]
    for login in logins:
        await house.agent(login)
    # The first time the router is in it, the second time it has no chance: everybody is on a break.
    for number, state in enumerate(("online", "break")):
        for login in logins:
            await house.state(login, state)
        visitor = await house.comes(f"u{number}")
        id = (await visitor.conversation()).id
        took = await asyncio.gather(*(takes(house, id, login) for login in logins))
        await at_rest(house, number + 1)
        assert sum(took) <= 1
        assert state == "online" or sum(took) == 1
        assert (await assignments(house))[id] == 1
        assert sum((await loads_by_owner(house)).values()) == 20 * (number + 1)
    await house.routing.dispatcher.sweep()
    assert house.routing.dispatcher.repaired == 0
    # Who lost an assignment to somebody faster has the right version still.
    for login in logins:
        await house.state(login, "online")
    more = [await house.comes(f"more{number}") for number in range(20)]
    await at_rest(house, 2 + len(more))
    assert house.kit.hub.counters["routing_conflicts"] == 0


async def test_what_the_router_decided_gives_way_to_who_was_in_the_lane_before(make_hub: MakeHub) -> None:
    house = await service(make_hub, {"agents": {"capacity": 20, "cost": {"web": 20}}})
    logins = [f"a{number}" for number in range(50)]
    for login in logins:
        await house.agent(login, state="break")
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    routing = house.routing.dispatcher
    await house.kit.until(lambda: id in routing.router.tasks, "the router knows of them")
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scene: Scene) -> None:
        entered.set()
        await go_on.wait()

    before = asyncio.create_task(house.routing.ctx.house.play(id, "slow", slow))
    await entered.wait()
    taking = [asyncio.create_task(takes(house, id, login)) for login in logins]
    await asyncio.sleep(0)
    await house.agent("router's choice")
    await house.kit.until(lambda: id in routing.settling.busy, "the router's assignment waits behind the fifty")
    go_on.set()
    await before
    assert sum(await asyncio.gather(*taking)) == 1
    await at_rest(house, 1)
    assert (await assignments(house))[id] == 1
    assert (await visitor.conversation()).owner_id != str(house.agents["router's choice"])
    assert sum((await loads_by_owner(house)).values()) == 20
    await routing.sweep()
    assert routing.repaired == 0


async def test_fifty_who_claim_different_ones_while_the_router_assigns(make_hub: MakeHub) -> None:
    # The router gives nobody a second customer while somebody has none, and each agent claims one: two at most.
    house = await service(make_hub, {"agents": {"capacity": 40, "cost": {"web": 20}}})
    logins = [f"a{number}" for number in range(50)]
    for login in logins:
        await house.agent(login)

    async def comes_and_is_claimed(number: int) -> bool:
        visitor = await house.comes(f"u{number}")
        return await takes(house, (await visitor.conversation()).id, logins[number])

    await asyncio.gather(*(comes_and_is_claimed(number) for number in range(50)))
    await at_rest(house, 50)
    assert set((await assignments(house)).values()) == {1}
    loads = await loads_by_owner(house)
    assert sum(loads.values()) == 1000
    assert max(loads.values()) <= 40
    await house.routing.dispatcher.sweep()
    assert house.routing.dispatcher.repaired == 0


async def written_by_another(house: Service, login: str, used: int = 0) -> None:
    """A second writer changes the row of an agent's load."""
    row: dict[str, Any] = await the_row(house, login)
    change = Change()
    change.write(Statements.move_load, (row["version"] + 1, used, 0, 0, row["agent_id"], row["version"]))
    await house.kit.hub.store.commit(change)


async def the_row(house: Service, login: str) -> Any:
    return (await house.kit.rows("SELECT * FROM routing_load WHERE agent_id = ?", house.agents[login]))[0]


@both_databases
async def test_a_row_that_somebody_else_changed_is_read_again(make_hub: MakeHub) -> None:
    house = await service(make_hub, WEB)
    await house.agent("liu")
    first = await house.comes("u1")
    await house.with_agent(first)
    await at_rest(house, 1)
    await written_by_another(house, "liu")
    second = await house.comes("u2")
    assert await house.with_agent(second) == "liu"
    await at_rest(house, 2)
    assert house.kit.hub.counters["routing_conflicts"] == 1
    assert set((await assignments(house)).values()) == {1}
    decided = await house.kit.rows("SELECT count(*) AS n FROM routing_decision")
    assert decided[0]["n"] == 2
    # The same where a load changes without an assignment.
    await written_by_another(house, "liu")
    boss = house.kit.agent("boss")
    await boss.takes_over((await second.conversation()).id)
    await boss.closes()

    async def twenty() -> bool:
        return bool((await the_row(house, "liu"))["used"] == 20)

    await house.kit.until(twenty, "the row is right again")


@both_databases
async def test_the_sweep_puts_damage_right_and_counts_it(make_hub: MakeHub) -> None:
    house = await service(make_hub, WEB)
    await house.agent("liu")
    visitor = await house.comes("u1")
    await house.with_agent(visitor)
    await at_rest(house, 1)
    routing, counts = house.routing.dispatcher, house.kit.hub.counters
    await routing.sweep()
    assert (routing.repaired, counts["routing_repaired"]) == (0, 0)
    await written_by_another(house, "liu", used=77)
    await routing.sweep()
    assert (await the_row(house, "liu"))["used"] == 20
    assert (routing.repaired, counts["routing_repaired"]) == (1, 1)
    # A case the router does not know of any more.
    routing.router.finish((await visitor.conversation()).id, routing.now)
    assert routing.router.loads() == {str(house.agents["liu"]): 0}
    await routing.sweep()
    assert routing.router.loads() == {str(house.agents["liu"]): 20}
    assert (routing.repaired, counts["routing_repaired"]) == (2, 2)
    await at_rest(house, 1)
    await routing.sweep()
    assert routing.repaired == 2
