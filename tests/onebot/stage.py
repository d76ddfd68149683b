"""A hub with a OneBot channel, and the implementation on its other side."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from hub import Body
from hub.message import decode_body
from hub.testing import EchoBot, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from hub_media import Media
from hub_onebot import OneBot
from tests.onebot.account import Account, Json
from tests.onebot.simulator import Simulator, Wire

TOKEN: Final = "the-token-of-the-stage"
SECRET: Final = "the-secret-of-the-stage"
ME: Final = 10001
MING: Final = 20001
HONG: Final = 20002
GROUP: Final = 30001


class Stage:
    """`kit` is the hub with the instance ``onebot``, `simulator` the implementation of the account `ME`."""

    def __init__(self, kit: HubKit, simulator: Simulator, transport: str) -> None:
        self.kit = kit
        self.simulator = simulator
        self.account = simulator.account
        self._transport = transport

    @property
    def url(self) -> str:
        """Where implementations dial."""
        return f"{self.kit.url.replace('http', 'ws')}/onebot"

    @property
    def channel(self) -> OneBot:
        """The channel."""
        return self.kit.plugin("onebot", OneBot)

    def counted(self, name: str) -> int:
        """How often the channel counted something."""
        return self.kit.hub.counters[name]

    async def push(self, event: Json) -> None:
        """An event, however they travel here."""
        if self._transport == "http":
            status, _, body = await self.simulator.post(f"{self.kit.url}/onebot", event)
            assert status == 204, body
        else:
            await self.simulator.push(event)

    async def bodies(self, number: int = 1, direction: str = "in") -> list[Body]:
        """What is stored, once there are so many messages."""

        async def look() -> list[dict[str, Any]]:
            rows = await self.kit.rows("SELECT body FROM message WHERE direction = ? ORDER BY id", direction)
            return rows if len(rows) >= number else []

        rows = await self.kit.until(look, f"{number} messages")
        await self.kit.settled()
        return [decode_body(row["body"]) for row in rows]

    async def hears(self, text: str, to: int = MING, kind: str = "private") -> str:
        """Wait for a message with these words at somebody."""
        found: str = await self.kit.until(
            lambda: next((one for one in self.account.texts(str(to), kind) if text in one), ""), f"{to} hears {text!r}"
        )
        return found

    async def connected(self) -> Wire:
        """The newest socket."""
        await self.kit.until(lambda: self.simulator.wires, "a socket")
        return self.simulator.wires[-1]


@asynccontextmanager
async def stage(
    make_hub: MakeHub, transport: str = "reverse", *more: Any, clock: ManualClock | None = None, **config: Any
) -> AsyncIterator[Stage]:
    """A stage on this transport; `more` are further instances, `config` what else the channel's configuration says."""
    now = clock.now if clock else time.time
    async with Simulator(Account(ME, now), token=TOKEN, secret=SECRET) as simulator:
        await simulator.listen()
        ways = {
            "reverse": {"access_token": TOKEN},
            "forward": {"access_token": TOKEN, "url": f"ws://{simulator.url}"},
            "http": {"access_token": TOKEN, "secret": SECRET, "api_root": f"http://{simulator.url}"},
        }
        channel = use(OneBot, "onebot", {"transport": transport, "per_second": 0, **ways[transport], **config})
        hub = {"locale": "zh-CN", "allow_private_networks": ["127.0.0.0/8"]}
        kit = await make_hub(channel, EchoBot, use(Media, "media"), *more, clock=clock, serve=True, hub=hub)
        running = Stage(kit, simulator, transport)
        if transport == "reverse":
            await simulator.dial(running.url)
        yield running
        await kit.stop()
