"""For all tests: the quick ones run first, so that a mistake shows early."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.databases import Databases, Postgres, running_postgres

ORDER = ("slow", "postgres", "browser", "fault")
"""Markers whose tests come after all others, in this order."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        return max((ORDER.index(marker.name) + 1 for marker in item.iter_markers() if marker.name in ORDER), default=0)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this run."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def hub_databases(request: pytest.FixtureRequest) -> Databases:
    """SQLite, unless a test asks for more; see `tests.databases.both_databases`."""
    made: dict[Path, str] = {}

    def database(folder: Path) -> str:
        if getattr(request, "param", "sqlite") == "sqlite":
            return ""
        if folder not in made:
            server: Postgres = request.getfixturevalue("postgres")
            made[folder] = server.create()
        return made[folder]

    return database


# An installed hub brings its test kit by itself; from a bare checkout it has to be named.
if not entry_points(group="pytest11", name="frontdesk"):
    pytest_plugins = ["hub.testing.pytest_plugin"]
