"""Files of those who were erased: written down with the erasure, and gone once the media store has let go of them."""

from __future__ import annotations

from collections.abc import Collection

from hub import Context, files_of
from hub.pages import outcome_of
from hub.tables import Change
from hub_people.tables import Statements


class Waste:
    """Which files go, and lets them go."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def of(self, person_id: int) -> Collection[str]:
        """The files in this person's messages that are in nobody else's."""
        found, before = set[str](), 0
        while messages := await self._ctx.reading.messages_of(person_id, before=before, limit=500):
            found.update(*(files_of(message.body) for message in messages))
            before = messages[0].id
        sql = "SELECT 1 FROM message WHERE person_id <> ? AND body LIKE ? LIMIT 1"
        return [one for one in sorted(found) if await self._ctx.reader.one(sql, person_id, f'%"{one}"%') is None]

    def add(self, change: Change, files: Collection[str]) -> None:
        """They are to go. Once the messages are gone, nobody else knows which files there were."""
        for file in files:
            change.write(Statements.add_waste, (file,))

    async def count(self) -> int:
        """How many are waiting."""
        return int(await self._ctx.reader.value("SELECT count(*) FROM people_waste"))

    async def clear(self) -> None:
        """Erase what is waiting for it; where the media store does not run now, it goes on waiting."""
        for row in await self._ctx.reader.all("SELECT file FROM people_waste"):
            outcome = await outcome_of(self._drop(row["file"]))
            if outcome.error is None:
                change = Change()
                change.write(Statements.drop_waste, (row["file"],))
                await self._ctx.commit(change)

    async def _drop(self, file: str) -> None:
        await self._ctx.media.erase(file)
