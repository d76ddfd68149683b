"""From a visitor to the person behind them, and back to those who listen.

A visitor is anonymous until the shop's server vouches for them; then they keep the person they were, if that person is nobody
else's. It never works the other way: an anonymous token shows nothing of somebody who has been recognised since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub import Context, Sender
from hub.pages import Dossier
from hub_realtime import Topic
from hub_web.tokens import USER, Visitor
from hub_web.words import refused


class Visitors:
    """The visitors of one web chat. `platform` is the channel's."""

    def __init__(self, ctx: Context, platform: str) -> None:
        self._ctx = ctx
        self._platform = platform

    async def dossier(self, visitor: Visitor) -> Dossier | None:
        """The person behind a visitor; None for one who never wrote. Raises Refused (401), see above."""
        known = await self._ctx.dossier(visitor.external_id)
        if visitor.user:
            return known or await self.unclaimed(visitor)
        if known is not None and self.users(known):
            raise refused("invalid_token", visitor.locale)
        return known

    async def unclaimed(self, visitor: Visitor) -> Dossier | None:
        """Who the visitor was before they were recognised, unless somebody else has been recognised in that person."""
        before = await self._ctx.dossier(visitor.anonymous_id)
        return None if before is None or self.users(before) else before

    def ids(self, dossier: Dossier) -> Sequence[str]:
        """The person's ids in this channel."""
        own = (self._platform, self._ctx.name)
        return [external_id for *place, external_id in dossier.identities if tuple(place) == own]

    def users(self, dossier: Dossier) -> Sequence[str]:
        """Those of them a shop's server vouched for."""
        return [external_id for external_id in self.ids(dossier) if external_id.startswith(USER)]

    def may_see(self, visitor: Visitor, dossier: Dossier) -> bool:
        """Does this person's history belong before this visitor's eyes?"""
        users = self.users(dossier)
        return not users or visitor.external_id in users

    def topic(self, external_id: str) -> Topic:
        """What somebody with this id listens to."""
        return (self._ctx.name, external_id)

    async def listens_to(self, visitor: Visitor) -> Topic:
        """What a page of this visitor listens to: a recognised one who has not written since, to who they were."""
        new = bool(visitor.user) and await self._ctx.dossier(visitor.external_id) is None
        if new and await self.unclaimed(visitor) is not None:
            return self.topic(visitor.anonymous_id)
        return self.topic(visitor.external_id)

    def topics(self, dossier: Dossier) -> Iterable[Topic]:
        """What pages of this person may listen to."""
        return [self.topic(external_id) for external_id in self.ids(dossier)]

    async def topics_of(self, person_id: int) -> Sequence[Topic]:
        """The same for somebody who may not be in the hub's mind."""
        own = (self._platform, self._ctx.name)
        found = await self._ctx.reading.identities(person_id)
        return [self.topic(one.external_id) for one in found if (one.platform, one.scope) == own]

    def sender(self, visitor: Visitor, context: dict[str, str]) -> Sender:
        """The visitor as the author of a message. `context` is what the shop's page told about the visit."""
        facts = {name: value for name, value in visitor.facts.items() if name != "name"}
        return Sender(
            visitor.external_id,
            name=visitor.facts.get("name", ""),
            verified=bool(visitor.user),
            locale=visitor.locale,
            attributes={**context, **facts},
            known_as=visitor.anonymous_id if visitor.user else "",
        )
