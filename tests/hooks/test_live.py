"""What an instance hears of at once, and how it ends what stays open; a fault of its own is told and harms nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from hub import Event, Plugin, PluginConfig
from hub.testing import EchoBot, FakeChannel, HubKit, use
from hub.testing.fixtures import MakeHub


class Listener(Plugin[PluginConfig]):
    """Hears everything; its page waits until the farewell."""

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self.heard: list[int] = []
        self.broken = False
        self.asked = asyncio.Event()
        self.gone = asyncio.Event()
        self.farewells = 0
        self.ctx.live(self.hear)
        self.ctx.farewell(self.end)
        self.ctx.route("GET", "/wait", self.wait)
        yield

    def hear(self, events: Sequence[Event]) -> None:
        self.heard += [event.id for event in events]
        assert self.ctx.position == self.heard[-1]
        if self.broken:
            raise RuntimeError("cannot listen")

    async def wait(self, request: web.Request) -> web.Response:
        self.asked.set()
        await self.gone.wait()
        return web.Response(text="farewell")

    async def end(self) -> None:
        self.farewells += 1
        self.gone.set()
        if self.broken:
            raise RuntimeError("cannot part")


async def listening(make_hub: MakeHub) -> tuple[HubKit, Listener]:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, use(Listener, "l"), serve=True)
    return kit, kit.plugin("l", Listener)


async def test_it_hears_every_event_in_order_until_it_stops(make_hub: MakeHub) -> None:
    kit, listener = await listening(make_hub)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    await kit.settled()
    assert listener.heard == [event.id for event in await kit.hub.reading.events(0, 100)]
    await kit.hub.registry.stop("l")
    assert listener.ctx.held() == ()
    before = list(listener.heard)
    await visitor.says("二")
    await visitor.hears("二")
    assert listener.heard == before


async def test_a_fault_in_listening_harms_nobody(make_hub: MakeHub) -> None:
    kit, listener = await listening(make_hub)
    listener.broken = True
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    assert kit.logged("events could not be told")
    listener.broken = False


async def test_who_waits_is_answered_before_the_hub_stops(make_hub: MakeHub) -> None:
    kit, listener = await listening(make_hub)
    listener.broken = True
    async with aiohttp.ClientSession() as session:
        asked = asyncio.create_task(_text(session, f"{kit.url}/wait"))
        await listener.asked.wait()
        await kit.stop()
        assert await asked == "farewell"
    assert listener.farewells
    assert kit.logged("a farewell failed")


async def _text(session: aiohttp.ClientSession, url: str) -> str:
    async with session.get(url) as answer:
        return await answer.text()
