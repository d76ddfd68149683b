"""One life of an instance, from its start to the moment it holds nothing any more."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hub.context import Context
from hub.errors import HubError
from hub.implementations import takes_part
from hub.plugin import Plugin, PluginConfig

if TYPE_CHECKING:
    from hub.hub import Hub

START_LIMIT: Final = 30.0
STOP_LIMIT: Final = 10.0
RELEASE_LIMIT: Final = 5.0


@dataclass(frozen=True, slots=True)
class InstanceSpec:
    """An instance as the YAML has it; `position` is its place there, `folder` where its relative paths start."""

    name: str
    plugin_name: str
    cls: type[Plugin[Any]]
    config: PluginConfig
    folder: Path
    position: int
    required: bool = False
    enabled: bool = True


class Life:
    """One life. `begin` and `end` must be awaited in the same task, as an async context manager asks for.

    `crash` gets the error of the first background task that raises.
    """

    def __init__(self, hub: Hub, spec: InstanceSpec) -> None:
        self.ctx = Context(hub, spec.name, spec.folder, self._task_ended)
        self.plugin: Plugin[Any] | None = None
        self.crash: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        self._calls = hub.calls
        self._spec = spec
        self._run: AbstractAsyncContextManager[None] | None = None

    async def begin(self) -> Exception | None:
        """Build the plugin, start it and let it take part; the error where that fails. In any case `end` comes next."""
        spec = self._spec
        outcome = await self._calls.guard(spec.name, "start", self._enter, deadline=START_LIMIT)
        if outcome.error is not None or self.plugin is None:
            return outcome.error
        try:
            self._calls.register(spec.name, self.plugin, spec.position)
        except HubError as error:
            return error
        if takes_part(spec.cls, "crm_changes"):
            self.ctx.subscribe("crm_changes", self.plugin.crm_changes)  # type: ignore[attr-defined]
        return None

    async def end(self) -> None:
        """Out of the calls, out of `Plugin.run`, and everything given back."""
        try:
            self._calls.unregister(self._spec.name)
            await self._last("calls under way", self._calls.idle, self._spec.name)
            run, self._run = self._run, None
            if run is not None:
                await self._last("stop", run.__aexit__, None, None, None)
        finally:
            while self.ctx.held():
                await self._last("give back", self.ctx.release, deadline=RELEASE_LIMIT)

    async def _enter(self) -> None:
        self.plugin = self._spec.cls(self._spec.config, self.ctx)
        run = self.plugin.run()
        await run.__aenter__()
        self._run = run

    async def _last(self, what: str, function: Any, *args: Any, deadline: float = STOP_LIMIT) -> None:
        outcome = await self._calls.guard(self._spec.name, what, function, *args, deadline=deadline)
        if isinstance(outcome.error, HubError):
            self.ctx.log.warning("did not stop in order", step=what, error=str(outcome.error))

    def _task_ended(self, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception) and not self.crash.done():
            if not isinstance(error, HubError):
                self.ctx.log.error("background task failed", task=task.get_name(), exc_info=error)
            self.crash.set_result(error)
