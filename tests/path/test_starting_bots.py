"""Who writes while a bot is still starting waits for it, for a bounded time, instead of being handed over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub import Answer, Bot, Choice, Crm, NotReady, PluginConfig, Turn, hookimpl
from hub.path.pipeline import BOT_PATIENCE
from hub.testing import FakeChannel, HubKit, ManualClock, use


class Gate:
    """What the bots of one test wait for when they start; `fails` is how that ends."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.fails: Exception | None = None


class SlowConfig(PluginConfig):
    gate: Any


class Slow(Bot[SlowConfig]):
    """Starts when the gate is opened."""

    Config = SlowConfig

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        await self.config.gate.open.wait()
        if self.config.gate.fails:
            raise self.config.gate.fails
        yield

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        return Answer.of("here I am")


class SlowCrm(Crm[SlowConfig]):
    """Something a bot needs."""

    Config = SlowConfig

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        await self.config.gate.open.wait()
        yield


class Needy(Slow):
    """Waits for the CRM first."""

    needs = (SlowCrm,)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@asynccontextmanager
async def starting(folder: Path, gate: Gate, *others: Any, bot: type[Slow] = Slow) -> AsyncIterator[HubKit]:
    """A hub whose bot began to start anew, and does not get on."""
    gate.open.set()
    uses = (use(FakeChannel, "fake"), *others, use(bot, "bot", {"gate": gate}))
    async with HubKit(folder, *uses, clock=ManualClock()) as kit:
        gate.open.clear()
        await kit.hub.registry.stop("bot")
        begun = asyncio.create_task(kit.hub.registry.start("bot"))
        await kit.hub.registry.until("bot", "starting", "waiting")
        yield kit
        gate.open.set()
        await begun


async def works_on(kit: HubKit) -> None:
    """Return when the only message is in a lane and nothing moves but for the clock."""
    await kit.until(lambda: kit.hub.path.lanes._resting, "a lane that waits")
    assert isinstance(kit.clock, ManualClock)
    await kit.clock.settle()


async def test_a_stranger_waits_and_is_answered(tmp_path: Path, gate: Gate) -> None:
    async with starting(tmp_path, gate) as kit:
        visitor = kit.visitor("fake", "u1")
        await visitor.says("hello")
        await works_on(kit)
        assert await kit.rows("SELECT * FROM conversation") == []
        gate.open.set()
        await visitor.hears("here I am")
        assert (await visitor.conversation()).owner_kind == "bot"


async def test_the_wait_has_an_end(tmp_path: Path, gate: Gate) -> None:
    async with starting(tmp_path, gate) as kit:
        visitor = kit.visitor("fake", "u1")
        await visitor.says("hello")
        await works_on(kit)
        assert isinstance(kit.clock, ManualClock)
        await kit.clock.advance(BOT_PATIENCE - 1)
        assert await kit.rows("SELECT * FROM conversation") == []
        await kit.clock.advance(1)
        assert (await visitor.is_with("queue")).owner_kind == "queue"


async def test_a_bot_that_fails_is_not_waited_for_any_longer(tmp_path: Path, gate: Gate) -> None:
    async with starting(tmp_path, gate) as kit:
        visitor = kit.visitor("fake", "u1")
        await visitor.says("hello")
        await works_on(kit)
        gate.fails = NotReady("the model is not there")
        gate.open.set()
        await visitor.is_with("queue")
        # It is retrying now: the next one does not wait for it either.
        other = kit.visitor("fake", "u2")
        await other.says("hello")
        await other.is_with("queue")
        gate.fails = None


async def test_who_is_with_a_person_or_asks_for_one_does_not_wait(tmp_path: Path, gate: Gate) -> None:
    async with starting(tmp_path, gate) as kit:
        visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
        await visitor.says(Choice("a person, please", "hub:human"))
        await visitor.is_with("queue")
        await agent.takes(visitor)
        await visitor.says("it is about my parcel")
        await kit.settled()
        await agent.sees("it is about my parcel")


async def test_a_known_customer_waits_too(tmp_path: Path, gate: Gate) -> None:
    async with starting(tmp_path, gate) as kit:
        visitor = kit.visitor("fake", "u1")
        gate.open.set()
        await visitor.says("hello")
        await visitor.hears("here I am")
        gate.open.clear()
        await kit.hub.registry.stop("bot")
        begun = asyncio.create_task(kit.hub.registry.start("bot"))
        await kit.hub.registry.until("bot", "starting")
        await visitor.says("and now?")
        await works_on(kit)
        gate.open.set()
        await visitor.hears("here I am")
        await begun
        assert (await visitor.conversation()).owner_kind == "bot"


async def test_a_bot_that_waits_for_one_that_starts_is_on_its_way(tmp_path: Path, gate: Gate) -> None:
    async with starting(tmp_path, gate, use(SlowCrm, "crm", {"gate": gate}), bot=Needy) as kit:
        registry = kit.hub.registry
        await registry.stop("bot")
        await registry.stop("crm")
        begun = [asyncio.create_task(registry.start(name)) for name in ("crm", "bot")]
        await registry.until("bot", "waiting")
        await registry.until("crm", "starting")
        visitor = kit.visitor("fake", "u1")
        await visitor.says("hello")
        await works_on(kit)
        assert await kit.rows("SELECT * FROM conversation") == []
        gate.open.set()
        await visitor.hears("here I am")
        await asyncio.gather(*begun)


async def test_a_bot_that_waits_for_what_does_not_come_is_not_waited_for(tmp_path: Path, gate: Gate) -> None:
    async with starting(tmp_path, gate, use(SlowCrm, "crm", {"gate": gate}), bot=Needy) as kit:
        registry = kit.hub.registry
        await registry.stop("bot")
        await registry.stop("crm")
        begun = asyncio.create_task(registry.start("bot"))
        await registry.until("bot", "waiting")
        visitor = kit.visitor("fake", "u1")
        await visitor.says("hello")
        await visitor.is_with("queue")
        gate.open.set()
        await registry.start("crm")
        await begun
