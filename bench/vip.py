"""VIPs who come while every agent is full: from their request to the assignment that is stored, over HTTP in real time."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.client import Connection
from bench.table import row
from bench.webhook import Webhook
from hub import Context, Conversation, Plugin, PluginConfig, SetAttributes, hookimpl
from hub.config import load
from hub.conversations.scene import Scene
from hub.hub import Hub
from hub.records import SYSTEM, Agent
from hub.server import Server
from hub.store.change import Change
from hub_routing import Routing

AGENTS: Final = 20
TALKS: Final = 5
"""Ordinary chats an agent has room for; a VIP may be one more."""

DOCUMENT: Final = """
hub: {locale: en, log: {level: error, format: json}}
service: {first_owner: queue}
plugins:
  - {use: webhook, required: true}
  - {use: witness, required: true}
  - use: routing
    required: true
    config: {agents: {capacity: 100, cost: {webhook: 20}}, vip: {when: "customer.tier in ['gold']", burst: 20, assign_within: 1s}}
"""


class Witness(Plugin[PluginConfig]):
    """Hears of assignments once they are stored; `seen` is when, by the person."""

    def __init__(self, config: PluginConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        self.seen: dict[int, asyncio.Future[float]] = {}

    @hookimpl
    async def conversation_changed(self, conversation: Conversation) -> None:
        """Notes who has an agent now."""
        future = self.seen.get(conversation.person_id)
        if future is not None and not future.done() and conversation.status == "open" and conversation.owner_kind == "agent":
            future.set_result(time.perf_counter())


class Floor:
    """The hub, its agents, and those who come."""

    def __init__(self, hub: Hub, connection: Connection) -> None:
        self.hub = hub
        self._connection = connection
        self._numbers = itertools.count()
        plugin = hub.registry.get("witness")
        assert isinstance(plugin, Witness)
        self.witness = plugin

    async def opens(self) -> None:
        """All agents are there."""
        for number in range(AGENTS):
            change, login = Change(), f"agent{number}"
            agent = Agent(self.hub.store.ids.next(), login, login, "agent", (), state="online")
            self.hub.agents.add(change, agent)
            await self.hub.store.commit(change)
            self.hub.agents.connected(agent.id, +1)

    async def says(self, name: str) -> None:
        """One message over HTTP."""
        status, answer = await self._connection.say(f"m{next(self._numbers)}", name, "hello")
        if status != 200:
            raise RuntimeError(f"{status}: {answer}")

    def person(self, name: str) -> int:
        """Who it is that wrote."""
        found = self.hub.people.person_of(("webhook", "webhook", name))
        assert found is not None
        return found

    async def ends(self, name: str, tier: str = "") -> None:
        """The conversation is closed; the customer is of this `tier` from now on."""

        async def play(scene: Scene) -> None:
            if tier:
                scene.apply((SetAttributes({}, tier=tier),), SYSTEM)
            scene.close()

        await self.hub.path.play(self.person(name), "bench", play)

    async def served(self) -> int:
        """How many are with an agent."""
        sql = "SELECT count(*) FROM conversation WHERE status = 'open' AND owner_kind = 'agent'"
        return int(await self.hub.store.reader.value(sql))

    async def waited(self, name: str) -> float:
        """Seconds from this VIP's request to an agent of their own, who then is done at once."""
        future = asyncio.get_running_loop().create_future()
        self.witness.seen[self.person(name)] = future
        began = time.perf_counter()
        await self.says(name)
        waited: float = await asyncio.wait_for(future, 30) - began
        await self.ends(name)
        return waited


async def _fill(floor: Floor, vips: Sequence[str]) -> None:
    """The VIPs have been here before; then everybody is busy and half as many wait."""
    for name in vips:
        await floor.says(name)
        while floor.hub.people.person_of(("webhook", "webhook", name)) is None:
            await asyncio.sleep(0.001)
        await floor.ends(name, "gold")
    await floor.opens()
    for number in range(AGENTS * TALKS * 3 // 2):
        await floor.says(f"guest{number}")
    while await floor.served() < AGENTS * TALKS:
        await asyncio.sleep(0.01)


async def _guests(floor: Floor) -> None:
    """Those who are there go on talking, one leaves, another comes: for ever."""
    for number in itertools.count():
        for guest in range(number, number + 8):
            await floor.says(f"guest{guest}")
        await floor.ends(f"guest{number}")
        await floor.says(f"guest{number + AGENTS * TALKS * 3 // 2}")
        await asyncio.sleep(0.02)


async def vip_waits(number: int = 300) -> list[str]:
    """The row of the table."""
    vips = [f"vip{one}" for one in range(number)]
    plugins: dict[str, type[Plugin[Any]]] = {"webhook": Webhook, "witness": Witness, "routing": Routing}
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "hub.yaml"
        document.write_text(DOCUMENT, "utf-8")
        hub = Hub(load(document, {}, plugins), Path(folder))
        async with Server(hub) as server, Connection(server.url) as mine, Connection(server.url) as theirs:
            floor, crowd = Floor(hub, mine), Floor(hub, theirs)
            await _fill(floor, vips)
            guests = asyncio.create_task(_guests(crowd))
            waits = [await floor.waited(name) for name in vips]
            guests.cancel()
            await asyncio.wait([guests])
            if not guests.cancelled():
                guests.result()
    within = sum(wait <= 1 for wait in waits) / number * 100
    p50, p99, slowest = (1000 * one for one in (statistics.median(waits), statistics.quantiles(waits, n=100)[98], max(waits)))
    told = f"{within:.1f} % within 1 s; p50 {p50:.0f} ms, p99 {p99:.0f} ms, slowest {slowest:.0f} ms"
    return [row(f"{number} VIP chats, all {AGENTS} agents full: request to agent stored", told, "all within 1 s", within == 100)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.vip", description=__doc__)
    parser.add_argument("--number", type=int, default=300, help="VIPs who come")
    print("\n".join(asyncio.run(vip_waits(parser.parse_args().number))))


if __name__ == "__main__":
    main()
