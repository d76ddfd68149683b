"""For all tests: the quick ones run first, so that a mistake shows early."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

ORDER = ("slow", "postgres", "browser", "fault")
"""Markers whose tests come after all others, in this order."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        return max((ORDER.index(marker.name) + 1 for marker in item.iter_markers() if marker.name in ORDER), default=0)

    items.sort(key=rank)


# An installed hub brings its test kit by itself; from a bare checkout it has to be named.
if not entry_points(group="pytest11", name="frontdesk"):
    pytest_plugins = ["hub.testing.pytest_plugin"]
