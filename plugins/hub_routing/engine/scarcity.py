"""Scarcity: whom few agents can serve has a head start, so that those whom many can serve do not fill these few.

A number of seconds is given in proportion to how few they are. ``auto`` begins like that and then levels: who waits longer than
those who want the same agents gets more, who waits less gets less.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

SCARCITY: Final = 300.0
"""Seconds of head start with which ``auto`` begins for those whom nearly nobody can serve."""

MOST: Final = 900.0
"""The largest head start that ``auto`` gives."""

MEMORY: Final = 1 / 200
"""How much the last customer counts in the mean wait of their kind."""

GAIN: Final = 0.02
"""The part of a difference in waits by which the head start changes at a time."""

EVERY: Final = 8
"""Each so many served customers their kind's head start is looked at."""

LOOKED_AT: Final = 64
"""With so many other kinds one is compared at a time."""


@dataclass(slots=True, eq=False)
class Kind:
    """Customers of one queue and channel who need the same: their head start, and how long they wait."""

    auto: bool
    most: float
    elig: int = 0
    bonus: float = 0.0
    mean: float = 0.0
    served: float = 0.0
    begun: bool = False

    def weigh(self, elig: int, everybody: int) -> None:
        """So many can serve them now."""
        self.elig = elig
        if self.most and not (self.auto and self.begun):
            self.bonus = self.most * (1 - elig.bit_count() / everybody) if everybody else 0.0


class Scarcity:
    """The kinds of a floor."""

    def __init__(self) -> None:
        self._kinds: dict[Hashable, Kind] = {}
        self._count = 0
        self._list: list[Kind] = []

    def kind(self, key: Hashable, scarcity: Literal["auto"] | float) -> Kind:
        """The kind of this key."""
        found = self._kinds.get(key)
        if found is None:
            auto = scarcity == "auto"
            found = self._kinds[key] = Kind(auto, SCARCITY if auto else float(scarcity))
            if auto:
                self._list.append(found)
        return found

    def learn(self, kind: Kind, wait: float) -> None:
        """Somebody of this kind was served after so long."""
        kind.mean += (wait - kind.mean) * max(MEMORY, 1 / (kind.served + 1))
        kind.served += 1
        self._count += 1
        if self._count % EVERY == 0:
            self._level(kind)

    def _level(self, kind: Kind) -> None:
        total = weight = 0.0
        # Of very many the next few: the others have their turn.
        begin = self._count % len(self._list) if len(self._list) > LOOKED_AT else 0
        for other in islice(self._list, begin, begin + LOOKED_AT):
            if other is not kind and other.served and other.elig & kind.elig:
                total += other.mean * other.served
                weight += other.served
        if weight:
            kind.begun = True
            mean = (total + kind.mean * kind.served) / (weight + kind.served)
            kind.bonus = min(MOST, max(0.0, kind.bonus + GAIN * EVERY * (kind.mean - mean)))
