"""A store alone, without a hub around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest_asyncio

from tests.databases import Databases
from tests.store.opened import Opened


@pytest_asyncio.fixture
async def open_store(tmp_path: Path, hub_databases: Databases) -> AsyncIterator[Callable[[], Opened]]:
    """Makes stores on one database, one after another; all are closed after the test."""
    made: list[Opened] = []

    def make() -> Opened:
        made.append(Opened(tmp_path, hub_databases(tmp_path)))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest_asyncio.fixture
async def opened(open_store: Callable[[], Opened]) -> Opened:
    """An open store."""
    one = open_store()
    await one.open()
    return one
