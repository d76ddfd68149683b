"""Joining and parting people: each in one step in which nothing else happens with either."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hub import Context
from hub.house import Dossier
from hub.tables import Change
from hub_people.merged import MergeRecord, Merges
from hub_people.merging import Merging, Why, weight
from hub_people.unmerging import Unmerging
from hub_people.words import changed, refused


class Register:
    """Who is one person. `merges` reads what was joined; `on_joined` hears which legs have come into which conversation."""

    def __init__(self, ctx: Context) -> None:
        self.merges = Merges(ctx)
        self.on_joined: Callable[[int, tuple[int, ...]], None] = lambda conversation, legs: None
        self._ctx = ctx

    async def merge(self, one: int, other: int, why: Why, *, host: int = 0) -> int:
        """Join two people, and return who they are from now on.

        That is who is being served; where both are, `host`, whose agent does not lose them; else who has been here longer.
        Raises Refused (404 ``not_found``, 409 ``same_person``).
        """
        one, other = await self.merges.root(one), await self.merges.root(other)
        if one == other:
            raise refused("same_person", self._ctx.locale)
        done: list[Merging] = []
        heavier = partial(weight, host=await self.merges.root(host))

        async def work(dossiers: dict[int, Dossier]) -> Change:
            if (await self.merges.root(one), await self.merges.root(other)) != (one, other):
                raise changed(self._ctx.locale)
            survivor = max(dossiers.values(), key=heavier)
            merged = dossiers[other if survivor.person.id == one else one]
            done.append(Merging(self._ctx, survivor, merged, why))
            return await done[0].plan()

        await self._ctx.house.together((one, other), work)
        merging = done[0]
        if merging.host is not None and merging.closed is not None:
            await self._tell(merging.closed, merging.host.joined)
            await self._tell(merging.host.after, merging.host.before)
            self.on_joined(merging.host.after.id, merging.host.legs)
        self._ctx.count("merged")
        return merging.survivor

    async def unmerge(self, merge_id: int, actor: str) -> MergeRecord:
        """Undo a merge, also after others; returns what it was.

        Raises Refused (404 ``not_found``, 409 ``undone`` or ``erased``).
        """
        record = await self.merges.get(merge_id)
        if record.undone_at is not None:
            raise refused("undone", self._ctx.locale)
        if record.data is None:
            raise refused("erased", self._ctx.locale)
        data, here = record.data, await self.merges.root(record.merged_id)
        done: list[Unmerging] = []

        async def work(dossiers: dict[int, Dossier]) -> Change:
            if await self.merges.root(record.merged_id) != here:
                raise changed(self._ctx.locale)
            done.append(Unmerging(self._ctx, record, data, dossiers[here], dossiers[record.merged_id], actor))
            return await done[0].plan()

        await self._ctx.house.together((here, record.merged_id), work)
        for now, before in done[0].changed:
            await self._tell(now, before)
        self._ctx.count("unmerged")
        return record

    async def _tell(self, now: object, before: object) -> None:
        """Others follow by this hook who owns what, such as routing."""
        await self._ctx.house.calls.notify("conversation_changed", conversation=now, before=before)
