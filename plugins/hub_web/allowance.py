"""How much one visitor may do in a while."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

MOST_KEPT: Final = 20_000
"""Visitors kept in mind; the least recently seen ones start afresh."""


class Allowance:
    """A bucket for each visitor that holds `amount` and fills again within `seconds`. An amount of 0 means no limit."""

    def __init__(self, amount: float, seconds: float) -> None:
        self._amount = amount
        self._rate = amount / seconds
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, who: str, now: float, cost: float = 1) -> bool:
        """Take `cost` from the visitor's bucket; False, and nothing taken, when there is not enough. `now` in seconds."""
        if not self._amount:
            return True
        left, at = self._buckets.get(who, (self._amount, now))
        left = min(self._amount, left + (now - at) * self._rate)
        if left < cost:
            return False
        self._buckets[who] = (left - cost, now)
        self._buckets.move_to_end(who)
        if len(self._buckets) > MOST_KEPT:
            self._buckets.popitem(last=False)
        return True
