"""Whose identities are whose when two people part again: also of those that came after they were joined."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hub import Context, Identity
from hub.tables import marks


async def leaving(ctx: Context, person_id: int, brought: Collection[int], merge_id: int) -> frozenset[int]:
    """The identities of a person that go with those one of the two had `brought`.

    One that came after the merge belongs to whom it came through: by a key they have, by a claim issued to them, or because
    the channel knew them under another id.
    """
    here = await ctx.reading.identities(person_id)
    known = {identity.id for identity in here}
    going = set(brought) & known
    later = [identity for identity in here if identity.id > merge_id and identity.id not in going]
    before = -1
    while len(going) > before:
        before = len(going)
        for identity in later:
            if identity.id not in going and await _came_through(ctx, identity, going, here):
                going.add(identity.id)
    return frozenset(going)


async def _came_through(ctx: Context, identity: Identity, going: set[int], here: Sequence[Identity]) -> bool:
    claim = "SELECT via_id FROM people_claim WHERE identity_id = ? ORDER BY id DESC LIMIT 1"
    via = await ctx.reader.value(claim, identity.id)
    if via is not None:
        return via in going
    by_keys = await _key_identities(ctx, identity)
    if by_keys:
        return by_keys <= going
    bringers = await _bringers(ctx, identity)
    if bringers:
        return bringers <= going
    place = (identity.platform, identity.scope)
    same = {one.id for one in here if (one.platform, one.scope) == place and one.id < identity.id}
    return bool(same) and same <= going


async def _key_identities(ctx: Context, identity: Identity) -> set[int]:
    """The keys it brought and is known by, as far as they were there before it."""
    sql = (
        "SELECT identity.id FROM people_key JOIN identity ON identity.platform = people_key.kind"
        " AND identity.scope = people_key.scope AND identity.external_id = people_key.value"
        " WHERE people_key.identity_id = ? AND people_key.trusted = ? AND identity.id < ?"
    )
    return {row["id"] for row in await ctx.reader.all(sql, identity.id, True, identity.id)}


async def _bringers(ctx: Context, key: Identity) -> set[int]:
    """Who brought this identity, where it is a key."""
    sql = (
        "SELECT people_key.identity_id FROM people_key JOIN identity ON identity.id = people_key.identity_id"
        " WHERE people_key.kind = ? AND people_key.scope = ? AND people_key.value = ? AND people_key.trusted = ?"
        " AND identity.person_id = ?"
    )
    rows = await ctx.reader.all(sql, key.platform, key.scope, key.external_id, True, key.person_id)
    return {row["identity_id"] for row in rows}


async def conversations_with(ctx: Context, person_id: int, identities: Collection[int]) -> Sequence[int]:
    """The person's conversations in which one of these identities has a leg, the oldest first."""
    if not identities:
        return []
    sql = (
        "SELECT DISTINCT conversation.id FROM conversation JOIN leg ON leg.conversation_id = conversation.id"
        f" WHERE conversation.person_id = ? AND leg.identity_id IN ({marks(tuple(identities))}) ORDER BY conversation.id"
    )
    return [row["id"] for row in await ctx.reader.all(sql, person_id, *identities)]
