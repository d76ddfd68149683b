"""A day by its hours: who came, who had somebody, who left, and how long they waited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub_routing.reports.outcomes import Outcome


@dataclass(slots=True)
class Hour:
    """Those who came in one hour. `waited` are the seconds of all who had somebody, `longest` the most of one."""

    came: int = 0
    answered: int = 0
    left: int = 0
    waited: float = 0.0
    longest: float = 0.0

    def count(self, case: Outcome, *, left: bool) -> None:
        """One more."""
        self.came += 1
        self.left += left
        if case.wait is not None:
            self.answered += 1
            self.waited += case.wait
            self.longest = max(self.longest, case.wait)


def by_hour(cases: Iterable[tuple[Outcome, bool]], since: int, zone: ZoneInfo) -> Sequence[dict[str, Any]]:
    """``{"hour", "came", "answered", "left", "mean", "longest"}`` of each hour in which somebody came, in order.

    `cases` with whether they left. Who came before `since` (ms) counts in its hour: they waited on from there. Seconds are None
    where nobody had anybody.
    """
    hours: defaultdict[int, Hour] = defaultdict(Hour)
    for case, left in cases:
        at = datetime.fromtimestamp(max(case.arrived, since) / 1000, zone)
        hours[at.hour].count(case, left=left)
    return [_told(hour, hours[hour]) for hour in sorted(hours)]


def _told(hour: int, one: Hour) -> dict[str, Any]:
    mean, longest = (round(one.waited / one.answered, 3), round(one.longest, 3)) if one.answered else (None, None)
    return {"hour": hour, "came": one.came, "answered": one.answered, "left": one.left, "mean": mean, "longest": longest}
