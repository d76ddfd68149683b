"""A queue as those who wait see it: the place in it, and how long it will take.

The estimate is the corrected queue length (Ibrahim and Whitt): who has ``n`` before them waits for n + 1 departures of the line,
each at the rate of service plus that of those who give up. Both rates are learned over the last quarter of an hour.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from math import exp
from typing import Final

MEMORY: Final = 900.0
"""Seconds after which what was learned counts a third."""

LEAST_SEEN: Final = 3.0
"""So many departures must have been seen before their rate is believed."""


class Line:
    """Those who wait in one queue, in the order of their keys."""

    def __init__(self) -> None:
        self.keys: list[tuple[float, int]] = []
        self.served = 0.0
        self.left = 0.0
        self._busy = 0.0
        self._waited = 0.0
        self._at = 0.0

    def __len__(self) -> int:
        return len(self.keys)

    def _pass_time(self, now: float) -> None:
        gone = now - self._at
        if gone <= 0:
            return
        fade = exp(-gone / MEMORY)
        self.served *= fade
        self.left *= fade
        self._busy *= fade
        self._waited *= fade
        if self.keys:
            self._busy += gone
            self._waited += gone * len(self.keys)
        self._at = now

    def join(self, key: float, seq: int, now: float) -> None:
        """Somebody waits."""
        self._pass_time(now)
        insort(self.keys, (key, seq))

    def leave(self, key: float, seq: int, now: float, *, served: bool | None) -> None:
        """Somebody waits no longer: served, gone (False), or only elsewhere (None)."""
        self._pass_time(now)
        at = bisect_left(self.keys, (key, seq))
        if at < len(self.keys) and self.keys[at] == (key, seq):
            del self.keys[at]
        if served:
            self.served += 1
        elif served is False:
            self.left += 1

    def place(self, key: float, seq: int) -> int:
        """1 for the one who is next."""
        return 1 + bisect_left(self.keys, (key, seq))

    def wait(self, ahead: int, guess: float) -> float | None:
        """Seconds for somebody with so many before them, None where nobody knows; `guess` is the rate where none was seen."""
        rate = self.served / self._busy if self.served >= LEAST_SEEN and self._busy > 0 else guess
        impatience = self.left / self._waited if self._waited > 0 else 0.0
        if rate <= 0:
            return None
        if impatience * ahead < rate * 1e-6:
            return (ahead + 1) / rate
        # The sum of 1 / (rate + k * impatience), many terms at a time.
        total, step = 0.0, max(1, ahead // 200)
        for before in range(0, ahead + 1, step):
            total += min(step, ahead + 1 - before) / (rate + (before + (step - 1) / 2) * impatience)
        return total
