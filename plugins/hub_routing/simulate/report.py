"""What a replay shows: waits, who gave up, the service level, and what each agent did; in Chinese and English."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hub_routing.agents import AgentSettings
from hub_routing.policy import RoutingConfig
from hub_routing.simulate.replay import Fate, Replayed
from hub_routing.words import word


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one class of customers. Waits are those of everybody who was served, in seconds."""

    name: str
    arrived: int
    served: int
    abandoned: int
    mean: float
    p50: float
    p95: float
    p99: float
    longest: float
    level: float
    within: float

    @property
    def lost(self) -> float:
        """The share that gave up."""
        return self.abandoned / self.arrived if self.arrived else 0.0


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of `ordered` values that `share` of them do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def figures(name: str, fates: Iterable[Fate], within: Callable[[Fate], float], shown: float) -> Figures:
    """What became of these customers; answered in time are those who were served `within` so many seconds."""
    all_of_them = list(fates)
    waits = sorted(one.wait for one in all_of_them if one.assigned_at is not None)
    in_time = sum(1 for one in all_of_them if one.assigned_at is not None and one.wait <= within(one) + 1e-9)
    count = len(waits)
    return Figures(
        name, len(all_of_them), count, sum(1 for one in all_of_them if one.abandoned_at is not None),
        sum(waits) / count if count else 0.0, percentile(waits, 0.5), percentile(waits, 0.95), percentile(waits, 0.99),
        waits[-1] if waits else 0.0, in_time / len(all_of_them) if all_of_them else 0.0, shown,
    )  # fmt: skip


def all_figures(done: Replayed, policy: RoutingConfig) -> list[Figures]:
    """Of everybody, then of each queue, then of each tier, where there are several."""

    def within(fate: Fate) -> float:
        return policy.queue(fate.arrival.queue).sla.answer.within

    found = [figures("*", done.fates, within, 0.0)]
    queues = sorted({one.arrival.queue for one in done.fates})
    for queue in queues if len(queues) > 1 else ():
        some = (one for one in done.fates if one.arrival.queue == queue)
        found.append(figures(queue, some, within, policy.queue(queue).sla.answer.within))
    tiers = sorted({one.arrival.tier for one in done.fates})
    for tier in tiers if len(tiers) > 1 else ():
        some = (one for one in done.fates if one.arrival.tier == tier)
        found += [figures(f"tier={tier or '-'}", some, within, 0.0)]
    return found


COLUMNS: Final = ("class", "arrived", "served", "lost", "mean", "p50", "p95", "p99", "longest", "level")


def _row(one: Figures, locale: str) -> tuple[str, ...]:
    name = word(locale, "everybody") if one.name == "*" else one.name
    waits = (one.mean, one.p50, one.p95, one.p99, one.longest)
    counts = (str(one.arrived), str(one.served), f"{one.abandoned} ({one.lost:.1%})")
    return (name, *counts, *(f"{wait:.2f}" for wait in waits), f"{one.level:.1%}")


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with columns below each other; full-width characters count double."""
    widths = [max(_width(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = []
    for row in rows:
        first = row[0] + " " * (widths[0] - _width(row[0]))
        rest = (" " * (width - _width(cell)) + cell for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join((first, *rest)).rstrip())
    return lines


def _width(text: str) -> int:
    return sum(2 if ord(one) >= 0x1100 else 1 for one in text)


def summary(done: Replayed, policy: RoutingConfig, locale: str) -> list[str]:
    """The report of one policy."""
    head = tuple(word(locale, f"column_{name}") for name in COLUMNS)
    lines = table([head, *(_row(one, locale) for one in all_figures(done, policy))])
    lines += ["", word(locale, "level_note"), "", *agents(done, locale)]
    return lines


def agents(done: Replayed, locale: str) -> list[str]:
    """What each agent did."""
    span = done.ended - done.began
    head = tuple(word(locale, f"column_{name}") for name in ("agent", "served", "busy", "held"))
    rows = [
        (login, str(load.served), f"{load.busy / span:.1%}" if span else "-", f"{load.held / span:.2f}" if span else "-")
        for login, load in done.loads.items()
    ]
    return table([head, *rows])


def remarks(done: Replayed, policy: RoutingConfig, staff: Iterable[AgentSettings], locale: str) -> list[str]:
    """What the figures alone would hide: who was served by nobody, skills nobody has, queues the policy does not name."""
    best: Counter[str] = Counter()
    for one in staff:
        best |= Counter(one.skills)
    arrivals = [fate.arrival for fate in done.fates]
    waiting = sum(one.assigned_at is None and one.abandoned_at is None for one in done.fates)
    lacking = Counter(need for one in arrivals for need in one.need.items() if need[1] > best[need[0]])
    strange = Counter(one.queue for one in arrivals if one.queue not in policy.queues) if policy.queues else Counter()
    lines = [word(locale, "still_waiting", count=waiting)] if waiting else []
    for (skill, level), count in sorted(lacking.items()):
        lines.append(word(locale, "nobody_has", skill=skill, level=level, count=count))
    for queue, count in sorted(strange.items()):
        lines.append(word(locale, "queue_unknown", queue=queue, count=count))
    return ["", *lines] if lines else []


def comparison(names: Sequence[str], runs: Sequence[tuple[Replayed, RoutingConfig]], locale: str) -> list[str]:
    """Policies side by side: each class of customers with one line for each policy, and the difference."""
    head = (word(locale, "column_class"), word(locale, "column_policy"), *(word(locale, f"column_{one}") for one in COLUMNS[1:]))
    rows: list[tuple[str, ...]] = [head]
    found = [{one.name: one for one in all_figures(done, policy)} for done, policy in runs]
    for name in dict.fromkeys(name for one in found for name in one):
        both = [one.get(name) for one in found]
        for label, one in zip(names, both, strict=True):
            if one is not None:
                first, *rest = _row(one, locale)
                rows.append((first, label, *rest))
        if len(both) == 2 and both[0] is not None and both[1] is not None:
            rows.append(_difference(both[0], both[1], locale))
    lines = table(rows)
    for label, (done, _) in zip(names, runs, strict=True):
        lines += ["", label, *agents(done, locale)]
    return lines


def _difference(a: Figures, b: Figures, locale: str) -> tuple[str, ...]:
    waits = ((b.mean, a.mean), (b.p50, a.p50), (b.p95, a.p95), (b.p99, a.p99), (b.longest, a.longest))
    changed = (f"{new - old:+.2f}" for new, old in waits)
    name = word(locale, "everybody") if a.name == "*" else a.name
    counts = (f"{b.arrived - a.arrived:+d}", f"{b.served - a.served:+d}", f"{b.abandoned - a.abandoned:+d}")
    return (name, word(locale, "difference"), *counts, *changed, f"{(b.level - a.level) * 100:+.1f}")
