"""The process is killed while it takes permits: none is given twice, and what was given is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import Databases, both_databases
from tests.processes import said_until_killed
from tests.windows.kit import ledger, reopened

KILLS, EACH = 3, 60


async def taken_until_killed(folder: Path, database: str, run: int) -> dict[str, int]:
    """The numbers a process said it took before it was killed in the middle, by their keys."""
    said = await said_until_killed(EACH, "tests.windows.taking", str(folder), database, str(run))
    return {key: int(number) for key, number in map(str.split, said)}


@pytest.mark.fault
@both_databases
async def test_no_permit_is_given_twice_and_none_is_forgotten(tmp_path: Path, hub_databases: Databases) -> None:
    taken: dict[str, int] = {}
    database = hub_databases(tmp_path)
    for run in range(KILLS):
        said = await taken_until_killed(tmp_path, database, run)
        assert len(said) >= EACH
        taken |= said
    assert len(set(taken.values())) == len(taken)
    kit = await reopened(tmp_path, database)
    try:
        windows = ledger(kit)
        for key, number in taken.items():
            assert (await windows.take("u1", key)).number == number
        (window,) = await kit.rows("SELECT number, used FROM windows_window")
        rows = await kit.rows("SELECT number FROM windows_taken")
        # Of what was stored and not said any more there is one for each kill at most.
        assert len(taken) <= window["used"] == len(rows) <= len(taken) + KILLS
        assert (await windows.take("u1", "another")).number == window["number"] + 1
    finally:
        await kit.stop()
