"""Wrong codes: each costs, and who tried too often is not listened to for a while. Kept over a restart."""

from __future__ import annotations

from typing import NamedTuple

from hub import Context
from hub.tables import Change
from hub_people.config import Claims
from hub_people.tables import Statements


class _Tries(NamedTuple):
    wrong: int
    until: int


class Guesses:
    """Counts wrong codes by sender and by channel. Times in milliseconds."""

    def __init__(self, ctx: Context, claims: Claims) -> None:
        self._ctx = ctx
        self._for_one = claims.wrong
        self._for_all = claims.wrong_for_all
        self._lasts = int(claims.locked * 60_000)
        self._tries: dict[str, _Tries] = {}

    async def start(self) -> None:
        """Learn who is locked out."""
        rows = await self._ctx.reader.all("SELECT * FROM people_guess WHERE until > ?", self._now())
        self._tries = {row["who"]: _Tries(row["wrong"], row["until"]) for row in rows}

    def _now(self) -> int:
        return int(self._ctx.clock.now() * 1000)

    def locked(self, who: str, channel: str) -> bool:
        """Has this sender, or everybody on this channel together, been wrong too often?"""
        return self._wrong(who) >= self._for_one or self._wrong(channel) >= self._for_all

    def _wrong(self, who: str) -> int:
        tries = self._tries.get(who)
        return tries.wrong if tries is not None and tries.until > self._now() else 0

    async def wrong(self, who: str, channel: str) -> None:
        """One more wrong code; stored before it is told."""
        change, now = Change(), self._now()
        # Who may try again by now is forgotten, so that the table holds what counts and no more.
        self._tries = {one: tries for one, tries in self._tries.items() if tries.until > now}
        change.write(Statements.forget_guesses, (now,))
        for one in (who, channel):
            self._tries[one] = tries = _Tries(self._wrong(one) + 1, now + self._lasts)
            change.write(Statements.put_guess, (one, tries.wrong, tries.until))
        await self._ctx.commit(change)
        self._ctx.count("wrong_codes")

    def right(self, who: str, change: Change) -> None:
        """With `change` the sender begins afresh."""
        if self._tries.pop(who, None) is not None:
            change.write(Statements.drop_guess, (who,))
