"""How often something may happen: what an automation does in one conversation, what a platform takes in a second."""

from __future__ import annotations

from collections import deque
from typing import Final

from hub.clock import Clock
from hub.errors import Refused

MOST: Final = 20
WITHIN: Final = 10.0
REMEMBERED: Final = 10_000


class Guard:
    """Stops plugins that answer themselves: each instance may act 20 times within 10 seconds in one conversation."""

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


class Pace:
    """Gives out places in time, one line per name, evenly spaced."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next: dict[str, float] = {}

    async def wait(self, name: str, per_second: float) -> None:
        """Return when it is this call's turn; `per_second` is more than 0."""
        now = self._clock.monotonic()
        turn = max(now, self._next.get(name, now))
        self._next[name] = turn + 1 / per_second
        if turn > now:
            await self._clock.sleep(turn - now)
