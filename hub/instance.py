"""An instance and its states: one owner task lives one life after another.

::

    stopped ─> waiting ─> starting ─> running <─> suspended      disabled: never starts
                  ^           │          │                       failed: until the configuration changes
                  └─ retrying <──────────┘                       stopping, stopped: from each of them

A life that ends with an error is tried again after 5 s, 10 s … 80 s; ConfigError and AuthFailed end it for good.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from hub.clock import Clock
from hub.errors import AuthFailed, ConfigError, HubError, NotReady
from hub.life import InstanceSpec, Life
from hub.log import redact_text
from hub.plugin import Plugin, PluginConfig, family_of

if TYPE_CHECKING:
    from hub.hub import Hub

State = Literal["disabled", "waiting", "starting", "running", "retrying", "suspended", "failed", "stopping", "stopped"]

FIRST_RETRY: Final = 5.0
LONGEST_RETRY: Final = 80.0
JITTER: Final = 0.1
STABLE: Final = 60.0
GIVE_UP_STOPPING: Final = 60.0
UP: Final = ("running", "suspended")


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """An instance as pages and metrics see it.

    `since` is in milliseconds, `attempts` counts the failures since it last ran for a minute, `held` is what it holds.
    """

    name: str
    plugin: str
    family: str
    state: State
    reason: str
    since: int
    attempts: int
    held: tuple[str, ...]
    required: bool = False


class Instance:
    """One instance; `changed` is told of each new state.

    `needs` are the families it needs, each with the instances of which one must be up before this one starts.
    """

    def __init__(self, hub: Hub, spec: InstanceSpec, changed: Callable[[Instance], None]) -> None:
        self.spec = spec
        self.state: State = "stopped" if spec.enabled else "disabled"
        self.reason = ""
        self.needs: Mapping[str, Sequence[Instance]] = {}
        self._hub = hub
        self._changed = changed
        self._log = hub.log.bind(instance=spec.name)
        self._since = hub.clock.now()
        self._failures = 0
        self._life: Life | None = None
        self._owner: asyncio.Task[None] | None = None
        self._stopping = False
        self._leaving = False
        self.watchers: list[tuple[tuple[str, ...], asyncio.Future[None]]] = []
        self._control = asyncio.Lock()

    # -- what others ask and order --------------------------------------------------------------

    @property
    def plugin(self) -> Plugin[Any] | None:
        """The plugin while it is up."""
        return self._life.plugin if self._life is not None and self.state in UP else None

    @property
    def on_its_way(self) -> bool:
        """Is it starting, or waiting for another that is?"""
        if self.state == "waiting":
            return any(other.on_its_way for group in self.needs.values() for other in group)
        return self.state == "starting"

    def status(self) -> InstanceStatus:
        """How the instance is now."""
        spec, held = self.spec, self._life.ctx.held() if self._life is not None else ()
        how = (self.state, self.reason, int(self._since * 1000), self._failures, held, spec.required)
        return InstanceStatus(spec.name, spec.plugin_name, family_of(spec.cls), *how)

    async def start(self) -> None:
        """Begin to live, if it does not yet. ConfigError when the instance is disabled."""
        async with self._control:
            self._launch()

    async def stop(self) -> None:
        """End the life and give everything back; harmless when there is none."""
        async with self._control:
            await self._finish()
            self._hub.calls.forget(self.spec.name)

    async def restart(self, config: PluginConfig) -> None:
        """Stop, and start with another configuration. What must not pass this instance by waits meanwhile."""
        async with self._control:
            await self._finish()
            self.spec = replace(self.spec, config=config)
            self._launch()

    def breaker(self, state: Literal["running", "suspended"], reason: str = "") -> None:
        """The breaker opened or closed."""
        if self.state in UP and self.state != state:
            self._set(state, reason)

    # -- its lives ------------------------------------------------------------------------------

    def _launch(self) -> None:
        if not self.spec.enabled:
            raise ConfigError(f"instance {self.spec.name!r} is disabled")
        if self._owner is None or self._owner.done():
            self._stopping = False
            self._failures = 0
            self._hub.calls.expect(self.spec.name, self.spec.cls)
            self._owner = asyncio.create_task(self._own(), name=f"{self.spec.name}: owner")

    async def _finish(self) -> None:
        owner, self._owner = self._owner, None
        if owner is not None and not owner.done():
            self._stopping = True
            self._set("stopping")
            # A life that is ending already must not be disturbed: it sees the flag when it has ended.
            if not self._leaving:
                owner.cancel()
            if not await within(self._hub.clock, GIVE_UP_STOPPING, asyncio.wait([owner])):
                self._log.error("instance does not end when cancelled and is left behind")
        if self.state not in ("stopped", "disabled"):
            self._set("stopped")

    async def _own(self) -> None:
        pause = 0.0
        while True:
            life = self._life = Life(self._hub, self.spec)
            error, seconds = await self._live(life, pause)
            self._leaving = True
            await life.end()
            self._leaving = False
            if self._stopping or error is None:
                self._hub.calls.forget(self.spec.name)
                self._set("stopped")
                return
            if isinstance(error, ConfigError | AuthFailed):
                self._set("failed", _words(error))
                return
            self._failures = 1 if seconds >= STABLE else self._failures + 1
            pause = _pause(error, self._failures)
            self._set("retrying", f"{_words(error)}; again in {pause:.0f} s")

    async def _live(self, life: Life, pause: float) -> tuple[Exception | None, float]:
        """Start and run. What ended it (None for a stop), and for how many seconds it had been up."""
        monotonic = self._hub.clock.monotonic
        began = math.inf
        try:
            if pause:
                await self._hub.clock.sleep(pause)
            await self._wait_for_needs()
            self._set("starting")
            error = await life.begin()
            if error is None:
                began = monotonic()
                self._set("running")
                error = await life.crash
                self._set("stopping", _words(error))
        except asyncio.CancelledError:
            # A stop. What follows must be able to await as if nobody had cancelled this task.
            owner = asyncio.current_task()
            while owner is not None and owner.cancelling():
                owner.uncancel()
            error = None
        return error, max(0.0, monotonic() - began)

    async def _wait_for_needs(self) -> None:
        while missing := [name for name, group in self.needs.items() if not any(one.state in UP for one in group)]:
            self._set("waiting", f"needs {missing[0]}")
            await one_of(self.needs[missing[0]], *UP)

    def _set(self, state: State, reason: str = "") -> None:
        self.state, self.reason, self._since = state, redact_text(reason), self._hub.clock.now()
        say = self._log.error if state == "failed" else self._log.warning if reason else self._log.info
        say("instance changed", state=state, reason=reason)
        for states, future in self.watchers:
            if state in states and not future.done():
                future.set_result(None)
        self._changed(self)


async def one_of(instances: Sequence[Instance], *states: str) -> None:
    """Return when one of `instances` is, or be it briefly was, in one of `states`."""
    if any(instance.state in states for instance in instances):
        return
    reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    watcher = states, reached
    for instance in instances:
        instance.watchers.append(watcher)
    try:
        await reached
    finally:
        for instance in instances:
            instance.watchers.remove(watcher)


async def within(clock: Clock, seconds: float, work: Awaitable[Any]) -> bool:
    """Wait for `work`, but not longer than `seconds` of `clock`; True when it ended. What did not end is cancelled."""
    doing = asyncio.ensure_future(work)
    limit = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({doing, limit}, return_when=asyncio.FIRST_COMPLETED)
        return doing.done()
    finally:
        doing.cancel()
        limit.cancel()
        await asyncio.wait({doing, limit})


def _pause(error: Exception, failures: int) -> float:
    """Seconds until the next attempt."""
    if isinstance(error, NotReady) and error.retry_after is not None:
        return max(0.0, error.retry_after)
    wait = min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** (failures - 1))
    return wait * (1 + JITTER * random.random())  # noqa: S311 (spreads retries, keeps no secret)


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__ if isinstance(error, HubError) else f"{type(error).__name__}: {error}"
