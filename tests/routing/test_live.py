"""Routing in a running hub: who comes is with an agent, whatever happens to either."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import ClassVar

import pytest

from hub import Agent, Conversation, Person, Plugin, PluginConfig, SetAttributes, hookimpl
from hub.conversations.scene import Scene
from hub.errors import Refused
from hub.records import SYSTEM
from hub.testing import FakeChannel, use
from hub.testing.clock import ManualClock
from hub.testing.fixtures import MakeHub
from hub_routing import Routing
from tests.databases import both_databases
from tests.routing.live import WEB, Service, service


@both_databases
async def test_a_customer_goes_to_somebody_who_is_there(make_hub: MakeHub) -> None:
    house = await service(make_hub)
    await house.agent("liu")
    await house.agent("wang", state="break")
    visitor = await house.comes("u1")
    assert await house.with_agent(visitor) == "liu"
    conversation = await visitor.conversation()
    rows = await house.kit.rows("SELECT * FROM routing_decision WHERE conversation_id = ?", conversation.id)
    assert [row["rule"] for row in rows] == ["least_loaded"]
    assert rows[0]["chosen"] == str(house.agents["liu"])
    assert rows[0]["micros"] > 0
    assert json.loads(rows[0]["data"])["candidates"] == [str(house.agents["liu"])]
    load = await house.kit.rows("SELECT * FROM routing_load WHERE agent_id = ?", house.agents["liu"])
    assert (load[0]["used"], load[0]["talks"], load[0]["version"]) == (20, 1, 1)


async def test_chats_spread_and_nobody_is_over_capacity(make_hub: MakeHub) -> None:
    house = await service(make_hub)
    for login in ("a", "b", "c"):
        await house.agent(login)
    visitors = [await house.comes(f"u{number}") for number in range(20)]

    async def settled() -> bool:
        rows = await house.kit.rows("SELECT owner_kind, count(*) AS n FROM conversation GROUP BY owner_kind")
        return {row["owner_kind"]: row["n"] for row in rows} == {"agent": 15, "queue": 5}

    await house.kit.until(settled, "15 are served and 5 wait")
    rows = await house.kit.rows("SELECT owner_id, count(*) AS n FROM conversation WHERE owner_kind = 'agent' GROUP BY owner_id")
    assert {row["n"] for row in rows} == {5}
    assert len(visitors) == 20


async def test_who_becomes_free_gets_the_one_who_waits_longest(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house = await service(make_hub, {"agents": {"capacity": 20}}, clock=clock)
    await house.agent("liu")
    first = await house.comes("u1")
    await house.with_agent(first)
    second = await house.comes("u2")
    await second.is_with("queue")
    await clock.advance(1)
    third = await house.comes("u3")
    await third.is_with("queue")
    actor = house.kit.agent("boss", role="admin")
    await actor.takes_over((await first.conversation()).id)
    await actor.closes()
    await house.with_agent(second, "liu")
    assert (await third.conversation()).owner_kind == "queue"
    why = house.routing.why_waiting((await third.conversation()).id, "en")
    assert why["state"] == "waiting"
    assert any("1 full" in line for line in why["reasons"])
    assert any("满" in line for line in house.routing.why_waiting((await third.conversation()).id, "zh-CN")["reasons"])
    assert house.routing.place((await third.conversation()).id, "en")["place"] == 1  # type: ignore[index]


async def test_agents_learn_why_they_get_no_work(make_hub: MakeHub) -> None:
    house = await service(make_hub)
    liu = (await house.agent("liu", state="break")).id
    assert "break" in house.routing.why_no_work(liu, "en")["reasons"][0]
    await house.state("liu", "training")
    assert "培训" in house.routing.why_no_work(liu, "zh-CN")["reasons"][0]
    await house.state("liu", "online")
    assert "Ready" in house.routing.why_no_work(liu, "en")["reasons"][0]
    await house.routing.reception(liu, "web", False)
    assert "Switched off: Fake" in house.routing.why_no_work(liu, "en")["reasons"]
    house.leaves("liu")
    assert any("page" in line for line in house.routing.why_no_work(liu, "en")["reasons"])
    assert house.routing.why_no_work(1, "en")["state"] == "none"


async def test_a_reception_that_is_off_stays_off_after_a_restart(make_hub: MakeHub) -> None:
    house = await service(make_hub, {"agents": {"cost": {"web": 20}}})
    liu = (await house.agent("liu")).id
    await house.routing.reception(liu, "web", False)
    await house.kit.restart()
    house.kit.hub.agents.connected(liu, +1)
    visitor = await house.comes("u1")
    await visitor.is_with("queue")
    await house.routing.reception(liu, "web", True)
    await house.with_agent(visitor, "liu")


async def test_who_declined_is_not_said_to_lack_the_skill(make_hub: MakeHub) -> None:
    """Sentences call a team by its name, and tell those who cannot from those who would not."""
    teams = [{"id": "front", "name": {"zh-CN": "前台", "en": "Front desk"}}]
    queues = {"front": {"need": {"refund": 2}}}
    policy = {"agents": {"capacity": 20}, "offer": {"accept": {"web": "30s"}}, "queues": queues}
    staff = [{"login": "liu", "skills": {"refund": 3}}, {"login": "wang"}]
    clock = ManualClock()
    house = await service(make_hub, policy, agents=staff, teams=teams, clock=clock)
    wang = (await house.agent("wang")).id
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    tasks, routing = house.routing.dispatcher.router.tasks, house.routing
    await house.kit.until(lambda: id in tasks, "routing knows them")
    assert "No agent has what is needed: refund ≥ 2" in routing.why_waiting(id, "en")["reasons"]
    liu = (await house.agent("liu")).id
    await house.kit.until(lambda: tasks[id].status == "offered", "liu is asked")
    await routing.decline(id, liu)
    en, zh = routing.why_waiting(id, "en")["reasons"], routing.why_waiting(id, "zh-CN")["reasons"]
    assert en[0].startswith("Is number 1 in queue Front desk")
    assert zh[0].startswith("在队列 前台 排第 1 位")
    assert "Nobody who is able (1) took it: declined, not answered or given back; it is offered again later" in en
    assert "能胜任者（1 人）没有接下：谢绝、未应答或退回，稍后可再次分配" in zh
    assert not any("No agent has" in line for line in en)
    mine = routing.why_no_work(liu, "en")["reasons"]
    assert "Waiting, but not taken by you and not offered to you again for now: 1" in mine
    assert "有 1 位客户在等，但需要 refund ≥ 2" in routing.why_no_work(wang, "zh-CN")["reasons"]

    async def told() -> list[str]:
        return [one["data"] for one in await house.kit.rows("SELECT data FROM event WHERE kind = 'routing.decided' ORDER BY id")]

    async def both_told() -> bool:
        return len(await told()) == 3

    await house.kit.until(both_told, "three decisions are stored")
    words = [json.loads(one)["words"] for one in await told()]
    assert words[0]["zh-CN"] == "进入队列 前台：目前没有人能胜任"
    assert "有人空出" in words[1]["zh-CN"]
    assert words[2]["en"] == "Waits in queue Front desk: nobody who is able took it, it is offered again later"
    await clock.advance(121)
    await house.kit.until(lambda: tasks[id].status == "offered", "liu is asked again")


async def test_a_reception_goes_by_the_instance_whatever_it_is_called(make_hub: MakeHub) -> None:
    """Two channels of one platform, each with a switch of its own; what a talk costs goes by the platform."""
    policy = {"agents": {"cost": {"toy": 30}}}
    plugins = (use(Toy, "shop"), use(Toy, "club"), use(Routing, "routing", policy))
    house = Service(await make_hub(*plugins, service={"first_owner": "queue"}))
    liu = (await house.agent("liu")).id
    await house.routing.reception(liu, "shop", False)
    shop, club = house.kit.visitor("shop", "u1"), house.kit.visitor("club", "u2")
    await shop.says("你好")
    conversation = await shop.is_with("queue")
    tasks = house.routing.dispatcher.router.tasks
    await house.kit.until(lambda: conversation.id in tasks, "routing knows them")
    assert tasks[conversation.id].status == "waiting"
    assert any("1 with this channel switched off" in line for line in house.routing.why_waiting(conversation.id, "en")["reasons"])
    await club.says("你好")
    await house.with_agent(club, "liu")
    await house.routing.reception(liu, "toy", False)
    assert house.routing.why_no_work(liu, "en")["off"] == ["club", "shop"]
    await house.routing.reception(liu, "shop", True)
    await house.with_agent(shop, "liu")
    assert house.routing.dispatcher.router.loads()[str(liu)] == 60


@both_databases
async def test_an_agent_who_is_gone_loses_customers_to_others_with_their_age(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house = await service(make_hub, clock=clock)
    await house.agent("liu")
    visitor = await house.comes("u1")
    await house.with_agent(visitor, "liu")
    came = (await visitor.conversation()).opened_at / 1000
    await house.agent("wang")
    house.leaves("liu")
    await clock.advance(59)
    assert (await visitor.conversation()).owner_id == str(house.agents["liu"])
    await clock.advance(1.5)
    await house.with_agent(visitor, "wang")
    conversation = await visitor.conversation()
    assert house.routing.dispatcher.router.tasks[conversation.id].arrived == pytest.approx(came, abs=1)
    kinds = await house.kit.rows("SELECT kind FROM event WHERE conversation_id = ? ORDER BY id", conversation.id)
    assert "routing.requeued" in [row["kind"] for row in kinds]


async def test_an_agent_who_comes_back_in_time_keeps_them(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house = await service(make_hub, clock=clock)
    await house.agent("liu")
    visitor = await house.comes("u1")
    await house.with_agent(visitor, "liu")
    await house.agent("wang")
    house.leaves("liu")
    await clock.advance(40)
    house.kit.hub.agents.connected(house.agents["liu"], +1)
    await clock.advance(100)
    assert (await visitor.conversation()).owner_id == str(house.agents["liu"])


@both_databases
async def test_after_a_restart_everything_goes_on(make_hub: MakeHub) -> None:
    house = await service(make_hub, {"agents": {"capacity": 20}})
    await house.agent("liu")
    first = await house.comes("u1")
    await house.with_agent(first)
    second = await house.comes("u2")
    await second.is_with("queue")
    await house.kit.restart()
    house.kit.hub.agents.connected(house.agents["liu"], +1)
    router = house.routing.dispatcher.router
    assert router.loads() == {str(house.agents["liu"]): 20}
    actor = house.kit.agent("boss", role="admin")
    await actor.takes_over((await first.conversation()).id)
    await house.with_agent(second, "liu")
    await house.routing.dispatcher.sweep()
    assert house.routing.dispatcher.repaired == 0


@both_databases
async def test_vips_have_an_agent_within_a_second_while_everybody_is_full(make_hub: MakeHub) -> None:
    clock = ManualClock()
    vip = {"when": "customer.tier in ['gold']", "burst": 20, "assign_within": "1s"}
    house = await service(make_hub, {**WEB, "vip": vip}, clock=clock)
    for login in ("a", "b", "c", "d"):
        await house.agent(login)
    vips = [f"vip{number}" for number in range(4)]
    for name in vips:
        visitor = await house.comes(name)
        conversation = await visitor.conversation()

        async def gold(scene: Scene) -> None:
            scene.apply((SetAttributes({}, tier="gold"),), SYSTEM)
            scene.close()

        await house.kit.hub.path.in_conversation(conversation.id, "test", gold)
    for number in range(22):
        await house.comes(f"u{number}")

    async def full() -> bool:
        rows = await house.kit.rows("SELECT count(*) AS n FROM conversation WHERE status = 'open' AND owner_kind = 'agent'")
        return bool(rows[0]["n"] == 20)

    await house.kit.until(full, "everybody is full")
    came = int(clock.now() * 1000)
    again = [await house.comes(name) for name in vips]
    for visitor in again:
        await house.with_agent(visitor)
        conversation = await visitor.conversation()
        assert await house.assigned_at(conversation.id) - came <= 1000
    used = await house.kit.rows("SELECT max(used) AS most FROM routing_load")
    await house.kit.until(lambda: not house.routing.dispatcher.settling.busy, "all is stored")
    assert used[0]["most"] <= 120


async def test_fifty_agents_who_take_at_once_leave_one_owner(make_hub: MakeHub) -> None:
    house = await service(make_hub, {"agents": {"capacity": 20}})
    visitors = [await house.comes(f"u{number}") for number in range(60)]
    for visitor in visitors:
        await visitor.is_with("queue")
    await asyncio.gather(*(house.agent(f"a{number}") for number in range(50)))

    async def served() -> bool:
        rows = await house.kit.rows("SELECT count(*) AS n FROM conversation WHERE owner_kind = 'agent'")
        return bool(rows[0]["n"] == 50) and not house.routing.dispatcher.settling.busy

    await house.kit.until(served, "50 are served")
    rows = await house.kit.rows("SELECT owner_id, count(*) AS n FROM conversation WHERE owner_kind = 'agent' GROUP BY owner_id")
    assert len(rows) == 50
    loads = await house.kit.rows("SELECT used FROM routing_load")
    assert [row["used"] for row in loads] == [20] * 50


async def test_a_policy_acts_at_once_and_rolls_back(make_hub: MakeHub) -> None:
    house = await service(make_hub, {"agents": {"capacity": 20}})
    await house.agent("liu")
    first = await house.comes("u1")
    await house.with_agent(first)
    second = await house.comes("u2")
    await second.is_with("queue")
    await house.routing.apply({"agents": {"capacity": 100}}, "boss")
    await house.with_agent(second, "liu")
    await house.kit.restart()
    assert house.routing.policy()["policy"] == {"agents": {"capacity": 100}} or house.routing.policy()["number"] != "0"
    await house.routing.rollback()
    assert house.routing.policy()["number"] == "0"
    with pytest.raises(Refused, match="before"):
        await house.routing.rollback()
    with pytest.raises(Refused, match="capacity"):
        await house.routing.apply({"agents": {"capacity": 0}}, "boss")
    with pytest.raises(Refused, match="nowhere"):
        await house.routing.apply({"queues": {"q": {"overflow": {"do": [{"to": "nowhere"}]}}}}, "boss")


async def test_an_offer_that_is_not_accepted_pauses_the_agent_and_moves_on(make_hub: MakeHub) -> None:
    clock = ManualClock()
    policy = {**WEB, "offer": {"accept": {"web": "15s"}}}
    house = await service(make_hub, policy, clock=clock)
    await house.agent("liu")
    visitor = await house.comes("u1")
    conversation = await visitor.is_with("queue")
    tasks = house.routing.dispatcher.router.tasks
    await house.kit.until(lambda: conversation.id in tasks and tasks[conversation.id].status == "offered", "an offer")
    wang = (await house.agent("wang")).id
    await clock.advance(15.5)
    await house.kit.until(lambda: tasks[conversation.id].agent == str(wang), "offered to the next")
    await house.kit.until(lambda: house.kit.hub.agents.get(house.agents["liu"]).state == "break", "the first one is paused")
    assert "not accepted" in house.routing.why_no_work(house.agents["liu"], "en")["reasons"][0]
    with pytest.raises(Refused):
        await house.routing.accept(conversation.id, house.agents["liu"])
    await house.routing.accept(conversation.id, wang)
    await house.with_agent(visitor, "wang")


async def test_a_silent_agent_loses_the_customer(make_hub: MakeHub) -> None:
    clock = ManualClock()
    policy = {**WEB, "silent_agent": {"warn": "60s", "supervisor": "100s", "reassign": "180s"}}
    house = await service(make_hub, policy, clock=clock)
    await house.agent("liu")
    visitor = await house.comes("u1")
    await house.with_agent(visitor, "liu")
    await house.agent("wang")
    await clock.advance(185)
    await house.with_agent(visitor, "wang")
    rows = await house.kit.rows("SELECT kind FROM event WHERE kind LIKE 'routing.%' ORDER BY id")
    kinds = [row["kind"] for row in rows]
    assert kinds.index("routing.warn") < kinds.index("routing.supervisor") < kinds.index("routing.requeued")


async def test_a_customer_who_is_silent_gives_room_and_takes_it_again(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house = await service(make_hub, {"agents": {"capacity": 20}, "inactive_after": "10m"}, clock=clock)
    await house.agent("liu")
    first = await house.comes("u1")
    await house.with_agent(first, "liu")
    boss = house.kit.agent("liu")
    boss._agent = house.kit.hub.agents.get(house.agents["liu"])
    boss._conversation = (await first.conversation()).id
    await boss.says("您好")
    second = await house.comes("u2")
    await second.is_with("queue")
    await house.kit.settled()
    router = house.routing.dispatcher.router
    await house.kit.until(lambda: router.tasks[boss._conversation].answered, "the answer is seen")
    await clock.advance(601)
    await house.with_agent(second, "liu")
    await first.says("我回来了")
    await house.kit.until(lambda: router.loads()[str(house.agents["liu"])] == 40, "both have the agent")
    assert (await first.conversation()).owner_id == str(house.agents["liu"])


async def test_a_plugin_may_replace_the_pick(make_hub: MakeHub) -> None:
    sections = {"service": {"first_owner": "queue"}}
    kit = await make_hub(use(FakeChannel, "web"), use(Routing, "routing", dict(WEB)), use(Wang, "wang"), **sections)
    house = Service(kit)
    await house.agent("liu")
    await house.agent("wang")
    visitor = await house.comes("u1")
    assert await house.with_agent(visitor) == "wang"
    rows = await kit.rows("SELECT rule, data FROM routing_decision")
    assert rows[0]["rule"] == "plugin"
    assert json.loads(rows[0]["data"])["rather"] == str(house.agents["liu"])


class Toy(FakeChannel):
    """A platform of its own."""

    platform: ClassVar[str] = "toy"


class Wang(Plugin[PluginConfig]):
    """Prefers Wang."""

    @hookimpl
    async def pick_agent(self, conversation: Conversation, person: Person, candidates: Sequence[Agent]) -> int | None:
        return next((one.id for one in candidates if one.login == "wang"), None)


class Liu(Plugin[PluginConfig]):
    """Prefers Liu."""

    @hookimpl
    async def pick_agent(self, conversation: Conversation, person: Person, candidates: Sequence[Agent]) -> int | None:
        return next((one.id for one in candidates if one.login == "liu"), None)


async def test_an_experiment_asks_the_plugin_it_names_and_no_other(make_hub: MakeHub) -> None:
    policy = {**WEB, "experiment": {"name": "pairing-1", "split": 1, "policy_b": "plugin.wang"}}
    plugins = (use(FakeChannel, "web"), use(Routing, "routing", policy), use(Liu, "liu"), use(Wang, "wang"))
    house = Service(await make_hub(*plugins, service={"first_owner": "queue"}))
    for login in ("liu", "wang"):
        await house.agent(login)
    for name in ("u1", "u2", "u3"):
        assert await house.with_agent(await house.comes(name)) == "wang"
    rows = await house.kit.rows("SELECT rule, arm FROM routing_decision")
    assert {row["arm"] for row in rows} == {"b"}
    with pytest.raises(Refused, match="插件实例 web"):
        await house.routing.apply({"experiment": {"name": "x", "policy_b": "plugin.web"}}, "boss")
