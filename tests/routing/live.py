"""A hub with routing, agents who are there, and customers who come."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from hub.records import Agent, Conversation
from hub.store.change import Change
from hub.testing import FakeChannel, HubKit, use
from hub.testing.clock import ManualClock
from hub.testing.fixtures import MakeHub
from hub_routing import Routing

WEB = {"agents": {"capacity": 100, "cost": {"web": 20}}}


class Service:
    """The hub and its people."""

    def __init__(self, kit: HubKit) -> None:
        self.kit = kit
        self.agents: dict[str, int] = {}
        self._keys = itertools.count()

    @property
    def routing(self) -> Routing:
        return self.kit.plugin("routing", Routing)

    async def agent(self, login: str, *, state: Any = "online", connected: bool = True, teams: tuple[str, ...] = ()) -> Agent:
        """Somebody serves, at an open desk."""
        hub = self.kit.hub
        found = hub.agents.find(login)
        if found is None:
            change = Change()
            found = Agent(hub.store.ids.next(), login, login, "agent", teams)
            hub.agents.add(change, found)
            await hub.store.commit(change)
        self.agents[login] = found.id
        await self.state(login, state)
        if connected:
            hub.agents.connected(found.id, +1)
        return hub.agents.get(found.id)

    async def state(self, login: str, state: Any) -> None:
        hub, change = self.kit.hub, Change()
        hub.agents.change(change, replace(hub.agents.get(self.agents[login]), state=state))
        await hub.store.commit(change)

    def leaves(self, login: str) -> None:
        """The desk's page is gone."""
        self.kit.hub.agents.connected(self.agents[login], -1)

    async def comes(self, name: str, **facts: Any) -> Any:
        """A customer writes."""
        visitor = self.kit.visitor("web", name)
        await visitor.says("你好", key=f"{name}-came-{next(self._keys)}", **facts)
        return visitor

    async def with_agent(self, visitor: Any, *logins: str) -> str:
        """Wait until one of these (or anybody) has the customer; returns the login."""

        async def look() -> str | None:
            conversation: Conversation = await visitor.conversation()
            if conversation.owner_kind != "agent":
                return None
            login = self.kit.hub.agents.get(int(conversation.owner_id)).login
            return login if not logins or login in logins else None

        found: str = await self.kit.until(look, f"{visitor.external_id} is with {logins or 'an agent'}")
        return found

    async def assigned_at(self, conversation_id: int) -> int:
        """When the assignment was stored (ms)."""
        sql = "SELECT at FROM event WHERE conversation_id = ? AND kind = 'conversation.assigned' ORDER BY id LIMIT 1"
        rows = await self.kit.rows(sql, conversation_id)
        return int(rows[0]["at"])


async def service(
    make_hub: MakeHub, policy: Mapping[str, Any] = WEB, *, clock: ManualClock | None = None, agents: Any = (), **more: Any
) -> Service:
    """A hub with a web channel and this policy; conversations begin in the queue."""
    sections = {"service": {"first_owner": "queue"}, "agents": list(agents), **more}
    kit = await make_hub(use(FakeChannel, "web"), use(Routing, "routing", dict(policy)), clock=clock, **sections)
    return Service(kit)
