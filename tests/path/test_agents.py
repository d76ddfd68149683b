"""The hub knows who serves, whatever brings them in."""

from __future__ import annotations

import pytest

from hub import Agent, AssignAgent, Conversation, HandOver, Plugin, PluginConfig, Refused
from hub.tables import Change
from hub.testing import FakeChannel, HubKit, use
from hub.testing.fixtures import MakeHub


class Faulty(Plugin[PluginConfig]):
    """Watches the agents, and fails at it."""

    def watch(self) -> list[str]:
        heard: list[str] = []

        def tell(agent: Agent) -> None:
            heard.append(f"{agent.name} {agent.state} {agent.connected}")
            raise KeyError("a fault")

        self.ctx.house.watch_agents(tell)
        return heard


async def changed(kit: HubKit, agent: Agent) -> None:
    change = Change()
    kit.hub.agents.change(change, agent)
    await kit.hub.store.commit(change)


async def test_agents_are_known_again_after_a_restart_and_nobody_sits_at_a_desk(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"))
    fang = await kit.agent("刘芳", role="supervisor").record()
    kit.hub.agents.connected(fang.id, +1)
    assert kit.hub.agents.get(fang.id).connected
    assert kit.hub.agents.find(fang.login) == kit.hub.agents.get(fang.id)
    await kit.restart()
    assert kit.hub.agents.all() == (fang,)
    with pytest.raises(Refused) as refused:
        kit.hub.agents.get(1)
    assert (refused.value.status, refused.value.code) == (404, "no_such_agent")


async def test_a_fault_of_who_watches_the_agents_holds_nobody_up(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), Faulty)
    heard = kit.plugin("faulty", Faulty).watch()
    fang = await kit.agent("刘芳").record()
    await changed(kit, Agent(fang.id, fang.login, "芳芳", state="online"))
    kit.hub.agents.connected(fang.id, +1)
    assert heard == ["刘芳 offline False", "芳芳 online False", "芳芳 online True"]
    assert len(kit.logged("a change of an agent could not be told")) == 3
    await kit.hub.registry.stop("faulty")
    kit.hub.agents.connected(fang.id, -1)
    assert len(heard) == 3


async def test_an_owner_is_called_by_name(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"))
    fang = await kit.agent("刘芳").record()
    called = kit.hub.agents.owner_name
    assert called(Conversation(1, 1, owner_kind="agent", owner_id=str(fang.id))) == "刘芳"
    assert called(Conversation(1, 1, owner_kind="agent", owner_id="12345")) == ""
    assert called(Conversation(1, 1, owner_kind="queue", team="front"), "en") == "Front desk"
    assert called(Conversation(1, 1, owner_kind="queue", team="gone")) == "gone"
    assert called(Conversation(1, 1), "en") == kit.hub.settings.name_for("en")


async def test_a_plugin_assigns_an_agent_it_knows_by_id(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), Faulty)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("hello")
    conversation = await visitor.is_with("queue")
    fang = await kit.agent("刘芳").record()
    ctx = kit.plugin("faulty", Faulty).ctx
    with pytest.raises(Refused, match="no such agent"):
        await ctx.act(conversation.id, AssignAgent(12345))
    await ctx.act(conversation.id, AssignAgent(fang.id))
    assert (await visitor.is_with("agent")).owner_id == str(fang.id)
    await ctx.act(conversation.id, HandOver("returned"))
    moved = [event.data["was"]["owner_kind"] for event in await kit.hub.reading.events(0, 100) if "was" in event.data]
    assert moved[-2:] == ["queue", "agent"]
