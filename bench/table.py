"""The rows of the Markdown table that is printed and kept in docs/performance.md."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

HEAD = "| what | median (least to most) | goal | reached |\n| --- | --- | --- | --- |"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median, least and most."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def row(what: str, figure: str, goal: str = "", reached: bool | None = None) -> str:
    """One figure beside its goal, where it has one; a missed goal is said plainly."""
    verdict = {None: "", True: "yes", False: "**goal missed**"}[reached]
    return f"| {what} | {figure} | {goal} | {verdict} |"
