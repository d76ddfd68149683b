"""A hub of which only the plugin runtime is real: calls, registry, clock and what was logged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from hub import Context, Plugin, PluginConfig
from hub.calling import Calls
from hub.life import InstanceSpec
from hub.registry import Registry
from hub.testing.clock import ManualClock


class Lines:
    """A logger that keeps what was logged as (level, event, facts)."""

    def __init__(self, lines: list[tuple[str, str, dict[str, Any]]] | None = None, **bound: Any) -> None:
        self.lines = [] if lines is None else lines
        self.bound = bound

    def bind(self, **facts: Any) -> Lines:
        return Lines(self.lines, **{**self.bound, **facts})

    def debug(self, event: str, **facts: Any) -> None:
        self.lines.append(("debug", event, {**self.bound, **facts}))

    def info(self, event: str, **facts: Any) -> None:
        self.lines.append(("info", event, {**self.bound, **facts}))

    def warning(self, event: str, **facts: Any) -> None:
        self.lines.append(("warning", event, {**self.bound, **facts}))

    def error(self, event: str, **facts: Any) -> None:
        self.lines.append(("error", event, {**self.bound, **facts}))

    def events(self, level: str = "") -> list[str]:
        return [event for found, event, _ in self.lines if not level or found == level]


class Runtime:
    """The parts of a hub that run plugins."""

    def __init__(self, version: str = "0.1.0") -> None:
        self.clock = ManualClock()
        self.log = Lines()
        self.version = version
        self.calls = Calls(clock=self.clock, log=self.log)
        self.registry = Registry(cast("Any", self))

    def seat(self, name: str, cls: type[Plugin[Any]], position: int | None = None) -> Any:
        """Register an instance of `cls` with the calls only, without a life."""
        plugin = cls(PluginConfig(), cast("Context", SimpleNamespace(name=name)))
        self.calls.register(name, plugin, len(self.calls._seats) if position is None else position)
        return plugin

    def add(self, name: str, cls: type[Plugin[Any]], config: PluginConfig | None = None, **more: Any) -> None:
        """Add an instance to the registry."""
        position = more.pop("position", len(self.registry.status()))
        spec = InstanceSpec(name, cls.__name__.lower(), cls, config or PluginConfig(), Path(), position, **more)
        self.registry.add(spec)

    def states(self) -> dict[str, str]:
        return {one.name: one.state for one in self.registry.status()}

    def tasks(self) -> set[str]:
        """Names of the tasks there are besides the test's own and the hub's."""
        return {
            task.get_name()
            for task in asyncio.all_tasks()
            if task is not asyncio.current_task() and not task.get_name().startswith("hub: ")
        }


@asynccontextmanager
async def runtime(version: str = "0.1.0") -> AsyncIterator[Runtime]:
    """A started runtime; everything is stopped afterwards."""
    made = Runtime(version)
    await made.calls.start()
    try:
        yield made
    finally:
        stop = asyncio.ensure_future(made.registry.stop_all())
        while not stop.done():
            await made.clock.advance(1)
        await made.calls.stop()
        stop.result()
