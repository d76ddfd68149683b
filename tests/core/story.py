"""A plugin that tells what happens to it, for the tests of lives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from hub import Plugin, PluginConfig, hookimpl
from tests.core.runtime_kit import Runtime


class Story(Plugin[PluginConfig]):
    """Tells what happens to it in `told`; subclasses made by `story` raise or wait on the way."""

    told: ClassVar[list[str]]
    errors: ClassVar[list[Exception]] = []
    in_start: ClassVar[Any] = None
    in_stop: ClassVar[Any] = None

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self.ctx.undo("thing", lambda: self.told.append(f"{self.ctx.name} gives back"))
        self.told.append(f"{self.ctx.name} starts")
        if self.in_start is not None:
            await type(self).in_start()
        if self.errors:
            raise self.errors.pop(0)
        self.told.append(f"{self.ctx.name} runs")
        yield
        self.told.append(f"{self.ctx.name} stops")
        if self.in_stop is not None:
            await type(self).in_stop()

    @hookimpl
    async def answer(self) -> str:
        return self.ctx.name


def story(told: list[str], **more: Any) -> type[Story]:
    return type("Story", (Story,), {"told": told, **more})


async def for_ever() -> None:
    await asyncio.Event().wait()


async def go(hub: Runtime, work: Any, seconds: float = 0) -> asyncio.Task[Any]:
    """Begin something and turn the clock."""
    task: asyncio.Task[Any] = asyncio.ensure_future(work)
    await hub.clock.advance(seconds)
    return task


def one(hub: Runtime, name: str = "a") -> Any:
    return next(status for status in hub.registry.status() if status.name == name)
