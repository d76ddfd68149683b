"""Places in the queue: when somebody leaves it, those behind hear how many are left before them."""

from __future__ import annotations

import asyncio
from typing import Final

from hub import Context
from hub_realtime import Realtime
from hub_web.visitors import Visitors

AT_MOST_EVERY: Final = 1.0
"""Seconds between two rounds of news."""

MOST_TOLD: Final = 50
"""So many of a queue are told in one round; further back a place less is no news."""


class QueueNews:
    """Tells the pages of those who wait, by a passing signal: the place is part of each snapshot anyway."""

    def __init__(self, ctx: Context, visitors: Visitors, realtime: Realtime) -> None:
        self._ctx = ctx
        self._visitors = visitors
        self._realtime = realtime
        self._teams: set[str] = set()
        self._moved = asyncio.Event()

    def moved(self, team: str) -> None:
        """Somebody left the queue of `team`."""
        self._teams.add(team)
        self._moved.set()

    async def run(self) -> None:
        """Tell the news, for as long as the channel runs."""
        while True:
            await self._moved.wait()
            await self._ctx.clock.sleep(AT_MOST_EVERY)
            self._moved.clear()
            teams, self._teams = self._teams, set()
            for team in teams:
                await self._tell(team)

    async def _tell(self, team: str) -> None:
        waiting = [conversation for conversation in await self._ctx.reading.waiting() if conversation.team == team]
        waiting.sort(key=lambda conversation: (conversation.waiting_since or 0, conversation.id))
        for place, conversation in enumerate(waiting[:MOST_TOLD], 1):
            news = {"conversation": str(conversation.id), "place": place}
            for topic in await self._visitors.topics_of(conversation.person_id):
                self._realtime.signal(topic, "waiting", news)
