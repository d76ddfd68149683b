"""The process is killed while it stores: what it said is stored is stored, and nothing is stored by half."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.errors import StoreUnavailable
from tests.databases import Databases, both_databases
from tests.processes import said_until_killed
from tests.store.opened import Opened

KILLS, EACH = 3, 200


async def stored_until_killed(folder: Path, database: str, first: int) -> set[int]:
    """What a process said it stored before it was killed in the middle."""
    said = await said_until_killed(EACH, "tests.store.storing", str(folder), database, str(first))
    return {int(line) for line in said}


async def reopened(one: Opened) -> Opened:
    """As soon as the server has seen that the other one is gone."""
    async with asyncio.timeout(30):
        while True:
            try:
                await one.open()
            except StoreUnavailable:
                await asyncio.sleep(0.01)
            else:
                return one


@pytest.mark.fault
@both_databases
async def test_what_was_stored_when_it_was_killed_is_there_and_whole(
    open_store: Callable[[], Opened], tmp_path: Path, hub_databases: Databases
) -> None:
    acknowledged: set[int] = set()
    for kill in range(KILLS):
        said = await stored_until_killed(tmp_path, hub_databases(tmp_path), 1 + kill * 1_000_000)
        assert len(said) >= EACH
        acknowledged |= said
        store = await reopened(open_store())
        stored_people = set(await store.values("SELECT id FROM person"))
        assert acknowledged <= stored_people
        assert {int(name) for name in await store.values("SELECT name FROM datum")} == stored_people
        assert await store.values("SELECT id FROM event ORDER BY id") == list(range(1, len(stored_people) + 1))
        assert store.store.committer.position == len(stored_people)
        await store.close()
