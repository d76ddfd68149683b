"""Which database an address is: a package brings the driver, and without one it is told what is missing."""

from __future__ import annotations

from importlib.metadata import EntryPoints
from pathlib import Path

import pytest

from hub import ConfigError
from hub.clock import SystemClock
from hub.store import database
from hub.store.database import database_at
from hub.store.store import Store
from hub_postgres import Postgres
from hub_sqlite import SqliteFile


def test_the_scheme_says_which_driver() -> None:
    assert isinstance(database_at("sqlite:///srv/hub.db"), SqliteFile)
    assert isinstance(database_at("postgres://user@host/name"), Postgres)
    assert isinstance(database_at("postgresql://user@host/name"), Postgres)


def test_a_scheme_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigError, match="no installed package stores in oracle://"):
        database_at("oracle://host/name")


def test_sqlite_wants_a_path() -> None:
    with pytest.raises(ConfigError, match="path of a file"):
        database_at("sqlite://")


async def test_without_the_package_of_sqlite_the_hub_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "entry_points", lambda **_: EntryPoints())
    with pytest.raises(ConfigError, match="no installed package stores in sqlite://"):
        await Store.open(tmp_path, SystemClock(), on_events=lambda _: None)


async def test_a_file_somewhere_else(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    store = await Store.open(
        tmp_path / "data", SystemClock(), database=f"sqlite://{elsewhere / 'mine.db'}", on_events=lambda _: None
    )
    await store.close()
    assert (elsewhere / "mine.db").is_file()
    assert not (tmp_path / "data" / "hub.db").exists()
