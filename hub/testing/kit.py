"""A real hub for a test: its own folder, plugins given as classes, everything it logged, actors who talk."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from aiohttp import web

from hub.clock import Clock, SystemClock
from hub.config import HubConfig, LoadedConfig
from hub.errors import StoreUnavailable
from hub.hub import Hub
from hub.life import InstanceSpec
from hub.log import make_logger
from hub.plugin import Plugin, PluginConfig
from hub.store.committer import Group, Writer
from hub.testing.actors import AgentActor, VisitorActor
from hub.testing.clock import ManualClock
from hub.testing.fakes import FakeChannel, FakePlatform
from hub.testing.stillness import Stillness
from hub.web.application import build

P = TypeVar("P", bound=Plugin[Any])
PATIENCE: Final = 60.0
"""Seconds (of the machine's time) a test waits for something to become true before it fails: only a failing one waits long."""

LOOK_EVERY: Final = 0.004


@dataclass(frozen=True, slots=True)
class Use:
    """An instance for a test's hub; see `use`."""

    cls: type[Plugin[Any]]
    name: str
    config: PluginConfig | Mapping[str, Any] = field(default_factory=dict)
    required: bool = False


def use(cls: type[Plugin[Any]], name: str = "", config: Any = None, *, required: bool = False, **values: Any) -> Use:
    """An instance of `cls`: its configuration as a model, a mapping, or keyword arguments."""
    return Use(cls, name or cls.__name__.lower(), config if config is not None else values, required)


class HubKit:
    """A hub, and what a test does with it. Use it as ``async with HubKit(folder, use(FakeChannel, "fake"))``.

    `sections` are the sections of the YAML (``service={"first_owner": "queue"}``), `database` a ``postgres://`` URL instead
    of SQLite. With `serve` the hub answers at `url`.
    """

    def __init__(
        self,
        data: Path,
        *instances: Use | type[Plugin[Any]],
        clock: Clock | None = None,
        serve: bool = False,
        sections: Mapping[str, Any] | None = None,
        database: str = "",
    ) -> None:
        self.data = data
        self.clock = clock or SystemClock()
        self.transcript: list[str] = []
        self.url = ""
        self._serve = serve
        self._uses = tuple(one if isinstance(one, Use) else use(one) for one in instances)
        self._sections = dict(sections or {})
        self._sections["hub"] = {"locale": "zh-CN", "database": database, **self._sections.get("hub", {})}
        self._logged = io.StringIO()
        self._runner: web.ServerRunner | None = None
        self._started = False
        self.hub = self._make()

    def _make(self) -> Hub:
        specs = []
        for position, one in enumerate(self._uses):
            config = one.config if isinstance(one.config, PluginConfig) else one.cls.Config.model_validate(one.config)
            name = one.cls.__name__.lower()
            specs.append(InstanceSpec(one.name, name, one.cls, config, self.data, position, one.required))
        settings = HubConfig.model_validate(self._sections)
        log = make_logger(level="debug", json=True, stream=self._logged)
        return Hub(LoadedConfig(settings, tuple(specs)), self.data, clock=self.clock, log=log)

    # -- life -----------------------------------------------------------------------------------

    async def __aenter__(self) -> HubKit:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the hub, and its server where `serve` was asked for."""
        self._started = True
        await self.hub.start()
        self._stillness = Stillness(self.hub.store)
        if self._serve:
            self._runner = web.ServerRunner(build(self.hub), shutdown_timeout=1)
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop everything. A clock that stands still is turned meanwhile, so that nothing waits for it."""
        if not self._started:
            return
        self._started = False
        for platform in self._platforms():
            platform.resume()
        runner, self._runner = self._runner, None
        if runner is not None:
            self.hub.begin_to_stop()
            await self.hub.say_farewell()
            await runner.cleanup()
        stop = asyncio.ensure_future(self.hub.stop())
        while not stop.done():
            await self._turn(1)
            await asyncio.wait([stop], timeout=LOOK_EVERY)
        stop.result()

    async def restart(self) -> None:
        """Stop, and start a new hub on the same folder and platforms."""
        await self.stop()
        self.hub = self._make()
        await self.start()

    def _platforms(self) -> list[FakePlatform]:
        found = [self.hub.registry.get(one.name) for one in self._uses]
        return [channel.world for channel in found if isinstance(channel, FakeChannel)]

    # -- who and what is there -------------------------------------------------------------------

    def visitor(self, channel: str, external_id: str, *, name: str = "", locale: str = "") -> VisitorActor:
        """A customer who writes on a `FakeChannel`."""
        return VisitorActor(self, channel, external_id, name=name, locale=locale)

    def agent(self, name: str, *, role: Any = "agent") -> AgentActor:
        """Somebody who serves; the account is made when they first do something."""
        return AgentActor(self, name, role)

    def plugin(self, name: str, cls: type[P]) -> P:
        """The running instance `name`. Raises AssertionError when it does not run, or is no `cls`."""
        found = self.hub.registry.get(name)
        assert isinstance(found, cls), f"{name!r} is not a running {cls.__name__}: {self.hub.registry.status()}"
        return found

    def world(self, channel: str) -> FakePlatform:
        """The platform behind a `FakeChannel`."""
        return self.plugin(channel, FakeChannel).world

    @property
    def log_text(self) -> str:
        """All that was logged, as printed."""
        return self._logged.getvalue()

    def logged(self, event: str = "") -> list[dict[str, Any]]:
        """The logged lines, those with this `event` where it is given."""
        lines = [json.loads(line) for line in self.log_text.splitlines()]
        return [line for line in lines if event in ("", line["event"])]

    def tasks_of(self, instance: str) -> list[str]:
        """Names of the tasks of an instance that are still there."""
        names = (task.get_name() for task in asyncio.all_tasks())
        return [name for name in names if name.startswith(f"{instance}: ")]

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of the store, for looking behind the curtain."""
        return [dict(row) for row in await self.hub.store.reader.all(sql, *values)]

    # -- waiting --------------------------------------------------------------------------------

    async def until(
        self,
        check: Callable[[], Any | Awaitable[Any]],
        what: str,
        *,
        within: float = PATIENCE,
        turning: float = 0,
    ) -> Any:
        """What `check` answers once that is true; looked at again and again, and no longer than needed.

        `turning` turns a manual clock by so many seconds between two looks, though not while the store is at work. Raises
        AssertionError with `what` and the transcript.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while True:
            found = check()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return found
            if loop.time() > end:
                raise AssertionError(self.explain(f"waited {within:g} s in vain for: {what}"))
            await self._turn(turning)
            await asyncio.sleep(LOOK_EVERY)

    async def _turn(self, seconds: float) -> None:
        """Turn a manual clock, as far as nothing that should happen first is with the store."""
        if seconds and isinstance(self.clock, ManualClock):
            await self.clock.advance(seconds, while_=lambda: self._stillness.still)

    async def settled(self, *, turning: float = 0) -> None:
        """Wait until nobody's message is being worked on and nothing is on its way out, nor waits to be stored."""
        path = self.hub.path
        await self.until(
            lambda: not len(path.lanes) and not path.delivery.under_way and not path.reception.in_flight,
            "an idle hub",
            turning=turning,
        )

    def explain(self, sentence: str) -> str:
        """A failure's text: the sentence, what was said so far, and what went wrong in the log."""
        wrong = [line for line in self.logged() if line["level"] in ("warning", "error")][-5:]
        said = "\n  ".join(self.transcript) or "(nothing was said)"
        lines = "\n  ".join(json.dumps(line, ensure_ascii=False)[:600] for line in wrong) or "(nothing)"
        return f"{sentence}\nso far:\n  {said}\nwarnings and errors in the log:\n  {lines}"

    # -- trouble --------------------------------------------------------------------------------

    @asynccontextmanager
    async def store_down(self) -> AsyncIterator[None]:
        """While inside, nothing can be stored."""
        committer = self.hub.store.committer
        writer, committer._writer = committer._writer, _Broken(committer._writer)
        try:
            yield
        finally:
            committer._writer = writer


class _Broken:
    """A database that takes nothing."""

    def __init__(self, inner: Writer) -> None:
        self._inner = inner

    async def write(self, group: Group) -> dict[int, int]:
        raise StoreUnavailable("the database cannot be written: database or disk is full")

    async def position(self) -> int:
        return await self._inner.position()

    async def close(self) -> None:
        await self._inner.close()
