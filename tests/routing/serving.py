"""``hub serve`` with routing, agents who are always there, and a way to ask for a sweep. Argument: data folder."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

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


class Staffed(Routing):
    """Routing, with its agents; ``GET /test/sweep`` sweeps and says what was ever repaired."""

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        async with super().run():
            agents = self.ctx.house.agents
            for number in range(AGENTS):
                found = agents.find(f"a{number}")
                if found is None:
                    change = Change()
                    found = Agent(self.ctx.new_id(), f"a{number}", f"a{number}", "agent", (), state="online")
                    agents.add(change, found)
                    await self.ctx.commit(change)
                agents.connected(found.id, +1)
            self.ctx.route("GET", "/test/sweep", self._swept)
            yield

    async def _swept(self, request: web.Request) -> web.Response:
        busy = bool(self.dispatcher.settling.busy)
        await self.dispatcher.sweep()
        return answer({"busy": busy, "repaired": self.dispatcher.repaired, "loads": self.dispatcher.router.loads()})


if __name__ == "__main__":
    data = Path(sys.argv[1])
    data.mkdir(exist_ok=True)
    (data / "hub.yaml").write_text(DOCUMENT, encoding="utf-8")
    config = load(data / "hub.yaml", {}, {"webhook": Webhook, "routing": Staffed})
    sys.exit(serve(config, "127.0.0.1", 0, data))
