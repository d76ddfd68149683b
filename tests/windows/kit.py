"""A channel with reply windows, in a hub on a clock that is turned by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, cast

from hub import Channel, Context, PluginConfig, StoreUnavailable
from hub.testing import HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from hub_windows import Permit, Windows


class Kiosk(Channel[PluginConfig]):
    """Sends nothing; has a ledger."""

    platform = "kiosk"
    tables: ClassVar[str] = "hub_windows.tables"
    windows: Windows

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self.windows = Windows(self.ctx)
        yield


async def kiosk(make_hub: MakeHub, **more: Any) -> HubKit:
    """A hub with one channel called ``kiosk``."""
    return await make_hub(use(Kiosk, "kiosk"), clock=ManualClock(), **more)


async def reopened(folder: Path, database: str) -> HubKit:
    """A hub on what another one has left, as soon as the server has seen that the other one is gone."""
    async with asyncio.timeout(30):
        while True:
            kit = HubKit(folder, use(Kiosk, "kiosk"), database=database)
            try:
                await kit.start()
            except StoreUnavailable:
                await asyncio.sleep(0.01)
            else:
                return kit


def ledger(kit: HubKit, name: str = "kiosk") -> Windows:
    """The ledger of the channel that runs now."""
    return kit.plugin(name, Kiosk).windows


class _Elsewhere:
    """A context of the same instance in another process: it shares nothing but what is stored."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ctx, name)

    def job(self, name: str, handler: Any) -> None:
        """Done by the other one."""


def elsewhere(kit: HubKit) -> Windows:
    """A second ledger of the same instance, which knows nothing of the first."""
    return Windows(cast("Context", _Elsewhere(kit.plugin("kiosk", Kiosk).ctx)))


def now(kit: HubKit) -> int:
    """Milliseconds."""
    return int(kit.clock.now() * 1000)


def told(permit: Permit) -> tuple[str, str, int]:
    """What a channel reads of a permit."""
    return permit.rule, permit.ref, permit.number
