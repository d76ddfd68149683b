"""From keys to people: a trusted key says who somebody is, any other who it probably is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from hub import Conflict, Context, Identity, Sender
from hub.house import Dossier
from hub.tables import Change
from hub_people.candidates import Candidates
from hub_people.keys import Known, Policy
from hub_people.merging import Why
from hub_people.register import Register
from hub_people.rows import Rows
from hub_people.tables import Statements

REMEMBERED: Final = 20_000
MOST_ALIKE: Final = 10
IN_FLIGHT: Final = 1000
"""Identities, at most, that had come and were not in the journal when the hub ended."""

_UNLINKED: Final = (
    "SELECT DISTINCT people_key.identity_id FROM people_key JOIN identity ON identity.id = people_key.identity_id"
    " LEFT JOIN identity known ON known.platform = people_key.kind AND known.scope = people_key.scope"
    " AND known.external_id = people_key.value WHERE people_key.trusted = ? AND known.id IS NULL"
)
_UNWRITTEN: Final = (
    "SELECT id FROM (SELECT id, person_id, source FROM identity ORDER BY id DESC LIMIT ?) latest WHERE source = ? AND NOT EXISTS"
    " (SELECT 1 FROM people_link WHERE people_link.person_id = latest.person_id AND people_link.identity_id = latest.id)"
)
_ALIKE: Final = (
    "SELECT identity_id FROM people_key WHERE kind = ? AND scope = ? AND value = ? AND identity_id <> ? ORDER BY id LIMIT ?"
)


class Linking:
    """Keeps the keys that identities bring, and draws the conclusions."""

    def __init__(self, ctx: Context, policy: Policy, register: Register, candidates: Candidates) -> None:
        self._ctx = ctx
        self._policy = policy
        self._register = register
        self._candidates = candidates
        self._brought: OrderedDict[int, frozenset[Known]] = OrderedDict()

    def _known(self, sender: Sender, channel: str) -> Sequence[Known]:
        if not sender.keys:
            return ()
        return self._policy.known(sender.keys, channel=channel, verified=sender.verified)

    # -- somebody new -------------------------------------------------------------------------------

    async def person_of(self, sender: Sender, channel: str) -> int | None:
        """Who a stranger is, by the first trusted key that somebody has, unless a weightier one speaks against it."""
        keys = self._known(sender, channel)
        places = {key.place for key in keys if key.trusted}
        for key in keys:
            owner = await self._ctx.reading.identity(*key.place) if key.trusted else None
            if owner is not None:
                return None if await self._contradicted(key, places, owner.person_id) else owner.person_id
        return None

    async def _contradicted(self, key: Known, places: Iterable[tuple[str, str, str]], person_id: int) -> bool:
        """Is there a weightier key than this one by which these two are different people?"""
        theirs = {(one.platform, one.scope, one.external_id) for one in await self._ctx.reading.identities(person_id)}
        for kind, scope in self._policy.weightier(key):
            ours_of, theirs_of = ({one for one in some if one[:2] == (kind, scope)} for some in (places, theirs))
            if ours_of and theirs_of and not ours_of & theirs_of:
                return True
        return False

    # -- keeping keys -------------------------------------------------------------------------------

    async def keep(self, identity: Identity, sender: Sender, channel: str) -> bool:
        """Keep what this message says about its sender; True where there is something new in it."""
        keys = frozenset(self._known(sender, channel))
        if not keys or self._brought.get(identity.id) == keys:
            return False
        change, now = Change(), int(self._ctx.clock.now() * 1000)
        for key in keys:
            row = (self._ctx.new_id(), identity.id, *key.place, key.trusted, key.confidence, now)
            change.write(Statements.add_key, row)
            if key.trusted:
                change.write(Statements.trust_key, (True, key.confidence, identity.id, *key.place))
        await self._ctx.commit(change)
        self._brought[identity.id] = keys
        self._brought.move_to_end(identity.id)
        if len(self._brought) > REMEMBERED:
            self._brought.popitem(last=False)
        return True

    async def unlinked(self) -> Sequence[int]:
        """Identities whose keys led to nothing yet: the hub ended in that moment."""
        return [row["identity_id"] for row in await self._ctx.reader.all(_UNLINKED, True)]

    # -- the journal --------------------------------------------------------------------------------

    async def unwritten(self) -> Sequence[int]:
        """Identities that were recognised, of which the journal says nothing: the hub ended in that moment."""
        return [row["id"] for row in await self._ctx.reader.all(_UNWRITTEN, IN_FLIGHT, self._ctx.name)]

    async def write_down(self, identity_id: int) -> None:
        """By what this identity was recognised as somebody's, in the journal; once."""
        row = await self._ctx.reader.one("SELECT person_id, linked_at FROM identity WHERE id = ?", identity_id)
        if row is None:
            return
        told = "SELECT 1 FROM people_link WHERE person_id = ? AND identity_id = ? LIMIT 1"
        if await self._ctx.reader.one(told, row["person_id"], identity_id) is not None:
            return
        source, actor = await self._recognised_by(identity_id)
        change = Change()
        about = (self._ctx.new_id(), row["linked_at"], "linked", row["person_id"], 0, identity_id, 0)
        change.write(Statements.add_link, (*about, source, 1.0, actor))
        await self._ctx.commit(change)

    async def _recognised_by(self, identity_id: int) -> tuple[str, str]:
        """The source and the actor of a link: a claim and who issued it, the weightiest key, else the channel's other id."""
        sql = "SELECT issued_by FROM people_claim WHERE identity_id = ? ORDER BY id DESC LIMIT 1"
        by = await self._ctx.reader.value(sql, identity_id)
        if by is not None:
            return "claim", str(by)
        keys = await self._keys(identity_id)
        return next((f"key:{key.kind}" for key in keys if key.trusted), "known_as"), self._ctx.name

    # -- conclusions --------------------------------------------------------------------------------

    async def link(self, identity_id: int) -> None:
        """Join whom the keys of this identity join, give its person the new ones, and note who is probably the same."""
        for key in await self._keys(identity_id):
            person_id = await self._person(identity_id)
            if person_id is None:
                return
            if key.trusted:
                await self._follow(key, identity_id, person_id)
            else:
                await self._suspect(key, identity_id)

    async def _keys(self, identity_id: int) -> Sequence[Known]:
        """The keys it brought, the weightiest first."""
        rows = await self._ctx.reader.all("SELECT * FROM people_key WHERE identity_id = ?", identity_id)
        return self._policy.in_order(
            Known(row["kind"], row["scope"], row["value"], bool(row["trusted"]), row["confidence"]) for row in rows
        )

    async def _person(self, identity_id: int) -> int | None:
        found = await self._ctx.reader.value("SELECT person_id FROM identity WHERE id = ?", identity_id)
        return None if found is None else int(found)

    async def _follow(self, key: Known, identity_id: int, person_id: int) -> None:
        owner = await self._ctx.reading.identity(*key.place)
        if owner is None:
            await self._give(key, identity_id, person_id)
        elif owner.person_id != person_id:
            places = {(one.platform, one.scope, one.external_id) for one in await self._ctx.reading.identities(person_id)}
            if await self._candidates.told_apart(person_id, owner.person_id):
                return
            if await self._contradicted(key, places, owner.person_id):
                await self._candidates.add(identity_id, owner.id, key.kind, key.confidence)
            else:
                await self._register.merge(person_id, owner.person_id, Why(self._ctx.name, f"key:{key.kind}"))

    async def _give(self, key: Known, identity_id: int, person_id: int) -> None:
        """The key becomes an identity of the person."""

        async def work(_: dict[int, Dossier]) -> Change:
            if await self._person(identity_id) != person_id:
                raise Conflict("whose this identity is has changed meanwhile")
            change, id, now = Change(), self._ctx.new_id(), int(self._ctx.clock.now() * 1000)
            change.write(Rows.add_identity, (id, *key.place, person_id, True, self._ctx.name, now))
            source = f"key:{key.kind}"
            row = (self._ctx.new_id(), now, "linked", person_id, 0, id, 0, source, 1.0, self._ctx.name)
            change.write(Statements.add_link, row)
            return change

        await self._ctx.house.together((person_id,), work)

    async def _suspect(self, key: Known, identity_id: int) -> None:
        owner = await self._ctx.reading.identity(*key.place)
        alike = [row["identity_id"] for row in await self._ctx.reader.all(_ALIKE, *key.place, identity_id, MOST_ALIKE)]
        for other in [*([owner.id] if owner is not None else []), *alike]:
            await self._candidates.add(identity_id, other, key.kind, key.confidence)
