"""The circuit breaker of one instance: after failures in a row it is left alone for a while.

Closed is the normal state. `LIMIT` failures in a row open it; while it is open nobody calls, except one
probe after a wait that doubles from 1 s to 60 s. A probe that works closes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

LIMIT: Final = 5
FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0


class Breaker:
    """Counts failures in a row. `monotonic` is the clock's, in seconds."""

    __slots__ = ("_monotonic", "_probe_at", "_probing", "_wait", "failures", "is_open")

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._probe_at = 0.0
        self._wait = FIRST_WAIT
        self._probing = False
        self.failures = 0
        self.is_open = False

    def admits(self) -> bool:
        """May a call be made?

        While open only once per wait: that call is the probe, to be answered by `succeeded`, `failed` or `undecided`.
        """
        if not self.is_open:
            return True
        if self._probing or self._monotonic() < self._probe_at:
            return False
        self._probing = True
        return True

    def retry_after(self) -> float:
        """Seconds until a probe is admitted; 0 when closed."""
        return max(0.0, self._probe_at - self._monotonic()) if self.is_open else 0.0

    def succeeded(self) -> bool:
        """A call worked; True when this closed the breaker."""
        closed, self.is_open = self.is_open, False
        self.failures = 0
        self._probing = False
        self._wait = FIRST_WAIT
        return closed

    def failed(self) -> bool:
        """A call failed; True when this opened the breaker (not when a probe kept it open)."""
        self.failures += 1
        if self.is_open:
            # Calls that were under way when it opened come here too; only the probe makes the wait longer.
            if self._probing:
                self._probing = False
                self._wait = min(LONGEST_WAIT, self._wait * 2)
                self._probe_at = self._monotonic() + self._wait
            return False
        if self.failures < LIMIT:
            return False
        self.is_open = True
        self._probe_at = self._monotonic() + self._wait
        return True

    def undecided(self) -> None:
        """A call was cancelled from outside: it says nothing about the instance, so the next may be the probe."""
        self._probing = False
