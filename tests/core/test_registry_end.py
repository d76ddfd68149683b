"""The end of an instance's life, and what ends it while it runs: nothing is left, whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

import pytest

from hub import AuthFailed, Channel, NotReady, Plugin, PluginConfig, hookimpl
from hub.errors import CallFailed
from tests.core.runtime_kit import Runtime
from tests.core.story import for_ever, go, one, story

# -- when the stop is slow or wrong ------------------------------------------------------------------


async def test_a_stop_that_hangs_is_cancelled_after_its_limit(hub: Runtime) -> None:
    told: list[str] = []
    hub.add("a", story(told, in_stop=for_ever))
    await hub.registry.start_all()
    task = await go(hub, hub.registry.stop("a"), 9.9)
    assert one(hub).state == "stopping"
    await hub.clock.advance(0.3)
    assert task.done()
    assert (one(hub).state, told[-1]) == ("stopped", "a gives back")


async def test_a_stop_that_raises_still_gives_everything_back(hub: Runtime) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    told: list[str] = []
    hub.add("a", story(told, in_stop=fail))
    await hub.registry.start_all()
    await hub.registry.stop("a")
    assert told[-1] == "a gives back"
    assert "plugin failed" in hub.log.events("error")


async def test_a_stop_that_awaits_what_it_cancelled_is_a_fault_of_the_plugin_only(hub: Runtime) -> None:
    async def stray() -> None:
        child = asyncio.ensure_future(for_ever())
        await asyncio.sleep(0)
        child.cancel()
        await child

    told: list[str] = []
    hub.add("a", story(told, in_stop=stray))
    await hub.registry.start_all()
    await hub.registry.stop("a")
    assert told[-1] == "a gives back"
    assert any("awaited something that was cancelled" in facts.get("error", "") for *_, facts in hub.log.lines)


async def test_a_stop_does_not_disturb_a_life_that_is_ending_already(hub: Runtime) -> None:
    async def three() -> None:
        await hub.clock.sleep(3)
        told.append("took its time")

    told: list[str] = []
    hub.add("a", story(told, in_stop=three))
    await hub.registry.start_all()

    async def fail() -> None:
        raise ValueError("burnt")

    plugin = hub.registry.get("a")
    assert plugin is not None
    plugin.ctx.task(fail(), "burning")
    await hub.registry.until("a", "stopping")
    await hub.clock.advance(1)
    stop = await go(hub, hub.registry.stop("a"), 2.1)
    assert stop.done()
    assert told == ["a starts", "a runs", "a stops", "took its time", "a gives back"]
    assert one(hub).state == "stopped"


async def test_giving_back_goes_on_after_a_thing_that_raises_or_hangs(hub: Runtime) -> None:
    given: list[str] = []

    def fail() -> None:
        raise KeyError("whatever")

    class Holds(Plugin[PluginConfig]):
        @asynccontextmanager
        async def run(self) -> AsyncIterator[None]:
            self.ctx.undo("first", lambda: given.append("first"))
            self.ctx.undo("raises", fail)
            self.ctx.undo("hangs", for_ever)
            self.ctx.undo("last", lambda: given.append("last"))
            yield

    hub.add("a", Holds)
    await hub.registry.start_all()
    task = await go(hub, hub.registry.stop("a"), 6)
    assert task.done()
    assert given == ["last", "first"]
    assert one(hub).held == ()


async def test_a_plugin_that_cannot_be_cancelled_does_not_keep_the_hub_from_stopping(hub: Runtime) -> None:
    free = asyncio.Event()

    async def stubborn() -> None:
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                continue

    hub.add("a", story([], in_stop=stubborn))
    await hub.registry.start_all()
    task = await go(hub, hub.registry.stop_all(), 61)
    assert task.done()
    assert "instance does not end when cancelled and is left behind" in hub.log.events("error")
    free.set()


async def test_a_stop_waits_for_calls_that_are_under_way(hub: Runtime) -> None:
    told: list[str] = []

    class Slow(story(told)):  # type: ignore[misc]
        async def answer(self) -> str:
            await hub.clock.sleep(3)
            told.append("answered")
            return "late"

    hub.add("a", Slow)
    await hub.registry.start_all()
    asked = await go(hub, hub.calls.first("answer", turn=1))
    stop = await go(hub, hub.registry.stop("a"), 3.1)
    assert asked.result() == "late"
    assert stop.done()
    assert told == ["a starts", "a runs", "answered", "a stops", "a gives back"]


# -- while it runs -----------------------------------------------------------------------------------


async def test_a_background_task_that_raises_restarts_the_instance(hub: Runtime) -> None:
    told: list[str] = []
    fuse = asyncio.Event()

    class Works(story(told)):  # type: ignore[misc]
        async def burn(self) -> None:
            await fuse.wait()
            fuse.clear()
            raise ValueError("burnt")

        @asynccontextmanager
        async def run(self) -> AsyncIterator[None]:
            self.ctx.task(self.burn(), "burn")
            async with super().run():
                yield

    hub.add("a", Works)
    await hub.registry.start_all()
    fuse.set()
    await hub.registry.until("a", "retrying")
    assert one(hub).reason.startswith("ValueError: burnt; again in 5 s")
    assert one(hub).held == ()
    assert "background task failed" in hub.log.events("error")
    await hub.clock.advance(6)
    assert one(hub).state == "running"
    assert told == ["a starts", "a runs", "a stops", "a gives back", "a starts", "a runs"]


async def test_a_background_task_that_fails_for_good_stops_the_instance(hub: Runtime) -> None:
    class Works(Plugin[PluginConfig]):
        async def poll(self) -> None:
            raise AuthFailed("token was revoked")

        @asynccontextmanager
        async def run(self) -> AsyncIterator[None]:
            self.ctx.task(self.poll(), "poll")
            yield

    hub.add("a", Works)
    await hub.registry.start_all()
    await hub.registry.until("a", "failed")
    assert (one(hub).reason, one(hub).held) == ("token was revoked", ())


async def test_a_background_task_that_ends_or_is_cancelled_restarts_nothing(hub: Runtime) -> None:
    class Works(Plugin[PluginConfig]):
        @asynccontextmanager
        async def run(self) -> AsyncIterator[None]:
            self.ctx.task(asyncio.sleep(0), "short")
            self.ctx.task(for_ever(), "long").cancel()
            yield

    hub.add("a", Works)
    await hub.registry.start_all()
    await hub.clock.advance(100)
    assert one(hub).state == "running"
    await hub.registry.stop_all()
    assert hub.tasks() == set()


async def test_an_instance_that_ran_for_a_minute_begins_with_short_waits_again(hub: Runtime) -> None:
    fuses: list[asyncio.Event] = []

    class Works(Plugin[PluginConfig]):
        async def burn(self) -> None:
            fuses.append(asyncio.Event())
            await fuses[-1].wait()
            raise NotReady("gone")

        @asynccontextmanager
        async def run(self) -> AsyncIterator[None]:
            self.ctx.task(self.burn(), "burn")
            yield

    hub.add("a", Works)
    await hub.registry.start_all()
    attempts = []
    for ran in (1, 1, 61):
        await hub.clock.advance(ran)
        fuses[-1].set()
        await hub.clock.settle()
        attempts.append(one(hub).attempts)
        await hub.clock.advance(12)
        assert one(hub).state == "running"
    assert attempts == [1, 2, 1]


async def test_the_breaker_suspends_and_resumes_the_instance(hub: Runtime) -> None:
    class Moody(Channel[PluginConfig]):
        mood: Exception | None = ValueError("bad mood")

        @hookimpl
        async def answer(self) -> str:
            if self.mood:
                raise self.mood
            return "fine"

    hub.add("a", Moody)
    await hub.registry.start_all()
    for _ in range(5):
        await hub.calls.first("answer", turn=1)
    assert one(hub).state == "suspended"
    assert "5 failures in a row" in one(hub).reason
    plugin = hub.registry.running_channel("a")
    assert isinstance(plugin, Moody)
    plugin.mood = None
    await hub.clock.advance(1)
    assert await hub.calls.first("answer", turn=1) == "fine"
    assert (one(hub).state, one(hub).reason) == ("running", "")


async def test_filters_keep_messages_back_while_their_instance_is_not_running(hub: Runtime) -> None:
    class Mask(Plugin[PluginConfig]):
        tries: ClassVar[list[int]] = []

        @asynccontextmanager
        async def run(self) -> AsyncIterator[None]:
            self.tries.append(1)
            if len(self.tries) == 1:
                raise NotReady("word list not there yet")
            yield

        @hookimpl
        async def filter_inbound(self, message: str) -> str:
            return message.upper()

    hub.add("mask", Mask)
    await hub.registry.start_all()
    with pytest.raises(CallFailed, match="not running"):
        await hub.calls.fold("filter_inbound", "hi", conversation=1, person=2)
    await hub.clock.advance(6)
    assert await hub.calls.fold("filter_inbound", "hi", conversation=1, person=2) == "HI"
    await hub.registry.stop("mask")
    assert await hub.calls.fold("filter_inbound", "hi", conversation=1, person=2) == "hi"
