"""The agents' load in the store: one row each, changed only by who saw its last version."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from hub import Conflict, Context
from hub.tables import Change
from hub_routing.engine import Router
from hub_routing.tables import Statements


class Loads:
    """Rows of ``routing_load``. Changes of one agent's row come one after the other, so in one process they do not collide."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._versions: dict[str, int] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._written: dict[str, tuple[int, int]] = {}

    async def start(self, agents: Iterable[str]) -> None:
        """Learn the versions; make the rows that are missing."""
        rows = await self._ctx.reader.all("SELECT * FROM routing_load")
        self._versions = {str(row["agent_id"]): row["version"] for row in rows}
        self._written = {str(row["agent_id"]): (row["used"], row["talks"]) for row in rows}
        for agent in agents:
            await self._know(agent)

    async def _know(self, agent: str) -> None:
        if agent not in self._versions:
            await self.read_again(agent)
        if agent not in self._versions:
            change = Change()
            change.write(Statements.add_load, (int(agent), 0, 0, 0, 0))
            await self._ctx.commit(change)
            self._versions[agent] = 0

    async def read_again(self, agent: str) -> None:
        """Somebody else changed the row: learn its version."""
        found = await self._ctx.reader.value("SELECT version FROM routing_load WHERE agent_id = ?", int(agent))
        if found is None:
            self._versions.pop(agent, None)
        else:
            self._versions[agent] = found

    @asynccontextmanager
    async def held(self, agent: str) -> AsyncIterator[None]:
        """While inside, nobody else changes this agent's row; afterwards the version has moved on, unless it raised."""
        async with self._locks[agent]:
            await self._know(agent)
            yield
            self._versions[agent] += 1

    def write(self, change: Change, agent: str, router: Router, now: float) -> None:
        """The agent's load as the router has it, for the one who saw the last version; only while `held`."""
        staff = router.floor.by_id.get(agent)
        used, talks = (staff.used[0], len(staff.talks)) if staff is not None else (0, 0)
        version = self._versions[agent]
        change.write(Statements.move_load, (version + 1, used, talks, int(now * 1000), int(agent), version))
        change.after.append(lambda: self._written.__setitem__(agent, (used, talks)))

    def differs(self, agent: str, router: Router) -> bool:
        """Does an agent's row say something else than the router?"""
        staff = router.floor.by_id.get(agent)
        return self._written.get(agent, (0, 0)) != ((staff.used[0], len(staff.talks)) if staff is not None else (0, 0))

    async def store(self, agent: str, router: Router, now: float) -> None:
        """Bring one row up to date. Raises StoreUnavailable."""
        try:
            async with self.held(agent):
                change = Change()
                self.write(change, agent, router, now)
                await self._ctx.commit(change)
        except Conflict:
            await self.read_again(agent)
            async with self.held(agent):
                change = Change()
                self.write(change, agent, router, now)
                await self._ctx.commit(change)
