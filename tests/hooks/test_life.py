"""The hooks of a hub's own life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from hub import Inbound, NotReady, Plugin, PluginConfig, Refused, Sender, Text, hookimpl
from hub.testing import EchoBot, FakeChannel, FakePlatform, ManualClock, use
from hub.testing.fixtures import MakeHub


class Early(FakeChannel):
    """Has something to pass on as soon as the hub takes it, and something still when it stops."""

    stored: bool
    refused: str

    @hookimpl
    async def hub_started(self) -> None:
        states = {one.name: one.state for one in self.ctx._hub.registry.status()}
        self.states = states
        await self.ctx.accept(Inbound("k1", Sender("u1"), (Text("一"),)))
        self.stored = True

    @hookimpl
    async def hub_stopping(self) -> None:
        try:
            await self.ctx.accept(Inbound("k2", Sender("u1"), (Text("二"),)))
        except Refused as error:
            self.refused = error.code
        self.world.resume()
        # What was under way still goes out.
        while not self.world.arrived:
            await self.ctx.clock.sleep(0)


class Late(Plugin[PluginConfig]):
    """Cannot start yet."""

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        if self.ctx.clock.now():
            raise NotReady("not yet")
        yield


async def test_hub_started_comes_when_all_had_their_chance_and_messages_are_accepted(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await make_hub(use(Early, "fake", world=world), EchoBot, use(Late, "late"), clock=ManualClock())
    early = kit.plugin("fake", Early)
    assert early.stored
    assert early.states == {"fake": "running", "echobot": "running", "late": "retrying"}
    await kit.until(lambda: world.texts() == ["一"], "the answer")


async def test_hub_stopping_comes_while_channels_send_and_nothing_new_is_accepted(make_hub: MakeHub) -> None:
    world = FakePlatform()
    world.hang()
    kit = await make_hub(use(Early, "fake", world=world), EchoBot)
    early = kit.plugin("fake", Early)
    await kit.until(lambda: world.attempts, "a delivery under way")
    assert world.arrived == []
    await kit.hub.stop()
    assert early.refused == "stopping"
    assert world.texts() == ["一"]
    kit._started = False


class Witness(Plugin[PluginConfig]):
    """Writes down how others fare."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.seen: list[tuple[str, str, str]] = []

    @hookimpl
    async def instance_changed(self, name: str, state: str, reason: str) -> None:
        self.seen.append((name, state, reason))


class Fragile(Plugin[PluginConfig]):
    """Starts, and ends when its task does."""

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self.end = asyncio.Event()
        self.ctx.task(self._wait(), "waiting")
        yield

    async def _wait(self) -> None:
        await self.end.wait()
        raise RuntimeError("it broke")


async def test_instance_changed_tells_each_state_and_why(make_hub: MakeHub) -> None:
    kit = await make_hub(use(Witness, "w"), use(Fragile, "f"), use(Late, "late"), clock=ManualClock())
    witness, fragile = kit.plugin("w", Witness), kit.plugin("f", Fragile)

    def of(name: str) -> list[tuple[str, str]]:
        return [(state, reason) for seen, state, reason in witness.seen if seen == name]

    await kit.until(lambda: of("f")[-1:] == [("running", "")], "it runs")
    fragile.end.set()
    await kit.until(lambda: of("f")[-1][0] == "retrying", "it broke")
    assert "it broke" in of("f")[-1][1]
    await kit.until(lambda: of("f")[-1][0] == "running", "it runs again", turning=1)
    await kit.hub.registry.stop("f")
    await kit.until(lambda: of("f")[-1][0] == "stopped", "it is stopped")
    states = ["starting", "running", "stopping", "retrying", "starting", "running", "stopping", "stopped"]
    assert [state for state, _ in of("f")] == states
    assert of("late")[0] == ("starting", "")
    assert of("late")[1][0] == "retrying"
    assert "not yet" in of("late")[1][1]


class Greeter(Plugin[PluginConfig]):
    """Has something to say at the start."""

    @hookimpl
    async def welcome(self, url: str) -> Sequence[str] | None:
        return (f"{self.ctx.name}: {url}/begin",)


class Mute(Plugin[PluginConfig]):
    """Has nothing to say."""

    @hookimpl
    async def welcome(self) -> Sequence[str] | None:
        return None


async def test_welcome_collects_the_lines_of_all_who_have_some(make_hub: MakeHub) -> None:
    kit = await make_hub(use(Greeter, "one"), Mute, use(Greeter, "two"))
    lines = await kit.hub.calls.collect("welcome", url="http://hub")
    assert lines == [("one: http://hub/begin",), ("two: http://hub/begin",)]
