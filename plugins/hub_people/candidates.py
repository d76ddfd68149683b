"""Who is probably the same person: kept for an agent, who confirms it by one click or says no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hub import Context
from hub.tables import Change, Row, marks
from hub_people.tables import Statements
from hub_people.words import changed, refused

_PAIRS: Final = (
    "SELECT candidate.*, one.person_id AS one_person, two.person_id AS two_person FROM people_candidate candidate"
    " JOIN identity one ON one.id = candidate.one_id JOIN identity two ON two.id = candidate.two_id"
)


class Candidates:
    """Pairs of identities. Whose they are is looked up each time: people are joined and part."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def add(self, one_id: int, two_id: int, why: str, confidence: float) -> None:
        """Two identities that are probably one person's, unless somebody has said that those two people are not."""
        rows = await self._ctx.reader.all("SELECT id, person_id FROM identity WHERE id IN (?, ?)", one_id, two_id)
        persons = {row["person_id"] for row in rows}
        if len(rows) < 2 or len(persons) < 2 or await self.told_apart(*persons):
            return
        change = Change()
        pair = sorted((one_id, two_id))
        now = int(self._ctx.clock.now() * 1000)
        change.write(Statements.add_candidate, (self._ctx.new_id(), *pair, why, confidence, now, "open", "", None))
        change.event("person.candidate", now, max(persons), data={"other": str(min(persons)), "why": why})
        await self._ctx.commit(change)

    async def told_apart(self, one: int, two: int) -> bool:
        """Has somebody rejected that these are one person, or parted them again?"""
        sql = (
            f"{_PAIRS} WHERE candidate.state = 'rejected' AND (one.person_id = ? AND two.person_id = ?"
            " OR one.person_id = ? AND two.person_id = ?) LIMIT 1"
        )
        if await self._ctx.reader.one(sql, one, two, two, one) is not None:
            return True
        sql = (
            "SELECT id FROM people_merge WHERE undone_at IS NOT NULL"
            " AND (survivor_id = ? AND merged_id = ? OR survivor_id = ? AND merged_id = ?) LIMIT 1"
        )
        return await self._ctx.reader.one(sql, one, two, two, one) is not None

    async def of(self, person_id: int) -> Sequence[dict[str, Any]]:
        """Who is probably this person as well, the likeliest first; one entry for each of the others."""
        ids = [identity.id for identity in await self._ctx.reading.identities(person_id)]
        if not ids:
            return []
        found: dict[int, dict[str, Any]] = {}
        # By each side in a query of its own, so that each has an index.
        for side in ("one_id", "two_id"):
            sql = f"{_PAIRS} WHERE candidate.{side} IN ({marks(ids)}) AND candidate.state = 'open'"
            for row in await self._ctx.reader.all(sql, *ids):
                other = row["two_person"] if row["one_person"] == person_id else row["one_person"]
                known = found.get(other)
                if other != person_id and (known is None or known["confidence"] < row["confidence"]):
                    found[other] = {**_shape(row), "person": str(other)}
        return sorted(found.values(), key=lambda one: one["confidence"], reverse=True)

    async def pair(self, id: int) -> tuple[int, int]:
        """The two people of an open candidate, as they are now; twice the same where it was confirmed. Raises Refused (404)."""
        sql = (
            f"{_PAIRS} WHERE candidate.id = ? AND (candidate.state = 'open'"
            " OR candidate.state = 'confirmed' AND one.person_id = two.person_id)"
        )
        row = await self._ctx.reader.one(sql, id)
        if row is None:
            raise refused("not_found", self._ctx.locale)
        return row["one_person"], row["two_person"]

    async def is_rejected(self, id: int) -> bool:
        """Has somebody said that they are two?"""
        return bool(await self._ctx.reader.value("SELECT state FROM people_candidate WHERE id = ?", id) == "rejected")

    async def reject(self, id: int, by: str) -> None:
        """They are two, and the same for all that asks about these two people. Raises Refused (404), Conflict."""
        one, two = await self.pair(id)
        if one == two:
            raise refused("not_found", self._ctx.locale)
        sql = (
            f"{_PAIRS} WHERE candidate.state = 'open' AND (one.person_id = ? AND two.person_id = ?"
            " OR one.person_id = ? AND two.person_id = ?)"
        )
        change, now = Change(), int(self._ctx.clock.now() * 1000)
        rows = await self._ctx.reader.all(sql, one, two, two, one)
        if not rows:
            raise changed(self._ctx.locale)
        for row in rows:
            change.write(Statements.decide_candidate, ("rejected", by, now, row["id"], "open"))
        act = (self._ctx.new_id(), now, "rejected", one, two, 0, 0, "agent", 1.0, by)
        change.write(Statements.add_link, act)
        await self._ctx.commit(change)


def _shape(row: Row) -> dict[str, Any]:
    return {"id": str(row["id"]), "why": row["why"], "confidence": row["confidence"], "at": row["at"]}
