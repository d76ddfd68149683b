"""Who still has to forget whom: stored with the erasure itself, and kept until each instance with data of its own has done it.

An instance is asked while it runs, so what is written down here also reaches one that is stopped, suspended, switched off or out
of the configuration for a while.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from hub import Context, Identity
from hub.tables import Change, Row, marks, to_json
from hub_people.tables import Statements

HOOK: Final = "person_erased"
AT_ONCE: Final = 100
LAST: Final = 2**63 - 1
"""No id is greater."""

_CHANNELS: Final = (
    "SELECT DISTINCT channel FROM leg WHERE conversation_id IN (SELECT id FROM conversation WHERE person_id IN ({}))"
)
_UNTOLD: Final = (
    "SELECT id FROM people_erasure WHERE NOT EXISTS"
    " (SELECT 1 FROM people_duty WHERE erasure_id = people_erasure.id AND instance = ?)"
)
_BEFORE: Final = "SELECT * FROM people_erasure WHERE at < ? ORDER BY id"
_UNDONE: Final = (
    "SELECT * FROM people_duty WHERE done_at IS NULL AND erasure_id IN (SELECT id FROM people_erasure WHERE at < ?) ORDER BY id"
)
_OF_PERSON: Final = (
    "SELECT DISTINCT instance FROM people_duty WHERE done_at IS NULL"
    " AND erasure_id IN (SELECT id FROM people_erasure WHERE person_id = ?) ORDER BY instance"
)
_DUE: Final = (
    "SELECT * FROM people_duty WHERE done_at IS NULL AND next_at <= ? AND erasure_id BETWEEN ? AND ? AND instance IN ({})"
    " ORDER BY id LIMIT ?"
)
_NEXT: Final = "SELECT min(next_at) FROM people_duty WHERE done_at IS NULL AND instance IN ({})"
_STILL_DUE: Final = (
    "SELECT people_erasure.* FROM people_erasure JOIN people_duty ON people_duty.erasure_id = people_erasure.id"
    " WHERE people_duty.id = ? AND people_duty.done_at IS NULL"
)
_WAITED_FOR: Final = "SELECT DISTINCT instance FROM people_duty WHERE done_at IS NULL"
_FINISHED: Final = (
    "SELECT id FROM people_erasure WHERE NOT EXISTS"
    " (SELECT 1 FROM people_duty WHERE erasure_id = people_erasure.id AND done_at IS NULL)"
)


class Erasure(msgspec.Struct, frozen=True):
    """Somebody who was erased: who they were, whom they were joined of, and how they were known."""

    id: int
    at: int
    person_id: int
    others: tuple[int, ...]
    identities: tuple[Identity, ...]


class Duty(msgspec.Struct, frozen=True):
    """What an instance has still to forget. `error` is the kind of what went wrong the last time."""

    id: int
    erasure_id: int
    instance: str
    attempts: int
    next_at: int
    error: str


_others: Final = msgspec.json.Decoder(tuple[int, ...])
_identities: Final = msgspec.json.Decoder(tuple[Identity, ...])


def _erasure_of(row: Row) -> Erasure:
    others, identities = _others.decode(row["others"]), _identities.decode(row["identities"])
    return Erasure(row["id"], row["at"], row["person_id"], others, identities)


def _duty_of(row: Row) -> Duty:
    return Duty(**{field: row[field] for field in Duty.__struct_fields__})


class Erasures:
    """The list. `also` are instances that keep personal data as far as a document tells, for a hub that does not run."""

    def __init__(self, ctx: Context, also: Collection[str] = ()) -> None:
        self._ctx = ctx
        self._also = frozenset(also)

    # -- what there is ------------------------------------------------------------------------------

    async def outstanding(self, before: int = LAST) -> list[tuple[Erasure, list[Duty]]]:
        """What is not finished of whom was erased `before` then, the oldest first."""
        erasures = [_erasure_of(row) for row in await self._ctx.reader.all(_BEFORE, before)]
        duties: dict[int, list[Duty]] = {}
        for row in await self._ctx.reader.all(_UNDONE, before):
            duties.setdefault(row["erasure_id"], []).append(_duty_of(row))
        return [(one, duties.get(one.id, [])) for one in erasures]

    async def waiting_for(self, person_id: int) -> list[str]:
        """The instances that have still to forget this person."""
        return [row["instance"] for row in await self._ctx.reader.all(_OF_PERSON, person_id)]

    async def due(self, instances: Collection[str], now: int, erasure_id: int = 0) -> list[Duty]:
        """Some of what these are to do by now; of one erasure, where it is named."""
        if not instances:
            return []
        sql, least, most = _DUE.format(marks(tuple(instances))), erasure_id, erasure_id or LAST
        rows = await self._ctx.reader.all(sql, now, least, most, *instances, AT_ONCE)
        return [_duty_of(row) for row in rows]

    async def next_at(self, instances: Collection[str]) -> int | None:
        """When one of these is to be asked next."""
        if not instances:
            return None
        found: int | None = await self._ctx.reader.value(_NEXT.format(marks(tuple(instances))), *instances)
        return found

    async def still_due(self, duty: Duty) -> Erasure | None:
        """What it is about; None once it was done or given up."""
        row = await self._ctx.reader.one(_STILL_DUE, duty.id)
        return None if row is None else _erasure_of(row)

    async def since(self) -> int | None:
        """When the oldest of them was written down."""
        found: int | None = await self._ctx.reader.value("SELECT min(at) FROM people_erasure")
        return found

    async def _known(self) -> dict[str, bool]:
        rows = await self._ctx.reader.all("SELECT instance, keeps FROM people_keeper")
        return {row["instance"]: bool(row["keeps"]) for row in rows}

    # -- what is written down -----------------------------------------------------------------------

    async def add(
        self, change: Change, person_id: int, others: Sequence[int], identities: Sequence[Identity], now: int
    ) -> int:
        """With the erasure itself: whoever keeps personal data, or may, has to forget them. Returns its id."""
        known, people = await self._known(), (person_id, *others)
        served = await self._ctx.reader.all(_CHANNELS.format(marks(people)), *people)
        unknown = {row["channel"] for row in served} | {one.name for one in self._ctx.house.instances if one.state != "disabled"}
        names = {name for name, keeps in known.items() if keeps} | self._also | (unknown - set(known)) - {self._ctx.name}
        id = self._ctx.new_id()
        change.write(Statements.add_erasure, (id, now, person_id, to_json(others), to_json(identities)))
        for name in sorted(names):
            self._add_duty(change, id, name)
        return id

    def _add_duty(self, change: Change, erasure_id: int, instance: str) -> None:
        change.write(Statements.add_duty, (self._ctx.new_id(), erasure_id, instance, None, 0, 0, ""))

    async def learn(self) -> None:
        """Who keeps personal data, of the instances there are now; those have to forget also whom nobody knew them to keep.

        One that has not run yet may keep some.
        """
        house, known, change = self._ctx.house, await self._known(), Change()
        implementing = house.calls.implementers(HOOK)
        for one in house.instances:
            if one.state in ("running", "suspended"):
                keeps = one.name in implementing
                if known.get(one.name) != keeps:
                    change.write(Statements.put_keeper, (one.name, keeps))
                known[one.name] = keeps
            elif one.state != "disabled":
                known.setdefault(one.name, True)
        waited_for = {row["instance"] for row in await self._ctx.reader.all(_WAITED_FOR)}
        for name, keeps in known.items():
            if keeps:
                for row in await self._ctx.reader.all(_UNTOLD, name):
                    self._add_duty(change, row["id"], name)
            elif name in waited_for:
                change.write(Statements.spare, (name,))
        if change.writes:
            await self._ctx.commit(change)

    async def spare(self, instance: str) -> None:
        """It keeps nothing, or will never run again: it is not waited for any more."""
        change = Change()
        change.write(Statements.put_keeper, (instance, False))
        change.write(Statements.spare, (instance,))
        await self._ctx.commit(change)

    async def done(self, duty: Duty, now: int) -> None:
        """The instance has forgotten them."""
        change = Change()
        change.write(Statements.do_duty, (now, "", duty.id))
        await self._ctx.commit(change)

    async def put_off(self, duty: Duty, next_at: int, error: str) -> None:
        """It has not, and is asked again then."""
        change = Change()
        change.write(Statements.put_off_duty, (duty.attempts + 1, next_at, error, duty.id))
        await self._ctx.commit(change)

    async def tidy(self, before: int) -> list[tuple[Erasure, list[Duty]]]:
        """Let go of whom everybody has forgotten, and of whom was erased `before` then all the same; those are returned."""
        finished = [row["id"] for row in await self._ctx.reader.all(_FINISHED)]
        given_up = [found for found in await self.outstanding(before) if found[0].id not in finished]
        change = Change()
        for id in (*finished, *(erasure.id for erasure, _ in given_up)):
            change.write(Statements.drop_erasure, (id,))
            change.write(Statements.drop_duties, (id,))
        if change.writes:
            await self._ctx.commit(change)
        return given_up
