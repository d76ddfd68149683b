"""Stops plugins that answer themselves: an automation may act in one conversation only so often."""

from __future__ import annotations

from collections import deque
from typing import Final

from hub.clock import Clock
from hub.errors import Refused

MOST: Final = 20
WITHIN: Final = 10.0
REMEMBERED: Final = 10_000


class Guard:
    """Counts the acts of each instance in each conversation: at most 20 within 10 seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._acts: dict[tuple[str, int], deque[float]] = {}

    def check(self, instance: str, conversation_id: int) -> None:
        """Raise Refused (429) when this act is one too many."""
        now = self._clock.monotonic()
        acts = self._acts.setdefault((instance, conversation_id), deque(maxlen=MOST))
        if len(acts) == MOST and now - acts[0] < WITHIN:
            why = f"{instance!r} acted {MOST} times within {WITHIN:g} s in one conversation"
            raise Refused(429, "automation_loop", why)
        acts.append(now)
        if len(self._acts) > REMEMBERED:
            self._acts = {key: times for key, times in self._acts.items() if now - times[-1] < WITHIN}
