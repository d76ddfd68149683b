"""Erasing somebody's personal data: what was said, who they were and their files go; that there was a conversation stays.

Times, owners, tags, states and counts are what statistics stand on, and say nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec

from hub import Context, Identity, Inbound, Person, Text
from hub.house import Dossier, Scene
from hub.tables import Change, Statement, marks, to_json
from hub_people.claims import Claims
from hub_people.erasures import Erasures
from hub_people.forgetting import Forgetting
from hub_people.merged import Merges
from hub_people.tables import Statements
from hub_people.waste import Waste
from hub_people.words import refused, words

INSERT, UPDATE, DELETE = 0, 1, 2
MARKS: Final = 100
"""A mark in a survey is no greater: what is may be a telephone number."""


def _update(table: str, sets: str, where: str) -> Statement:
    return Statement(table, UPDATE, f"UPDATE {table} SET {sets} WHERE {where}")


def _delete(table: str, where: str) -> Statement:
    return Statement(table, DELETE, f"DELETE FROM {table} WHERE {where}")


class _Rows:
    messages: Final = _update(
        "message", "body = ?, author_name = CASE WHEN author_kind = 'person' THEN ? ELSE author_name END, client_id = '',"
        " external_id = '', error = ''", "conversation_id = ?",
    )  # fmt: skip
    conversation: Final = _update("conversation", "last_text = ''", "id = ?")
    legs: Final = _update("leg", "address = '', context = '{}', live = ?", "conversation_id = ?")
    person: Final = _update("person", "name = ?, tier = '', locale = '', verified = ?, attributes = '{}'", "id = ?")
    facts: Final = _update("event", "data = ?", "id = ?")
    outbox: Final = _delete("outbox", "id IN (SELECT id FROM message WHERE conversation_id = ?)")
    identity: Final = _delete("identity", "id = ?")
    keys: Final = _delete("people_key", "identity_id = ?")
    one: Final = _delete("people_candidate", "one_id = ?")
    two: Final = _delete("people_candidate", "two_id = ?")
    conflicts: Final = _delete("people_conflict", "merge_id = ?")
    merge: Final = _update("people_merge", "data = ''", "id = ?")
    links: Final = _delete("people_link", "person_id = ? AND act <> 'erased'")
    claims: Final = _update("people_claim", "state = 'void', who = '', code = ''", "person_id = ?")
    issued: Final = _update("people_claim", "state = 'void', who = '', code = ''", "conversation_id = ?")
    showed: Final = _update("people_claim", "who = ''", "identity_id = ?")


class _Letter(msgspec.Struct):
    """What tells whose an arrival is."""

    channel: str
    platform: str
    inbound: Inbound


_letter: Final = msgspec.json.Decoder(_Letter)
# A channel's events are called by its platform. One may have been told before the hub knew whose it is.
_NEWS: Final = "SELECT id, data FROM event WHERE kind LIKE ? ESCAPE '!' AND data LIKE ? ESCAPE '!'"
_KNOWN_NEWS: Final = "SELECT id, data FROM event WHERE person_id = ? AND kind LIKE ? ESCAPE '!' AND data IS NOT NULL"
_UNREAD: Final = "SELECT id, payload FROM inbox WHERE state = 2 AND payload IS NOT NULL"
_SURVEYS: Final = "SELECT id, data FROM event WHERE person_id = ? AND kind = 'survey.answered' AND data IS NOT NULL"
# The words of a delivery that failed may name an address.
_FAILURES: Final = "SELECT id, data FROM event WHERE person_id = ? AND kind = 'message.changed' AND data LIKE '%\"error\":\"_%'"
_UNSENT: Final = (
    "SELECT outbox.id FROM outbox JOIN message ON message.id = outbox.id WHERE outbox.state = 2 AND message.person_id = ?"
)


class Erased(NamedTuple):
    """How much there was; `waiting` are the instances that have still to erase what they keep themselves."""

    person: int
    messages: int
    identities: int
    files: int
    waiting: tuple[str, ...] = ()


class Erasing:
    """Erases people, with all they were joined with, and has others forget them: in a running hub by `forgetting`, else later.

    It refuses in `locale`; the hub's language where that is left out.
    """

    def __init__(
        self, ctx: Context, merges: Merges, erasures: Erasures, forgetting: Forgetting | None = None, locale: str = "",
        *, claims: Claims | None = None,
    ) -> None:  # fmt: skip
        self._ctx = ctx
        self._locale = locale or ctx.locale
        self._merges = merges
        self._erasures = erasures
        self._forgetting = forgetting
        self._waste = Waste(ctx)
        self._claims = claims

    async def erase(self, person_id: int, by: str, *, finish: bool = False) -> Erased:
        """Erase all personal data of whoever this is by now; a second time finds nothing left.

        Raises Refused: 404 ``not_found``, 409 ``open_conversation`` unless it is to `finish` it first.
        """
        person_id = await self._merges.root(person_id)
        person = await self._ctx.reading.person(person_id)
        if person is None:
            raise refused("not_found", self._locale)
        await self._finish(person_id, by, finish)
        files = await self._waste.of(person_id)
        await self._drop_letters(person_id, await self._ctx.reading.identities(person_id))
        found: list[tuple[Erased, int]] = []

        async def work(dossiers: dict[int, Dossier]) -> Change:
            now = dossiers[person_id].conversation
            if now is not None and now.status == "open":
                raise refused("open_conversation", self._locale)
            change = Change()
            found.append(await self._plan(change, dossiers[person_id].person, by))
            self._waste.add(change, files)
            return change

        await self._ctx.house.together((person_id,), work)
        self._ctx.count("people_erased")
        await self._waste.clear()
        erased, erasure = found[-1]
        if self._forgetting is not None and erasure:
            await self._forgetting.at_once(erasure)
        waiting = await self._erasures.waiting_for(person_id)
        return erased._replace(files=len(files), waiting=tuple(waiting))

    async def _finish(self, person_id: int, by: str, finish: bool) -> None:
        now = await self._ctx.reading.latest_conversation(person_id)
        if now is None or now.status != "open":
            return
        if not finish:
            raise refused("open_conversation", self._locale)

        async def play(scene: Scene) -> None:
            if scene.conversation is not None and scene.conversation.status == "open":
                scene.close()

        await self._ctx.house.play(now.id, by, play)

    # -- dead letters -------------------------------------------------------------------------------

    async def _drop_letters(self, person_id: int, identities: Sequence[Identity]) -> None:
        """What never arrived, from them (so that it is no message) and to them: dropped where it is counted."""
        places = {(one.platform, one.scope, one.external_id) for one in identities}
        letters = [row["id"] for row in await self._ctx.reader.all(_UNSENT, person_id)]
        for row in await self._ctx.reader.all(_UNREAD):
            letter = _letter.decode(row["payload"])
            sender = letter.inbound.sender
            # The same id may be somebody else's on another channel.
            if (letter.platform, sender.scope or letter.channel, sender.external_id) in places:
                letters.append(row["id"])
        for id in letters:
            await self._ctx.house.dead_letters.drop(id)

    # -- rows ---------------------------------------------------------------------------------------

    async def _plan(self, change: Change, person: Person, by: str) -> tuple[Erased, int]:
        """What there was, and the id of the erasure that others have to follow; 0 where there was nothing."""
        ctx, now, erasure = self._ctx, int(self._ctx.clock.now() * 1000), 0
        identities = await ctx.reading.identities(person.id)
        merges = await self._merges.joined_with(person.id)
        people = {person.id, *(record.merged_id for record in merges)}
        conversations = await ctx.reader.all(
            f"SELECT id FROM conversation WHERE person_id IN ({marks(tuple(people))})", *people
        )
        for row in conversations:
            await self._conversation(change, row["id"])
        if self._claims is not None:
            change.after.append(partial(self._claims.void, people, {row["id"] for row in conversations}))
        for identity in identities:
            self._identity(change, identity)
            await self._news(change, identity, people)
        for record in merges:
            change.write(_Rows.merge, (record.id,))
            change.write(_Rows.conflicts, (record.id,))
        undone = "SELECT id FROM people_merge WHERE undone_at IS NOT NULL AND (survivor_id = ? OR merged_id = ?)"
        for row in await ctx.reader.all(undone, person.id, person.id):
            change.write(_Rows.merge, (row["id"],))
            change.write(_Rows.conflicts, (row["id"],))
        for one in people:
            change.write(_Rows.person, (words("nobody", ctx.locale), False, one))
            for statement in (_Rows.links, _Rows.claims):
                change.write(statement, (one,))
            for event in await ctx.reader.all(_FAILURES, one):
                facts = {**msgspec.json.decode(event["data"]), "error": ""}
                change.write(_Rows.facts, (to_json(facts), event["id"]))
            for event in await ctx.reader.all(_SURVEYS, one):
                change.write(_Rows.facts, (to_json(_numbers(msgspec.json.decode(event["data"]))), event["id"]))
        count = "SELECT count(*) FROM message WHERE person_id = ? AND body <> ?"
        messages = await ctx.reader.value(count, person.id, self._nothing())
        if messages or identities:
            # Not the second time: nothing was there to erase.
            link = (ctx.new_id(), now, "erased", person.id, 0, 0, 0, "agent", 1.0, by)
            change.write(Statements.add_link, link)
            change.event("person.erased", now, person.id, data={"by": by})
            erasure = await self._erasures.add(change, person.id, sorted(people - {person.id}), identities, now)
        return Erased(person.id, messages, len(identities), 0), erasure

    def _nothing(self) -> str:
        return to_json((Text(words("erased", self._ctx.locale)),))

    async def _conversation(self, change: Change, id: int) -> None:
        nobody = words("nobody", self._ctx.locale)
        change.write(_Rows.messages, (self._nothing(), nobody, id))
        change.write(_Rows.conversation, (id,))
        change.write(_Rows.legs, (False, id))
        change.write(_Rows.outbox, (id,))
        change.write(_Rows.issued, (id,))

    def _identity(self, change: Change, identity: Identity) -> None:
        for statement in (_Rows.identity, _Rows.keys, _Rows.one, _Rows.two, _Rows.showed):
            change.write(statement, (identity.id,))

    async def _news(self, change: Change, identity: Identity, people: Collection[int]) -> None:
        """What the channel told of them besides messages (a friend request, a scan): that it did stays, and what kind."""
        kinds, id = f"{_literal(identity.platform)}.%", identity.external_id
        named = await self._ctx.reader.all(_NEWS, kinds, f"%{_literal(to_json(id)[1:-1])}%")
        known = [row for one in people for row in await self._ctx.reader.all(_KNOWN_NEWS, one, kinds)]
        for row in (*named, *known):
            facts = msgspec.json.decode(row["data"])
            kept = {name: value for name, value in facts.items() if name == "instance" or name.endswith("_type")}
            if kept != facts and (row in known or _names(facts, id)):
                change.write(_Rows.facts, (to_json(kept), row["id"]))


def _numbers(survey: dict[str, Any]) -> dict[str, Any]:
    """What is counted of a survey: which it was, its score, and the marks that were given; no words, and no long numbers."""
    kept = {name: survey.get(name) for name in ("survey", "score", "by")}
    said = survey.get("answers", {}).items()
    given = {name: mark for name, mark in said if isinstance(mark, int | float) and abs(mark) <= MARKS}
    return {**kept, "answers": given}


def _literal(words: str) -> str:
    """As LIKE finds nothing else, but for capitals."""
    return words.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _names(facts: Any, id: str) -> bool:
    """Does `id` stand there, also in a text that was JSON and too long?"""
    match facts:
        case dict():
            return any(_names(one, id) for one in facts.values())
        case list():
            return any(_names(one, id) for one in facts)
        case str():
            return facts == id or to_json(id) in facts
        case _:
            return str(facts) == id
