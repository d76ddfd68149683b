"""How good a channel is: bronze, silver or gold, by the groups of the contract's tests it passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar

import pytest

Tier = Literal["bronze", "silver", "gold"]
TIERS: Final[tuple[Tier, ...]] = ("bronze", "silver", "gold")
_PROPERTY: Final = "channel contract"
F = TypeVar("F", bound=Callable[..., Any])


def tier(name: Tier) -> Callable[[F], F]:
    """Mark a test of the contract as needed for this tier."""

    def mark(function: F) -> F:
        function.tier = name  # type: ignore[attr-defined]
        return function

    return mark


def state_tier(item: pytest.Item, report: pytest.TestReport) -> None:
    """Write the contract and the tier into the report of its test, which may come from another process (pytest-xdist)."""
    cls, needed = getattr(item, "cls", None), getattr(getattr(item, "function", None), "tier", None)
    if cls is not None and needed is not None:
        report.user_properties.append((_PROPERTY, (cls.__name__, needed)))


class Tiers:
    """Collects how the tests of each contract ended; pytest tells it as a plugin."""

    def __init__(self) -> None:
        self._failed: dict[str, dict[Tier, int]] = {}
        self._ran: dict[str, dict[Tier, int]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test, also of one that ran in another process. What was skipped does not count."""
        properties: dict[str, Any] = dict(report.user_properties)
        stated: tuple[str, Tier] | None = properties.get(_PROPERTY)
        if stated is None:
            return
        name, needed = stated
        failed = self._failed.setdefault(name, dict.fromkeys(TIERS, 0))
        ran = self._ran.setdefault(name, dict.fromkeys(TIERS, 0))
        if report.when == "call" and report.outcome != "skipped":
            ran[needed] += 1
        if report.outcome == "failed":
            failed[needed] += 1

    def reached(self, contract: str) -> Tier | None:
        """The highest tier whose tests, and those below it, all ran and passed."""
        best: Tier | None = None
        for one in TIERS:
            if self._failed[contract][one] or not self._ran[contract][one]:
                break
            best = one
        return best

    def lines(self) -> list[str]:
        """One line for each contract that ran."""
        return [
            f"{name}: {self.reached(name) or 'no tier yet'} "
             "(" + ", ".join(f"{one} {ran[one] - self._failed[name][one]}/{ran[one]}" for one in TIERS) + ")"
            for name, ran in self._ran.items()
        ]
