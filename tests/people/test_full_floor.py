"""With routing, and a floor that is full: who goes on elsewhere has their agent at once, whoever else waits."""

from __future__ import annotations

from typing import Any

from hub.testing import HubKit, use
from hub.testing.fixtures import MakeHub
from hub_people.reception import SAME
from hub_routing import Routing
from tests.people.kit import Customer, people_hub, people_of
from tests.people.test_keys import idle
from tests.routing.live import Service

COST = 20
POLICY: dict[str, Any] = {"agents": {"capacity": 5 * COST, "cost": {"phone": COST, "wechat": COST, "qq": COST}}}
SOON = 2000
"""Milliseconds to the line in the thread; it takes some forty."""


async def owners(kit: HubKit) -> dict[str, int]:
    """How many open conversations queues and agents have."""
    sql = "SELECT owner_kind, count(*) AS n FROM conversation WHERE status = 'open' GROUP BY owner_kind"
    return {row["owner_kind"]: row["n"] for row in await kit.rows(sql)}


async def test_a_new_leg_comes_to_a_full_agent_before_twenty_who_wait(make_hub: MakeHub) -> None:
    kit = await people_hub(make_hub, use(Routing, "routing", POLICY))
    agent = await Service(kit).agent("lin")
    caller = Customer(kit, "phone", "+8613800138000")
    await caller.says("我的包裹摔坏了")
    for number in range(24):
        await Customer(kit, "qq", f"u{number}").says("有人吗")

    async def full() -> bool:
        return await owners(kit) == {"agent": 5, "queue": 20}

    await kit.until(full, "five with the agent and twenty who wait")
    talk = await caller.conversation()
    claim = await people_of(kit).claims.issue(talk, "lin")
    wechat = Customer(kit, "wechat", "oAbc", name="小雨")
    came = await wechat.says(claim.code)
    now = await wechat.conversation()
    assert (now.id, now.owner_kind, now.owner_id) == (talk.id, "agent", str(agent.id))
    # The line is said after the message is stored; its own time tells how soon.
    await idle(kit)
    lines = await kit.hub.reading.messages(talk.id, limit=200)
    (line,) = [message for message in lines if message.code == SAME]
    asked = await kit.rows("SELECT received_at FROM inbox WHERE id = ?", came)
    assert line.at - asked[0]["received_at"] <= SOON
    assert await owners(kit) == {"agent": 5, "queue": 20}
    routed = await kit.rows("SELECT count(*) AS n FROM event WHERE kind = 'conversation.queued' AND conversation_id = ?", talk.id)
    assert routed[0]["n"] == 0
    loads = await kit.rows("SELECT used FROM routing_load WHERE agent_id = ?", agent.id)
    assert [row["used"] for row in loads] == [5 * COST]
