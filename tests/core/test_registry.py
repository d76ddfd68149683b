"""The life of instances: start, retry, restart, and what is told of it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest

from hub import AuthFailed, Channel, ConfigError, NotReady, Plugin, PluginConfig, hookimpl
from tests.core.runtime_kit import Runtime
from tests.core.story import Story, for_ever, go, one, story

# -- the plain life ----------------------------------------------------------------------------------


async def test_an_instance_starts_takes_part_and_stops(hub: Runtime) -> None:
    told: list[str] = []
    hub.add("a", story(told))
    assert hub.states() == {"a": "stopped"}
    assert hub.registry.get("a") is None
    await hub.registry.start_all()
    assert hub.states() == {"a": "running"}
    assert await hub.calls.first("answer", turn=1) == "a"
    assert isinstance(hub.registry.get("a"), Story)
    assert one(hub).held == ("thing",)
    await hub.registry.stop("a")
    assert await hub.calls.first("answer", turn=1) is None
    assert (one(hub).state, one(hub).held, hub.registry.get("a")) == ("stopped", (), None)
    assert told == ["a starts", "a runs", "a stops", "a gives back"]
    assert hub.tasks() == set()


async def test_stopping_twice_and_at_once_is_harmless(hub: Runtime) -> None:
    told: list[str] = []
    hub.add("a", story(told))
    await hub.registry.stop("a")
    await hub.registry.start("a")
    await asyncio.gather(hub.registry.stop("a"), hub.registry.stop("a"))
    await hub.registry.stop("a")
    await hub.registry.stop_all()
    assert told == ["a starts", "a runs", "a stops", "a gives back"]


async def test_starting_twice_starts_once(hub: Runtime) -> None:
    told: list[str] = []
    hub.add("a", story(told))
    await asyncio.gather(hub.registry.start("a"), hub.registry.start("a"))
    assert told == ["a starts", "a runs"]


async def test_run_is_entered_and_left_in_the_same_task(hub: Runtime) -> None:
    tasks: list[Any] = []

    class Same(Plugin[PluginConfig]):
        @asynccontextmanager
        async def run(self) -> AsyncIterator[None]:
            async with asyncio.timeout(3600):
                tasks.append(asyncio.current_task())
                yield
                tasks.append(asyncio.current_task())

    hub.add("a", Same)
    await hub.registry.start_all()
    await hub.registry.stop_all()
    assert len(tasks) == 2
    assert tasks[0] is tasks[1]
    assert hub.log.events("error") == []


async def test_a_disabled_instance_stays_out(hub: Runtime) -> None:
    told: list[str] = []
    hub.add("a", story(told), enabled=False)
    await hub.registry.start_all()
    assert hub.states() == {"a": "disabled"}
    with pytest.raises(ConfigError, match="'a' is disabled"):
        await hub.registry.start("a")
    await hub.registry.stop_all()
    assert hub.states() == {"a": "disabled"}
    assert told == []


async def test_restart_brings_another_configuration(hub: Runtime) -> None:
    class Words(PluginConfig):
        word: str

    class Says(Plugin[Words]):
        Config = Words

        @hookimpl
        async def answer(self) -> str:
            return self.config.word

    hub.add("a", Says, Words(word="old"))
    await hub.registry.start_all()
    assert await hub.calls.first("answer", turn=1) == "old"
    await hub.registry.restart("a", Words(word="new"))
    assert await hub.calls.first("answer", turn=1) == "new"


async def test_an_unknown_instance_is_named_with_a_hint(hub: Runtime) -> None:
    hub.add("shop", Plugin)
    with pytest.raises(ConfigError, match=r"no instance 'shpo'.*did you mean 'shop'"):
        await hub.registry.start("shpo")
    with pytest.raises(ConfigError, match="two instances"):
        hub.add("shop", Plugin)


async def test_channels_and_their_platforms(hub: Runtime) -> None:
    class Line(Channel[PluginConfig]):
        platform = "line"

    class Plain(Channel[PluginConfig]):
        pass

    for name, cls in (("l", Line), ("p", Plain), ("bot", Plugin)):
        hub.add(name, cls)
    assert hub.registry.channels() == {}
    assert (hub.registry.platform_of("l"), hub.registry.platform_of("p")) == ("line", "plain")
    await hub.registry.start_all()
    assert list(hub.registry.channels()) == ["l", "p"]
    assert hub.registry.running_channel("l") is hub.registry.get("l")
    assert hub.registry.running_channel("bot") is None
    assert [status.family for status in hub.registry.status()] == ["channel", "channel", "plugin"]


# -- news --------------------------------------------------------------------------------------------


async def test_every_change_is_told_in_order_and_logged_in_one_line(hub: Runtime) -> None:
    news: list[tuple[str, str, str]] = []

    class Listens(Plugin[PluginConfig]):
        @hookimpl
        async def instance_changed(self, name: str, state: str, reason: str) -> None:
            news.append((name, state, reason))

    hub.add("listener", Listens)
    hub.add("a", story([], errors=[NotReady("not yet", retry_after=7)]))
    await hub.registry.start_all()
    await hub.clock.advance(7)
    await hub.registry.stop_all()
    assert [item for item in news if item[0] == "a"] == [
        ("a", "starting", ""),
        ("a", "retrying", "not yet; again in 7 s"),
        ("a", "starting", ""),
        ("a", "running", ""),
        ("a", "stopping", ""),
        ("a", "stopped", ""),
    ]
    lines = [
        facts["state"] for _, event, facts in hub.log.lines if event == "instance changed" and facts["instance"] == "a"
    ]
    assert lines == ["starting", "retrying", "starting", "running", "stopping", "stopped"]


async def test_status_tells_since_when_and_hides_secrets(hub: Runtime) -> None:
    hub.add("a", story([], errors=[NotReady("refused token=abc123")]))
    await hub.clock.advance(100)
    await hub.registry.start_all()
    assert one(hub).since == int(hub.clock.now() * 1000)
    assert "abc123" not in one(hub).reason
    assert one(hub).attempts == 1


# -- when the start fails ----------------------------------------------------------------------------


async def test_not_ready_is_tried_again_after_growing_waits(hub: Runtime) -> None:
    starts: list[float] = []

    class Never(Plugin[PluginConfig]):
        @asynccontextmanager
        async def run(self) -> AsyncIterator[None]:
            starts.append(hub.clock.monotonic())
            self.fail()
            yield

        def fail(self) -> None:
            raise NotReady("line is down")

    hub.add("a", Never)
    await hub.registry.start_all()
    await hub.clock.advance(500)
    waits = [later - sooner for sooner, later in itertools.pairwise(starts)]
    for wait, least in zip(waits, [5, 10, 20, 40, 80, 80, 80], strict=False):
        assert least <= wait <= least * 1.1
    assert len(waits) >= 6
    assert one(hub).attempts == len(starts)


async def test_a_failed_start_gives_everything_back_before_the_next(hub: Runtime) -> None:
    told: list[str] = []
    hub.add("a", story(told, errors=[NotReady("a"), ValueError("b")]))
    await hub.registry.start_all()
    assert (one(hub).state, one(hub).held) == ("retrying", ())
    await hub.clock.advance(6)
    await hub.clock.advance(11)
    assert one(hub).state == "running"
    assert told == ["a starts", "a gives back"] * 2 + ["a starts", "a runs"]


async def test_an_unexpected_error_is_logged_with_its_traceback_and_tried_again(hub: Runtime) -> None:
    hub.add("a", story([], errors=[KeyError("oops")]))
    await hub.registry.start_all()
    assert (one(hub).state, one(hub).reason.partition(";")[0]) == ("retrying", "KeyError: 'oops'")
    (facts,) = [facts for _, event, facts in hub.log.lines if event == "plugin failed"]
    assert isinstance(facts["exc_info"], KeyError)


@pytest.mark.parametrize("error", [AuthFailed("bad token"), ConfigError("no such team")])
async def test_what_only_another_configuration_can_mend_is_not_tried_again(hub: Runtime, error: Exception) -> None:
    told: list[str] = []
    hub.add("a", story(told, errors=[error]))
    await hub.registry.start_all()
    await hub.clock.advance(1000)
    assert (one(hub).state, one(hub).reason) == ("failed", str(error))
    assert told == ["a starts", "a gives back"]
    await hub.registry.restart("a", PluginConfig())
    assert one(hub).state == "running"


async def test_a_constructor_that_raises_is_a_failed_start(hub: Runtime) -> None:
    class Broken(Plugin[PluginConfig]):
        def __init__(self, config: PluginConfig, ctx: Any) -> None:
            super().__init__(config, ctx)
            ctx.undo("early", lambda: None)
            raise KeyError("no")

    hub.add("a", Broken)
    await hub.registry.start_all()
    assert (one(hub).state, one(hub).held) == ("retrying", ())


async def test_a_start_that_hangs_is_cancelled_after_its_limit(hub: Runtime) -> None:
    told: list[str] = []
    hub.add("a", story(told, in_start=for_ever))
    task = await go(hub, hub.registry.start_all(), 29)
    assert one(hub).state == "starting"
    await hub.clock.advance(1.1)
    assert (one(hub).state, one(hub).reason.partition(";")[0]) == ("retrying", "a: start took longer than 30 s")
    assert told == ["a starts", "a gives back"]
    await task


async def test_a_start_that_swallows_its_cancellation_is_left_again(hub: Runtime) -> None:
    async def deaf() -> None:
        try:
            await for_ever()
        except asyncio.CancelledError:
            return

    told: list[str] = []
    hub.add("a", story(told, in_start=deaf))
    await (await go(hub, hub.registry.start_all(), 30.1))
    assert one(hub).state == "retrying"
    assert told == ["a starts", "a runs", "a stops", "a gives back"]


@pytest.mark.parametrize("phase", ["starting", "retrying", "waiting"])
async def test_stop_ends_an_instance_that_is_on_its_way(hub: Runtime, phase: str) -> None:
    class Base(Story):
        told: ClassVar[list[str]] = []
        errors: ClassVar[list[Exception]] = [NotReady()]

    told: list[str] = []
    ways: dict[str, dict[str, Any]] = {
        "starting": {"in_start": for_ever},
        "retrying": {"errors": [NotReady("later")]},
        "waiting": {"needs": (Base,)},
    }
    more = ways[phase]
    hub.add("base", Base)
    hub.add("a", story(told, **more))
    task = await go(hub, hub.registry.start_all(), 1)
    assert one(hub).state == phase
    await hub.registry.stop("a")
    assert (one(hub).state, one(hub).held) == ("stopped", ())
    assert told == ([] if phase == "waiting" else ["a starts", "a gives back"])
    assert not any(name.startswith("a:") for name in hub.tasks())
    await hub.clock.advance(20)
    await task


async def test_a_cancelled_hub_still_stops_its_instances_in_order(hub: Runtime) -> None:
    told: list[str] = []
    hub.add("a", story(told))
    await hub.registry.start_all()
    (owner,) = [task for task in asyncio.all_tasks() if task.get_name() == "a: owner"]
    owner.cancel()
    await asyncio.wait([owner])
    assert told == ["a starts", "a runs", "a stops", "a gives back"]
    assert one(hub).state == "stopped"
