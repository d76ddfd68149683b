"""The report of an experiment: each queue with its two arms, and whether both arms saw the same load.

Arms that saw other hours cannot be told apart by their totals (Simpson's paradox): the adjusted figures weigh each hour of the
day by its share of all cases, and only hours in which both arms have cases count. An arm whose cases came when more agents had
room looks better than it is (utilisation bias): `room` is the share of able agents who had room when a case came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from hub_routing.reports.outcomes import Outcome
from hub_routing.simulate.report import percentile, table
from hub_routing.words import word

ARMS: Final = ("a", "b")
SAME_ROOM: Final = 0.05
SAME_HOURS: Final = 0.10
"""Up to this difference in room, and this share of cases in other hours, the arms count as having seen the same load."""

Figures = dict[str, Any]


def report(cases: Iterable[Outcome], zone: ZoneInfo) -> list[Figures]:
    """``[{"experiment", "queue", "arms": {"a": …, "b": …}, "hours", "load"}]``, the queues of each experiment by name."""
    found: defaultdict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for case in cases:
        if case.arm in ARMS:
            found[case.experiment, case.queue].append(case)
    return [_queue(name, queue, some, zone) for (name, queue), some in sorted(found.items())]


def _queue(name: str, queue: str, cases: Sequence[Outcome], zone: ZoneInfo) -> Figures:
    hours: dict[int, dict[str, list[Outcome]]] = {}
    for case in cases:
        hour = datetime.fromtimestamp(case.arrived / 1000, zone).hour
        hours.setdefault(hour, {arm: [] for arm in ARMS})[case.arm].append(case)
    arms = {arm: figures([case for case in cases if case.arm == arm]) for arm in ARMS}
    for arm in ARMS:
        arms[arm] |= adjusted(hours, arm)
    strata = [{"hour": hour, **{arm: figures(some[arm]) for arm in ARMS}} for hour, some in sorted(hours.items())]
    return {"experiment": name, "queue": queue, "arms": arms, "hours": strata, "load": _load(arms, hours)}


def figures(cases: Sequence[Outcome]) -> Figures:
    """The plain figures of some cases; None where there is nothing to tell. Seconds."""
    waits = sorted(one.wait for one in cases if one.wait is not None)
    handled = sorted(time for one in cases if (time := one.handling) is not None)
    ended = [one for one in cases if one.wait is not None or one.left]
    return {
        "cases": len(cases), "answered": len(waits), "left": sum(one.left for one in cases), "waiting": len(cases) - len(ended),
        "in_time": _share(sum(one.in_time for one in ended), len(ended)),
        "mean": _rounded(sum(waits) / len(waits)) if waits else None,
        "p50": _rounded(percentile(waits, 0.5)) if waits else None,
        "p95": _rounded(percentile(waits, 0.95)) if waits else None,
        "handling": _rounded(sum(handled) / len(handled)) if handled else None,
        "room": _share(sum(one.room for one in cases), len(cases)),
    }  # fmt: skip


def adjusted(hours: dict[int, dict[str, list[Outcome]]], arm: str) -> Figures:
    """The share answered in time and the mean wait, each hour weighed by its share of the cases of both arms."""
    level, wait = _Weighed(), _Weighed()
    for some in hours.values():
        told = {one: figures(some[one]) for one in ARMS}
        weight = sum(one["cases"] for one in told.values())
        if all(one["in_time"] is not None for one in told.values()):
            level.add(told[arm]["in_time"], weight)
        if all(one["mean"] is not None for one in told.values()):
            wait.add(told[arm]["mean"], weight)
    return {"adjusted_in_time": level.mean, "adjusted_mean": wait.mean}


class _Weighed:
    """A weighed mean."""

    def __init__(self) -> None:
        self._sum = self._weight = 0.0

    def add(self, value: float, weight: float) -> None:
        """One more value."""
        self._sum += value * weight
        self._weight += weight

    @property
    def mean(self) -> float | None:
        """None where there is none."""
        return round(self._sum / self._weight, 4) if self._weight else None


def _load(arms: dict[str, Figures], hours: dict[int, dict[str, list[Outcome]]]) -> Figures:
    """``{"same", "hours_apart", "room_apart"}``: the share of cases that fell into other hours, and the difference in room."""
    counts = {arm: arms[arm]["cases"] for arm in ARMS}
    if not all(counts.values()):
        return {"same": False, "hours_apart": None, "room_apart": None}
    apart = sum(abs(len(some["a"]) / counts["a"] - len(some["b"]) / counts["b"]) for some in hours.values()) / 2
    room = abs(arms["a"]["room"] - arms["b"]["room"])
    same = apart <= SAME_HOURS and room <= SAME_ROOM
    return {"same": same, "hours_apart": round(apart, 4), "room_apart": round(room, 4)}


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _rounded(seconds: float) -> float:
    return round(seconds, 3)


# -- in words -------------------------------------------------------------------------------------------

COLUMNS: Final = ("cases", "answered", "left", "in_time", "p50", "p95", "handling", "room", "adjusted_in_time", "adjusted_mean")
_SHARES: Final = frozenset({"in_time", "room", "adjusted_in_time"})


def lines(found: Sequence[Figures], locale: str, team: dict[str, str]) -> list[str]:
    """The report as a table for each queue, and a sentence about the load."""
    made: list[str] = []
    for one in found:
        queue = team.get(one["queue"], one["queue"])
        made.append(word(locale, "experiment_of", name=one["experiment"] or "-", queue=queue))
        head = tuple(word(locale, f"column_{name}") for name in ("arm", *COLUMNS))
        made += table([head, *((arm, *(_cell(name, one["arms"][arm][name]) for name in COLUMNS)) for arm in ARMS)])
        made += [_load_words(one["load"], locale), ""]
    return [*made, word(locale, "experiment_note")]


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name in _SHARES:
        return f"{value:.1%}"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _load_words(load: Figures, locale: str) -> str:
    if load["hours_apart"] is None:
        return word(locale, "load_one_arm")
    code = "load_same" if load["same"] else "load_apart"
    return word(locale, code, hours=f"{load['hours_apart']:.1%}", room=f"{load['room_apart']:.1%}")
