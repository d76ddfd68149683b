"""What watches the hub asks: does it live, and can it work?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import web

from hub.instance import UP
from hub.web.answering import answer
from hub.web.failures import Error
from hub.web.operations import Operation

if TYPE_CHECKING:
    from hub.hub import Hub

FRESH: Final = 1.0
"""Seconds a look at the store counts: anybody may ask, and each look is a write."""


class InstanceReadiness(msgspec.Struct, frozen=True):
    """One instance, without its reasons: those are for administrators."""

    name: str
    state: str
    required: bool


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str
    version: str


class Readiness(msgspec.Struct, frozen=True):
    """Can the hub work? `store`: it takes writes; `started`: what the last run left is taken up.

    `error` is there when it cannot, as in every answer that is not 2xx.
    """

    ready: bool
    stopping: bool
    started: bool
    store: bool
    instances: tuple[InstanceReadiness, ...]
    error: Error | msgspec.UnsetType = msgspec.UNSET


def register(hub: Hub) -> None:
    """Serve both."""
    probes = Probes(hub)
    alive = Operation("Does the process answer?", response=Alive, tags=("hub",))
    ready = Operation("Can the hub work? The same body with 503 when it cannot", response=Readiness, tags=("hub",))
    hub.routes.add("GET", "/healthz", probes.alive, owner="hub", doc=alive)
    hub.routes.add("GET", "/readyz", probes.ready, owner="hub", doc=ready)


class Probes:
    """The two answers."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._writable = False
        self._looked_at = -FRESH
        self._looking = asyncio.Lock()

    async def alive(self, _: web.Request) -> web.Response:
        """200 as long as the process answers at all."""
        return answer(Alive("ok", self._hub.version))

    async def ready(self, _: web.Request) -> web.Response:
        """200 when the hub can work, else 503; the body says which part cannot.

        A hub that stops is not ready from the first moment on, so that nobody sends more.
        """
        hub = self._hub
        store = not hub.stopping and await self._can_write()
        instances = tuple(InstanceReadiness(one.name, one.state, one.required) for one in hub.registry.status())
        missing = any(one.required and one.state not in UP for one in instances)
        ready = store and hub.path.ready and not hub.stopping and not missing
        error = msgspec.UNSET if ready else Error("not_ready", "the hub cannot work now; the rest says which part")
        return answer(Readiness(ready, hub.stopping, hub.path.ready, store, instances, error), 200 if ready else 503)

    async def _can_write(self) -> bool:
        async with self._looking:
            if self._hub.clock.monotonic() - self._looked_at >= FRESH:
                self._writable = await self._hub.writable()
                self._looked_at = self._hub.clock.monotonic()
        return self._writable
