"""Where two who were joined contradict each other: kept for somebody to decide."""

from __future__ import annotations

from collections.abc import Sequence
from json import loads
from typing import Any, Final, Literal

from hub import Context
from hub.house import Dossier
from hub.tables import Change
from hub_people.differences import with_fields
from hub_people.merged import Merges
from hub_people.rows import Rows, person_put
from hub_people.tables import Statements
from hub_people.words import refused

Choice = Literal["keep", "take"]
_STATES: Final = {"keep": "kept", "take": "taken"}


class Conflicts:
    """The open contradictions of people."""

    def __init__(self, ctx: Context, merges: Merges) -> None:
        self._ctx = ctx
        self._merges = merges

    async def of(self, person_id: int) -> Sequence[dict[str, Any]]:
        """Those of a person, as `{"id", "field", "kept", "other", "merge"}`."""
        merges = [record.id for record in await self._merges.joined_with(person_id)]
        found = []
        for merge in merges:
            sql = "SELECT * FROM people_conflict WHERE merge_id = ? AND state = 'open' ORDER BY id"
            for row in await self._ctx.reader.all(sql, merge):
                values = {"kept": loads(row["kept"]), "other": loads(row["other"])}
                found.append({"id": str(row["id"]), "field": row["field"], "merge": str(merge), **values})
        return found

    async def person_of(self, id: int) -> int:
        """Whose it is, as people are now. Raises Refused (404, 409 ``decided``)."""
        row = await self._ctx.reader.one("SELECT person_id, state FROM people_conflict WHERE id = ?", id)
        if row is None:
            raise refused("not_found", self._ctx.locale)
        if row["state"] != "open":
            raise refused("decided", self._ctx.locale)
        return await self._merges.root(row["person_id"])

    async def decide(self, id: int, choice: Choice, by: str) -> None:
        """Keep what stands, or take the other value. Raises Refused (404, 409 ``decided``)."""
        person_id = await self.person_of(id)

        async def work(dossiers: dict[int, Dossier]) -> Change:
            row = await self._ctx.reader.one("SELECT * FROM people_conflict WHERE id = ? AND state = 'open'", id)
            if row is None:
                raise refused("decided", self._ctx.locale)
            change, now = Change(), int(self._ctx.clock.now() * 1000)
            change.write(Statements.decide_conflict, (_STATES[choice], by, now, id, "open"))
            link = (self._ctx.new_id(), now, "decided", person_id, 0, 0, row["merge_id"], row["field"], 1.0, by)
            change.write(Statements.add_link, link)
            if choice == "take":
                person = with_fields(dossiers[person_id].person, {row["field"]: loads(row["other"])})
                change.write(Rows.put_person, person_put(person))
                now_in = dossiers[person_id].conversation
                change.event("person.changed", now, person_id, now_in.id if now_in is not None else 0)
            return change

        await self._ctx.house.together((person_id,), work)
