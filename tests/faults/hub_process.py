"""A hub process for benchmarks and fault tests: a webhook channel and an echo bot. Arguments: data folder, port, database."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from hub import (
    Answer,
    Bot,
    Channel,
    Inbound,
    Limits,
    Outbound,
    PluginConfig,
    Sender,
    Sent,
    Text,
    Turn,
    hookimpl,
    plain_text,
)
from hub.config import load
from hub.hub import Hub
from hub.server import Server

DELIVERED = Path(sys.argv[1]) / "delivered"
YAML = """
hub: {log: {level: error}, database: "%s"}
plugins:
  - {use: webhook, required: true}
  - {use: echo, required: true}
"""


class Webhook(Channel[PluginConfig]):
    """POST /webhook/messages {"id", "from", "text"}; what is sent is written down in the file ``delivered``.

    The file is the platform's memory: a line outlives the process as soon as it is written.
    """

    platform = "webhook"

    @property
    def limits(self) -> Limits:
        return Limits(kinds=frozenset({"text"}))

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self.ctx.route("POST", f"/{self.ctx.name}/messages", self.receive)
        with DELIVERED.open("ab", buffering=0) as self.delivered:
            yield

    async def receive(self, request: web.Request) -> web.Response:
        said = await request.json()
        accepted = await self.ctx.accept(Inbound(said["id"], Sender(said["from"]), (Text(said["text"]),)))
        return web.json_response({"id": str(accepted.message_id)})

    async def send(self, message: Outbound) -> Sent:
        line = {"key": message.key, "to": message.address, "text": plain_text(message.body)}
        self.delivered.write(json.dumps(line).encode() + b"\n")
        return Sent()


class Echo(Bot[PluginConfig]):
    @hookimpl
    async def answer(self, turn: Turn) -> Answer | None:
        return Answer.of("echo " + plain_text(turn.message.body))


async def main(data: Path, port: int, database: str) -> None:
    document = data / "hub.yaml"
    document.write_text(YAML % database, "utf-8")
    config = load(document, {}, {"webhook": Webhook, "echo": Echo})
    async with Server(Hub(config, data), port=port):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:] or [""]))
