"""``hub serve`` with routing, agents who are always there, and ways to ask for a sweep and for one agent more.

Arguments: the data folder, and ``calls`` for a hub without agents where customers are called back.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

from aiohttp import web

from bench.webhook import Webhook
from hub import Agent
from hub.config import load
from hub.pages import answer
from hub.tables import Change
from hub_cli.serving import serve
from hub_routing import Routing

AGENTS = 10
CAPACITY, COST = 400, 4  # so much room that nobody has to wait, however many came before a kill
DOCUMENT = f"""
hub: {{locale: en, log: {{level: warning, format: json}}}}
service: {{first_owner: queue}}
plugins:
  - {{use: webhook, required: true}}
  - {{use: routing, required: true, config: {{agents: {{capacity: {CAPACITY}, cost: {{webhook: {COST}}}}}}}}}
"""
CALLS = """
hub: {locale: en, log: {level: warning, format: json}}
service: {first_owner: queue}
plugins:
  - {use: webhook, required: true}
  - {use: routing, required: true, config: {queues: {front: {callback: {tries: 2, retry_gap: 1s, window: 1s}}}}}
"""


class Staffed(Routing):
    """Routing, with its agents; ``GET /test/sweep`` sweeps and says what was ever repaired."""

    agents: ClassVar[int] = AGENTS

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        async with super().run():
            known = self.ctx.house.agents
            for one in known.all():
                known.connected(one.id, +1)
            for number in range(self.agents):
                await self._staff(f"a{number}")
            self.ctx.route("GET", "/test/sweep", self._swept)
            self.ctx.route("POST", "/test/staff", self._comes)
            yield

    async def _staff(self, login: str) -> None:
        agents = self.ctx.house.agents
        if agents.find(login) is None:
            change = Change()
            made = Agent(self.ctx.new_id(), login, login, "agent", (), state="online")
            agents.add(change, made)
            await self.ctx.commit(change)
            agents.connected(made.id, +1)

    async def _comes(self, request: web.Request) -> web.Response:
        await self._staff("one more")
        return answer({})

    async def _swept(self, request: web.Request) -> web.Response:
        busy = bool(self.dispatcher.settling.busy)
        await self.dispatcher.sweep()
        return answer({"busy": busy, "repaired": self.dispatcher.repaired, "loads": self.dispatcher.router.loads()})


class Unstaffed(Staffed):
    """Nobody is there before somebody is asked for."""

    agents = 0


if __name__ == "__main__":
    data = Path(sys.argv[1])
    data.mkdir(exist_ok=True)
    calls = sys.argv[2:] == ["calls"]
    (data / "hub.yaml").write_text(CALLS if calls else DOCUMENT, encoding="utf-8")
    config = load(data / "hub.yaml", {}, {"webhook": Webhook, "routing": Unstaffed if calls else Staffed})
    sys.exit(serve(config, "127.0.0.1", 0, data))
