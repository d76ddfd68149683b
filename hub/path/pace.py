"""Keeps to the number of messages a second a platform allows."""

from __future__ import annotations

from hub.clock import Clock


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
