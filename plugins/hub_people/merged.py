"""What is kept of a merge so that it can be undone, and who is joined with whom now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hub import Context, Conversation
from hub.tables import Row
from hub_people.words import refused

_ACTIVE: Final = "SELECT * FROM people_merge WHERE merged_id = ? AND undone_at IS NULL"


class Host(msgspec.Struct, frozen=True):
    """The open conversation that took in another one, before and after."""

    before: Conversation
    after: Conversation
    joined: Conversation
    """The one that was taken in, as it was."""

    legs: tuple[int, ...]
    """The legs of the one that was taken in."""

    own_legs: tuple[int, ...]
    """Those of the other."""


class MergeData(msgspec.Struct, frozen=True):
    """What one person brought to another.

    `identities` are ids with the source each had; `conversations` those that came whole; `filled` what the survivor was given,
    as (before, after) by field.
    """

    identities: dict[int, str]
    conversations: tuple[int, ...] = ()
    host: Host | None = None
    filled: dict[str, tuple[Any, Any]] = {}


class MergeRecord(msgspec.Struct, frozen=True):
    """A merge that was made. `data` is None when a part of it was erased since."""

    id: int
    survivor_id: int
    merged_id: int
    at: int
    source: str
    confidence: float
    actor: str
    data: MergeData | None
    undone_at: int | None
    undone_by: str


_data: Final = msgspec.json.Decoder(MergeData)


def record_of(row: Row) -> MergeRecord:
    """A row of ``people_merge``."""
    data = _data.decode(row["data"]) if row["data"] else None
    return MergeRecord(**{**dict(row), "data": data})


class Merges:
    """Reads the merges."""

    def __init__(self, ctx: Context) -> None:
        self._reader = ctx.reader
        self._locale = ctx.locale

    async def get(self, id: int) -> MergeRecord:
        """One of them. Raises Refused (404)."""
        row = await self._reader.one("SELECT * FROM people_merge WHERE id = ?", id)
        if row is None:
            raise refused("not_found", self._locale)
        return record_of(row)

    async def root(self, person_id: int) -> int:
        """Who a person is by now: themselves, or the one they are joined with."""
        while (row := await self._reader.one(_ACTIVE, person_id)) is not None:
            person_id = row["survivor_id"]
        return person_id

    async def joined_with(self, person_id: int) -> Sequence[MergeRecord]:
        """The merges that make up this person now, the oldest first; also those of the merged ones' own."""
        found: list[MergeRecord] = []
        waiting = [person_id]
        while waiting:
            sql = "SELECT * FROM people_merge WHERE survivor_id = ? AND undone_at IS NULL ORDER BY id"
            records = [record_of(row) for row in await self._reader.all(sql, waiting.pop())]
            found += records
            waiting += [record.merged_id for record in records]
        return sorted(found, key=lambda record: record.id)
