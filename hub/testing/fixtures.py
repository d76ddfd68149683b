"""The fixtures; see `hub.testing.pytest_plugin`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hub.clock import Clock
from hub.hub import Hub
from hub.plugin import Plugin
from hub.testing.fakes import EchoBot, FakeChannel
from hub.testing.kit import HubKit, Use, use

MakeHub = Callable[..., Awaitable[HubKit]]


@pytest.fixture
def hub_databases() -> Callable[[Path], str]:
    """The ``hub.database`` of a hub with this data folder: SQLite. Override it to test on another one."""
    return lambda folder: ""


@pytest_asyncio.fixture
async def make_hub(tmp_path: Path, hub_databases: Callable[[Path], str]) -> AsyncIterator[MakeHub]:
    """Something that gives a test its hubs; see `hub.testing.pytest_plugin` for an example.

    Each has a folder of its own unless `data` names one; all are stopped after the test.
    """
    made: list[HubKit] = []

    async def make(
        *instances: Use | type[Plugin[Any]],
        clock: Clock | None = None,
        data: Path | None = None,
        serve: bool = False,
        start: bool = True,
        **sections: Any,
    ) -> HubKit:
        folder = data or tmp_path / f"hub{len(made)}"
        kit = HubKit(folder, *instances, clock=clock, serve=serve, sections=sections, database=hub_databases(folder))
        made.append(kit)
        if start:
            await kit.start()
        return kit

    yield make
    for kit in reversed(made):
        await kit.stop()


@pytest_asyncio.fixture
async def hub_kit(make_hub: MakeHub) -> HubKit:
    """A hub with one `FakeChannel` called ``fake`` and an `EchoBot`, on the machine's clock."""
    return await make_hub(use(FakeChannel, "fake"), EchoBot)


@pytest_asyncio.fixture
async def hub(hub_kit: HubKit) -> Hub:
    """The hub of `hub_kit`."""
    return hub_kit.hub
