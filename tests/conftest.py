"""For all tests: the quick ones run first, so that a mistake shows early; files are shared out among the processes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import Databases, Postgres, running_postgres

# How long an example takes says only how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

ORDER = ("slow", "postgres", "browser", "fault")
"""Markers whose tests come after all others, in this order."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        return max((ORDER.index(marker.name) + 1 for marker in item.iter_markers() if marker.name in ORDER), default=0)

    items.sort(key=rank)
    for item in items:
        # What a file prepares once is prepared by one process; its slow tests still wait for the quick ones of others.
        item.add_marker(pytest.mark.xdist_group(f"{rank(item)}-{item.path.stem}"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this run."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """``sqlite``, unless a test asks for more; see `tests.databases.both_databases`."""
    wanted: str = getattr(request, "param", "sqlite")
    return wanted


@pytest.fixture
def hub_databases(request: pytest.FixtureRequest, backend: str) -> Databases:
    """For each folder a database of its own, where no hub has stored anything yet."""
    return _databases(request, backend, empty=False)


@pytest.fixture
def empty_databases(request: pytest.FixtureRequest, backend: str) -> Databases:
    """The same without any table."""
    return _databases(request, backend, empty=True)


def _databases(request: pytest.FixtureRequest, backend: str, *, empty: bool) -> Databases:
    if backend == "sqlite":
        return lambda folder: ""
    server: Postgres = request.getfixturevalue("postgres")
    return cache(lambda folder: server.create(empty=empty))


# An installed hub brings its test kit by itself; from a bare checkout it has to be named.
if not entry_points(group="pytest11", name="frontdesk"):
    pytest_plugins = ["hub.testing.pytest_plugin"]
