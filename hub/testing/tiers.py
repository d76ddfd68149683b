"""How good a channel is: bronze, silver or gold, by the groups of the contract's tests it passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar

import pytest

Tier = Literal["bronze", "silver", "gold"]
TIERS: Final[tuple[Tier, ...]] = ("bronze", "silver", "gold")
F = TypeVar("F", bound=Callable[..., Any])


def tier(name: Tier) -> Callable[[F], F]:
    """Mark a test of the contract as needed for this tier."""

    def mark(function: F) -> F:
        function.tier = name  # type: ignore[attr-defined]
        return function

    return mark


class Tiers:
    """Collects how the tests of each contract ended."""

    def __init__(self) -> None:
        self._failed: dict[str, dict[Tier, int]] = {}
        self._ran: dict[str, dict[Tier, int]] = {}

    def note(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """One phase of one test. What was skipped does not count."""
        cls, function = getattr(item, "cls", None), getattr(item, "function", None)
        needed: Tier | None = getattr(function, "tier", None)
        if cls is None or needed is None:
            return
        name = str(cls.__name__)
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
