"""The agents' load in the store: one row each, changed only by who saw its last version."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

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
        """While inside, nobody else changes this agent's row."""
        async with self._locks[agent]:
            await self._know(agent)
            yield

    def write(self, change: Change, agent: str, router: Router, now: float) -> None:
        """The agent's load as the router has it, for the one who saw the last version; only while `held`."""
        staff = router.floor.by_id.get(agent)
        used, talks = (staff.used[0], len(staff.talks)) if staff is not None else (0, 0)
        version = self._versions[agent]
        change.write(Statements.move_load, (version + 1, used, talks, int(now * 1000), int(agent), version))

        def stored() -> None:
            self._versions[agent], self._written[agent] = version + 1, (used, talks)

        change.after.append(stored)

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

    async def mend(self, router: Router, now: float) -> int:
        """Write the rows anew that are not as they were written last; returns how many there were. Raises StoreUnavailable."""
        rows = {str(row["agent_id"]): row for row in await self._ctx.reader.all("SELECT * FROM routing_load")}
        wrong = 0
        for agent in [one for one in self._versions if not self._is_ours(one, rows.get(one))]:
            async with self._locks[agent]:
                # It may have been written while the others were read.
                row = await self._ctx.reader.one("SELECT * FROM routing_load WHERE agent_id = ?", int(agent))
                if self._is_ours(agent, row):
                    continue
                await self.read_again(agent)
                self._written.pop(agent, None)
            await self.store(agent, router, now)
            wrong += 1
        return wrong

    def _is_ours(self, agent: str, row: Mapping[str, Any] | None) -> bool:
        written = (self._versions[agent], *self._written.get(agent, (0, 0)))
        return row is not None and (row["version"], row["used"], row["talks"]) == written
