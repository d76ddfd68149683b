"""Many instances: which are found, what is checked first, in which order they start and stop."""

from __future__ import annotations

import asyncio
import inspect
import sys
import types
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pytest

from hub import Bot, ConfigError, Crm, NotReady, Plugin, PluginConfig, hookimpl
from hub.errors import CallFailed
from hub.finding import installed, load_plugin
from tests.core.runtime_kit import Runtime, runtime
from tests.core.story import for_ever


def life(
    told: list[str], base: type[Plugin[Any]] = Plugin, *, wait: Any = None, error: Exception | None = None, **more: Any
) -> type[Plugin[Any]]:
    """A plugin that tells when it runs and stops, after waiting, or fails to start."""

    @asynccontextmanager
    async def run(self: Plugin[Any]) -> AsyncIterator[None]:
        if wait is not None:
            await wait()
        if error is not None:
            raise error
        told.append(f"{self.ctx.name} runs")
        yield
        told.append(f"{self.ctx.name} stops")

    made: type[Plugin[Any]] = types.new_class("Life", (base,), exec_body=lambda body: body.update({"run": run, **more}))
    return made


async def begin(hub: Runtime, seconds: float = 0) -> asyncio.Task[Any]:
    task = asyncio.ensure_future(hub.registry.start_all())
    await hub.clock.advance(seconds)
    return task


# -- finding -----------------------------------------------------------------------------------------


def test_only_the_plugin_that_is_named_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    source = "from hub import Plugin\nclass Found(Plugin): ...\n"
    for module in ("found_one", "found_other"):
        (tmp_path / f"{module}.py").write_text(source)
    known = {name: EntryPoint(name, f"found_{name}:Found", "hub.plugins") for name in ("one", "other")}
    assert load_plugin("one", known).__name__ == "Found"
    assert "found_one" in sys.modules
    assert "found_other" not in sys.modules


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import no_such_library", "ModuleNotFoundError.*is the extra installed"),
        ("1 / 0", "ZeroDivisionError"),
        ("x = (", "SyntaxError"),
        ("", "AttributeError"),
        ("Found = 7", "not a subclass of hub.Plugin"),
    ],
)
async def test_a_plugin_that_cannot_be_imported_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_one.py").write_text(source)
    monkeypatch.delitem(sys.modules, "broken_one", raising=False)
    with pytest.raises(ConfigError, match=message):
        load_plugin("one", {"one": EntryPoint("one", "broken_one:Found", "hub.plugins")})


def test_an_unknown_plugin_is_refused_with_a_hint() -> None:
    with pytest.raises(ConfigError, match=r"no plugin 'wechta'.*did you mean 'wechat'"):
        load_plugin("wechta", {"wechat": Plugin, "web": Plugin})


def test_the_installed_plugins_are_those_of_the_entry_point_group() -> None:
    assert all(point.group == "hub.plugins" for point in installed().values())


# -- checks before anything starts -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("specifier", "fits"), [("", True), (">=0.1", True), ("~=0.1.0", True), (">=1", False), ("<0.1", False)]
)
async def test_the_version_of_the_hub_is_checked_before_the_plugin_is_built(specifier: str, fits: bool) -> None:
    built: list[int] = []

    class Picky(Plugin[PluginConfig]):
        requires_hub = specifier

        def __init__(self, config: PluginConfig, ctx: Any) -> None:
            built.append(1)
            super().__init__(config, ctx)

    async with runtime("0.1.0.dev3" if specifier == ">=1" else "0.1.0") as hub:
        if fits:
            hub.add("a", Picky)
            return
        with pytest.raises(ConfigError, match=rf"instance 'a': Picky needs a hub {specifier}, this is 0\.1\.0"):
            hub.add("a", Picky)
        assert built == []


async def test_a_specifier_that_is_none_is_refused(hub: Runtime) -> None:
    with pytest.raises(ConfigError, match="not a specifier"):
        hub.add("a", life([], requires_hub="at least 1"))


async def test_wrong_hooks_are_refused_before_anything_starts(hub: Runtime) -> None:
    class Wrong(Plugin[PluginConfig]):
        @hookimpl
        def answer(self) -> None: ...

    with pytest.raises(ConfigError, match="is async"):
        hub.add("a", Wrong)


async def test_a_run_without_its_decorator_is_refused_with_its_line(hub: Runtime) -> None:
    class Bare(Plugin[PluginConfig]):
        async def run(self) -> AsyncIterator[None]:  # type: ignore[override]
            yield

    with pytest.raises(ConfigError, match="add @asynccontextmanager") as error:
        hub.add("a", Bare)
    assert error.value.problems[0].line == inspect.getsourcelines(Bare.run)[1]


# -- order -------------------------------------------------------------------------------------------


async def test_instances_start_in_the_order_of_the_yaml_and_stop_backwards(hub: Runtime) -> None:
    told: list[str] = []
    for name, position in (("c", 2), ("a", 0), ("b", 1)):
        hub.add(name, life(told), position=position)
    await hub.registry.start_all()
    await hub.registry.stop_all()
    assert told == ["a runs", "b runs", "c runs", "c stops", "b stops", "a stops"]


async def test_what_is_needed_starts_first_and_stops_last(hub: Runtime) -> None:
    told: list[str] = []
    hub.add("bot", life(told, Bot, needs=(Crm,)))
    hub.add("plain", life(told))
    hub.add("crm", life(told, Crm))
    await hub.registry.start_all()
    assert told == ["plain runs", "crm runs", "bot runs"]
    await hub.registry.stop_all()
    assert told[3:] == ["bot stops", "crm stops", "plain stops"]


async def test_who_needs_something_that_is_not_up_waits_for_it(hub: Runtime) -> None:
    told: list[str] = []
    tries: list[int] = []

    async def second_time() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise NotReady("later")

    hub.add("bot", life(told, Bot, needs=(Crm,)))
    hub.add("crm", life(told, Crm, wait=second_time))
    hub.add("plain", life(told))
    await hub.registry.start_all()
    assert hub.states() == {"bot": "waiting", "crm": "retrying", "plain": "running"}
    assert hub.registry.status()[0].reason == "needs Crm"
    await hub.clock.advance(6)
    assert told == ["plain runs", "crm runs", "bot runs"]


async def test_one_of_several_is_enough(hub: Runtime) -> None:
    told: list[str] = []
    hub.add("broken", life(told, Crm, error=NotReady("no")))
    hub.add("crm", life(told, Crm))
    hub.add("bot", life(told, Bot, needs=(Crm,)))
    await hub.registry.start_all()
    assert hub.states()["bot"] == "running"


async def test_a_need_that_nothing_meets_is_an_error_of_the_configuration(hub: Runtime) -> None:
    told: list[str] = []
    hub.add("first", life(told))
    hub.add("bot", life(told, Bot, needs=(Crm,)))
    hub.add("crm", life(told, Crm), enabled=False)
    with pytest.raises(ConfigError, match="instance 'bot' needs a Crm, and none is configured"):
        await hub.registry.start_all()
    assert told == []


async def test_a_circle_is_an_error_that_names_it(hub: Runtime) -> None:
    class One(Plugin[PluginConfig]):
        pass

    class Two(Plugin[PluginConfig]):
        needs: ClassVar[tuple[type[Plugin[Any]], ...]] = (One,)

    class Outside(Plugin[PluginConfig]):
        needs: ClassVar[tuple[type[Plugin[Any]], ...]] = (Two,)

    One.needs = (Two,)
    hub.add("outside", Outside)
    hub.add("one", One)
    hub.add("two", Two)
    with pytest.raises(ConfigError, match=r"in a circle: (one, two, one|two, one, two)"):
        await hub.registry.start_all()


# -- the slow and the broken -------------------------------------------------------------------------


async def test_the_slow_hold_the_others_back_for_ten_seconds_in_all(hub: Runtime) -> None:
    told: list[str] = []
    for name in ("slow", "slow too"):
        hub.add(name, life(told, wait=for_ever))
    hub.add("quick", life(told))
    task = await begin(hub, 9.9)
    assert told == []
    await hub.clock.advance(0.2)
    assert told == ["quick runs"]
    assert task.done()
    assert hub.states() == {"slow": "starting", "slow too": "starting", "quick": "running"}
    await task


async def test_one_that_fails_never_stops_the_others(hub: Runtime) -> None:
    told: list[str] = []
    hub.add("broken", life(told, error=ValueError("x")))
    hub.add("refused", life(told, error=ConfigError("y")))
    hub.add("well", life(told))
    await hub.registry.start_all()
    assert hub.states() == {"broken": "retrying", "refused": "failed", "well": "running"}


@pytest.mark.parametrize("error", [NotReady("line is down"), ConfigError("no such team"), KeyError("oops")])
async def test_a_required_instance_that_fails_fails_the_start_and_leaves_nothing(
    hub: Runtime, error: Exception
) -> None:
    told: list[str] = []
    hub.add("well", life(told))
    hub.add("must", life(told, error=error), required=True)
    with pytest.raises(CallFailed, match="the required instance 'must' did not start") as failed:
        await hub.registry.start_all()
    assert failed.value.instance == "must"
    assert set(hub.states().values()) == {"stopped"}
    assert told == ["well runs", "well stops"]
    assert hub.tasks() == set()


async def test_a_required_instance_that_is_slow_is_waited_for(hub: Runtime) -> None:
    async def slow() -> None:
        await hub.clock.sleep(20)

    told: list[str] = []
    hub.add("must", life(told, wait=slow), required=True)
    task = await begin(hub, 19)
    assert not task.done()
    await hub.clock.advance(1.1)
    assert task.done()
    await task
    assert told == ["must runs"]


async def test_a_slow_stop_does_not_hold_back_the_others(hub: Runtime) -> None:
    told: list[str] = []

    class Slow(Plugin[PluginConfig]):
        @asynccontextmanager
        async def run(self) -> AsyncIterator[None]:
            yield
            await for_ever()

    hub.add("first", life(told))
    for number in range(5):
        hub.add(f"slow {number}", Slow)
    await hub.registry.start_all()
    task = asyncio.ensure_future(hub.registry.stop_all())
    await hub.clock.advance(21)
    assert task.done()
    assert told == ["first runs", "first stops"]


async def test_until_does_not_miss_a_state_that_was_short(hub: Runtime) -> None:
    hub.add("a", life([]))
    seen = asyncio.ensure_future(hub.registry.until("a", "starting"))
    await hub.clock.settle()
    await hub.registry.start_all()
    assert hub.states() == {"a": "running"}
    await seen


async def test_until_given_up_leaves_nothing_behind(hub: Runtime) -> None:
    hub.add("a", life([]))
    waiting = asyncio.ensure_future(hub.registry.until("a", "failed"))
    await hub.clock.settle()
    waiting.cancel()
    await asyncio.wait([waiting])
    assert hub.registry._instances["a"].watchers == []
