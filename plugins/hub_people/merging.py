"""Two people become one: what has to be written for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from hub import Context, Conversation, Identity
from hub.house import Dossier
from hub.tables import Change, marks, to_json
from hub_people import talk
from hub_people.differences import Joined, joined
from hub_people.merged import Host, MergeData
from hub_people.rows import Rows, conversation_put, leg_put, person_put
from hub_people.tables import Statements


@dataclass(frozen=True, slots=True)
class Why:
    """Who joins people, by what right: `source` is a word such as ``claim``, ``agent`` or ``key:phone``."""

    actor: str
    source: str
    confidence: float = 1.0


OPEN_FIRST: Final = {"agent": 3, "queue": 2, "bot": 1}


def weight(dossier: Dossier, host: int = 0) -> tuple[int, bool, int]:
    """Of two people the heavier one survives: who is being served, then `host`, then who has been here longer."""
    now = dossier.conversation
    serving = OPEN_FIRST[now.owner_kind] if now is not None and now.status == "open" else 0
    return (serving, dossier.person.id == host, -dossier.person.id)


class Merging:
    """One merge on its way: `survivor` takes in all that `merged` has. `plan` fills `change`."""

    def __init__(self, ctx: Context, survivor: Dossier, merged: Dossier, why: Why) -> None:
        self.id = ctx.new_id()
        self.change = Change()
        self.closed: Conversation | None = None
        self.host: Host | None = None
        self.survivor = survivor.person.id
        self._ctx = ctx
        self._survivor = survivor
        self._merged = merged
        self._why = why
        self._now = int(ctx.clock.now() * 1000)

    async def plan(self) -> Change:
        """Everything that changes; nobody else may do anything with the two meanwhile."""
        new = joined(self._survivor.person, self._merged.person)
        identities = await self._ctx.reading.identities(self._merged.person.id)
        for identity in identities:
            self._take_identity(identity)
        await self._answer_questions([identity.id for identity in identities])
        whole = await self._take_conversations()
        if new.filled:
            self.change.write(Rows.put_person, person_put(new.person))
        sources = {identity.id: identity.source for identity in identities}
        self._note(MergeData(sources, whole, self.host, new.filled), new)
        return self.change

    def _take_identity(self, identity: Identity) -> None:
        """It keeps the first mark of having come from elsewhere: those who had one together still do."""
        own = f"{self._ctx.name}:"
        source = identity.source if identity.source.startswith(own) else f"{own}{self.id}"
        self.change.write(Rows.move_identity, (self._survivor.person.id, source, identity.id, self._merged.person.id))

    async def _answer_questions(self, identities: Sequence[int]) -> None:
        """Whether these two are one person is no question any more, however that came to be known."""
        if not identities:
            return
        for side, other in (("one_id", "two_id"), ("two_id", "one_id")):
            sql = (
                f"SELECT candidate.id FROM people_candidate candidate JOIN identity ON identity.id = candidate.{other}"
                f" WHERE candidate.state = 'open' AND identity.person_id = ? AND candidate.{side} IN ({marks(identities)})"
            )
            for row in await self._ctx.reader.all(sql, self._survivor.person.id, *identities):
                answered = ("confirmed", self._why.actor, self._now, row["id"], "open")
                self.change.write(Statements.decide_candidate, answered)

    # -- conversations ------------------------------------------------------------------------------

    async def _take_conversations(self) -> tuple[int, ...]:
        """All of them whole; only an open one that finds another open one becomes a part of it."""
        whole = []
        theirs, ours = _open(self._merged), _open(self._survivor)
        sql = "SELECT id FROM conversation WHERE person_id = ? AND status = 'closed' ORDER BY id"
        for row in await self._ctx.reader.all(sql, self._merged.person.id):
            self.change.write(Rows.own_conversation, (self._survivor.person.id, row["id"], self._merged.person.id))
            whole.append(row["id"])
        if theirs is not None:
            # Who is being served survives (`weight`), so there is one to take it in.
            assert ours is not None
            self._take_in(ours, theirs)
        for id in whole:
            self.change.write(Rows.own_messages, (self._survivor.person.id, id))
        return tuple(whole)

    def _take_in(self, ours: Conversation, theirs: Conversation) -> None:
        after = replace(talk.both(ours, theirs), version=ours.version + 1)
        self.host = Host(ours, after, theirs, tuple(self._merged.legs), tuple(self._survivor.legs))
        self.closed = replace(
            theirs, status="closed", closed_at=self._now, waiting_since=None, unanswered_since=None, unread=0,
            version=theirs.version + 1,
        )  # fmt: skip
        self.change.write(Rows.put_conversation, conversation_put(self.closed, theirs.version))
        self.change.write(Rows.put_conversation, conversation_put(after, ours.version))
        self._keep_legs()
        for leg in self._merged.legs.values():
            self.change.write(Rows.put_leg, leg_put(replace(leg, conversation_id=ours.id)))
            self.change.write(Rows.move_messages, (ours.id, self._survivor.person.id, theirs.id, leg.id))

    def _keep_legs(self) -> None:
        """When each was written on last is in the hub's mind more exactly than in the store, and is read anew after this."""
        for leg in self._survivor.legs.values():
            self.change.write(Rows.put_leg, leg_put(leg))

    # -- what is kept of it -------------------------------------------------------------------------

    def _note(self, data: MergeData, new: Joined) -> None:
        survivor, merged, why, now = self._survivor.person.id, self._merged.person.id, self._why, self._now
        made = (self.id, survivor, merged, now, why.source, why.confidence, why.actor)
        self.change.write(Statements.add_merge, (*made, to_json(data), None, ""))
        link = (self._ctx.new_id(), now, "merged", survivor, merged, 0, self.id, why.source, why.confidence, why.actor)
        self.change.write(Statements.add_link, link)
        for field, (kept, other) in new.differing.items():
            row = (self._ctx.new_id(), self.id, survivor, field, to_json(kept), to_json(other), "open", "", None)
            self.change.write(Statements.add_conflict, row)
        self._tell()

    def _tell(self) -> None:
        survivor, merged, host = self._survivor.person.id, self._merged.person.id, self.host
        facts = {"survivor": str(survivor), "merged": str(merged), "merge": str(self.id), "source": self._why.source,
                 "by": self._why.actor}  # fmt: skip
        if host is not None:
            gone = {"into": str(host.after.id), "was": _ownership(host.joined), "by": self._why.actor}
            self.change.event("conversation.joined", self._now, merged, host.joined.id, data=gone)
            if _ownership(host.before) != _ownership(host.after):
                facts["was"] = _ownership(host.before)  # type: ignore[assignment]
        now = _open(self._survivor) or _open(self._merged)
        for person in (merged, survivor):
            # For both: whoever reads what happened to either learns where to go on reading.
            here = now.id if now is not None and person == survivor else 0
            self.change.event("person.merged", self._now, person, here, public=True, data=facts)


def _open(dossier: Dossier) -> Conversation | None:
    now = dossier.conversation
    return now if now is not None and now.status == "open" else None


def _ownership(one: Conversation) -> dict[str, str]:
    return {"owner_kind": one.owner_kind, "owner_id": one.owner_id, "team": one.team}
