"""Two who were joined part again: each gets back what is theirs, also of what happened meanwhile.

A leg belongs to the identity that wrote on it, and a message to its leg; so whatever was said after the merge goes with the
identity that said it, or that it was said to.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from json import loads

from msgspec.structs import replace

from hub import Context, Conversation, Leg
from hub.house import Dossier
from hub.tables import Change
from hub_people import talk
from hub_people.belonging import conversations_with, leaving
from hub_people.differences import parted
from hub_people.merged import Host, MergeData, MergeRecord, Merges
from hub_people.rows import Rows, conversation_added, conversation_put, leg_put, person_put
from hub_people.tables import Statements


class Unmerging:
    """One merge being undone: `staying` is who they are now, `leaving` who goes. `plan` fills `change`."""

    def __init__(self, ctx: Context, record: MergeRecord, data: MergeData, staying: Dossier, going: Dossier, actor: str) -> None:
        self.change = Change()
        self.changed: list[tuple[Conversation, Conversation | None]] = []
        self._ctx = ctx
        self._record = record
        self._data = data
        self._staying = staying
        self._going = going
        self._actor = actor
        self._now = int(ctx.clock.now() * 1000)

    async def plan(self) -> Change:
        """Everything that changes; nobody else may do anything with the two meanwhile."""
        here, there = self._staying.person.id, self._going.person.id
        identities = await leaving(self._ctx, here, self._data.identities, self._record.id)
        mark = f"{self._ctx.name}:{self._record.id}"
        for identity in await self._ctx.reading.identities(here):
            if identity.id in identities:
                back = self._data.identities.get(identity.id, identity.source) if identity.source == mark else identity.source
                self.change.write(Rows.move_identity, (there, back, identity.id, here))
        for conversation_id in await conversations_with(self._ctx, here, identities):
            await self._part(conversation_id, identities)
        await self._give_back_facts()
        self._note()
        return self.change

    # -- conversations ------------------------------------------------------------------------------

    async def _part(self, conversation_id: int, identities: Collection[int]) -> None:
        mind = self._staying
        current = mind.conversation is not None and mind.conversation.id == conversation_id
        now = mind.conversation if current else await self._ctx.reading.conversation(conversation_id)
        assert now is not None
        legs = list(mind.legs.values()) if current else await self._ctx.reading.legs(conversation_id)
        theirs = [leg for leg in legs if leg.identity_id in identities]
        ours = [leg for leg in legs if leg.identity_id not in identities]
        for leg in ours if current else ():
            self.change.write(Rows.put_leg, leg_put(leg))
        if not ours:
            self._give_whole(now, theirs if current else ())
        else:
            await self._give_legs(now, ours, theirs)

    def _give_whole(self, now: Conversation, legs: Sequence[Leg]) -> None:
        moved = replace(now, person_id=self._going.person.id, version=now.version + 1)
        self.change.write(Rows.put_conversation, conversation_put(moved, now.version))
        self.change.write(Rows.own_messages, (moved.person_id, now.id))
        for leg in legs:
            self.change.write(Rows.put_leg, leg_put(leg))
        if now.status == "open":
            self._tell_parted(moved)

    async def _give_legs(self, now: Conversation, ours: Sequence[Leg], theirs: Sequence[Leg]) -> None:
        host = self._data.host
        if host is not None and not any(leg.id in host.legs for leg in theirs):
            host = None
        since = self._record.id
        if host is None:
            since, host = await self._taken_in(now, ours, theirs)
        if host is None:
            target = await self._made_of(now, theirs)
            self.change.write(Rows.add_conversation, conversation_added(target))
            rest = await self._rest(now, ours, None)
        else:
            untouched = _same(now, host.after) and _are(theirs, host.legs) and _are(ours, host.own_legs)
            stored = await self._ctx.reading.conversation(host.joined.id)
            assert stored is not None
            target = host.joined if untouched else await self._given_back(now, host, theirs, since)
            target = replace(target, person_id=self._going.person.id, version=stored.version + 1)
            self.change.write(Rows.put_conversation, conversation_put(target, stored.version))
            rest = host.before if untouched else await self._rest(now, ours, host)
        rest = replace(rest, version=now.version + 1, person_id=now.person_id)
        self.change.write(Rows.put_conversation, conversation_put(rest, now.version))
        for leg in theirs:
            self.change.write(Rows.put_leg, leg_put(replace(leg, conversation_id=target.id, live=target.status == "open")))
            self.change.write(Rows.move_messages, (target.id, target.person_id, now.id, leg.id))
        self.changed.append((rest, now))
        if target.status == "open":
            self._tell_parted(target)

    async def _taken_in(self, now: Conversation, ours: Sequence[Leg], theirs: Sequence[Leg]) -> tuple[int, Host | None]:
        """Another merge that took in a conversation of which all that is here goes: it goes with them, not empty to nobody."""
        staying, going = {leg.id for leg in ours}, {leg.id for leg in theirs}
        for record in await Merges(self._ctx).joined_with(self._staying.person.id):
            host = record.data.host if record.data is not None else None
            if host is None or host.after.id != now.id or staying.intersection(host.legs):
                continue
            if going.intersection(host.legs):
                return record.id, host
        return self._record.id, None

    async def _given_back(self, now: Conversation, host: Host, legs: Sequence[Leg], since: int) -> Conversation:
        """The conversation that was taken in, after something has happened in the one it was a part of."""
        ids = [leg.id for leg in legs]
        given = replace(host.joined, status=now.status, closed_at=now.closed_at)
        given = replace(given, unread=now.unread, unanswered_since=now.unanswered_since)
        if now.status == "closed":
            given = replace(given, waiting_since=None)
        if now.status == "closed" or await self._served_since(now.id, ids, since):
            given = _owned_as(given, now)
        return await talk.told(self._ctx, given, now.id, ids)

    async def _served_since(self, conversation_id: int, legs: Collection[int], merge_id: int) -> bool:
        """Has something been said on these legs since the merge?"""
        latest = await self._ctx.reading.messages(conversation_id, limit=talk.LOOK_BACK)
        return any(one.id > merge_id and one.leg_id in legs and one.direction in ("in", "out") for one in latest)

    async def _made_of(self, now: Conversation, legs: Sequence[Leg]) -> Conversation:
        """A conversation for legs that had none of their own: they came after the merge."""
        id = now.id + 1
        # Beside the one they were in, so that the order of a person's conversations stays that of their beginnings.
        while await self._ctx.reading.conversation(id) is not None:
            id += 1
        opened = min(leg.opened_at for leg in legs)
        made = replace(now, id=id, person_id=self._going.person.id, opened_at=opened, version=0)
        return await talk.told(self._ctx, made, now.id, [leg.id for leg in legs])

    async def _rest(self, now: Conversation, ours: Sequence[Leg], host: Host | None) -> Conversation:
        """What is left of a conversation whose other legs have gone."""
        rest = await talk.told(self._ctx, now, now.id, [leg.id for leg in ours])
        if host is not None:
            theirs = set(host.joined.tags) - set(host.before.tags)
            rest = replace(rest, tags=tuple(tag for tag in rest.tags if tag not in theirs))
        return rest

    def _tell_parted(self, target: Conversation) -> None:
        facts = {"from": str(self._staying.person.id), "by": self._actor}
        self.change.event("conversation.parted", self._now, target.person_id, target.id, data=facts)
        self.changed.append((target, None))

    # -- facts, and what is kept of it --------------------------------------------------------------

    async def _give_back_facts(self) -> None:
        sql = "SELECT field, kept, other FROM people_conflict WHERE merge_id = ? AND state = 'taken'"
        decided = await self._ctx.reader.all(sql, self._record.id)
        changes = {**self._data.filled, **{row["field"]: (loads(row["kept"]), loads(row["other"])) for row in decided}}
        before = self._staying.person
        person = parted(before, changes)
        if person != before:
            self.change.write(Rows.put_person, person_put(person))

    def _note(self) -> None:
        record, actor, now = self._record, self._actor, self._now
        here, there = self._staying.person.id, self._going.person.id
        self.change.write(Statements.undo_merge, (now, actor, record.id))
        for state in ("open", "kept", "taken"):
            self.change.write(Statements.end_conflicts, ("undone", record.id, state))
        link = (self._ctx.new_id(), now, "unmerged", here, there, 0, record.id, "agent", 1.0, actor)
        self.change.write(Statements.add_link, link)
        facts = {"survivor": str(here), "merged": str(there), "merge": str(record.id), "by": actor}
        current = self._staying.conversation
        for person in (there, here):
            place = current.id if current is not None and person == here else 0
            self.change.event("person.unmerged", now, person, place, public=True, data=facts)


def _same(one: Conversation, other: Conversation) -> bool:
    """Has nothing happened between the two?"""
    return replace(one, version=0, person_id=0) == replace(other, version=0, person_id=0)


def _are(legs: Sequence[Leg], ids: Collection[int]) -> bool:
    return {leg.id for leg in legs} == set(ids)


def _owned_as(one: Conversation, other: Conversation) -> Conversation:
    return replace(
        one, owner_kind=other.owner_kind, owner_id=other.owner_id, team=other.team, reason=other.reason,
        waiting_since=other.waiting_since, unsure=other.unsure,
    )  # fmt: skip
