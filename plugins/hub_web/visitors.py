"""From a visitor to the person behind them, and back to those who listen.

A visitor is anonymous until the shop's server vouches for them; then they keep the person they were, if that person is nobody
else's. It never works the other way: an anonymous token shows nothing of somebody who has been recognised since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub import Context, Identity, Sender
from hub.pages import Dossier
from hub.tables import marks
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
        if known is not None and self.users(known, visitor.external_id):
            raise refused("invalid_token", visitor.locale)
        return known

    async def unclaimed(self, visitor: Visitor) -> Dossier | None:
        """Who the visitor was before they were recognised, unless somebody else has been recognised in that person."""
        before = await self._ctx.dossier(visitor.anonymous_id)
        return None if before is None or self.users(before, visitor.anonymous_id) else before

    def beside(self, dossier: Dossier, external_id: str) -> Sequence[Identity]:
        """The person's identities in this channel that belong to this one: who has one of them has them all.

        Others came from elsewhere, when two people turned out to be one (`Identity.source` says so): they are the same person to
        the agents, but what was said to them is not for this browser.
        """
        here = [identity for (*place, _), identity in dossier.identities.items() if tuple(place) == self._place]
        mark = next((self._mark(identity) for identity in here if identity.external_id == external_id), None)
        return [identity for identity in here if self._mark(identity) == mark]

    @property
    def _place(self) -> tuple[str, str]:
        return (self._platform, self._ctx.name)

    def _mark(self, identity: Identity) -> str:
        if identity.source == self._ctx.name:
            return ""
        # Those who came together are marked with what brought them; one that a plugin recognised stands alone.
        return identity.source if ":" in identity.source else f"{identity.source}/{identity.external_id}"

    def users(self, dossier: Dossier, external_id: str) -> Sequence[str]:
        """Of the identities beside this one, those a shop's server vouched for."""
        beside = (identity.external_id for identity in self.beside(dossier, external_id))
        return [one for one in beside if one.startswith(USER)]

    def may_see(self, visitor: Visitor, dossier: Dossier) -> bool:
        """Does what was said with the visitor's browser belong before this visitor's eyes?"""
        users = self.users(dossier, visitor.anonymous_id)
        return not users or visitor.external_id in users

    def own(self, visitor: Visitor, dossier: Dossier) -> frozenset[int]:
        """The identities of this person that are the visitor's own."""
        beside = self.beside(dossier, visitor.external_id)
        own = {identity.id for identity in beside}
        if not visitor.user:
            # An anonymous page shows nothing of somebody who has been recognised since.
            return frozenset(() if self.users(dossier, visitor.external_id) else own)
        browser = self.beside(dossier, visitor.anonymous_id)
        if not any(identity.external_id.startswith(USER) for identity in browser):
            own.update(identity.id for identity in browser)
        return frozenset(own)

    def alone(self, visitor: Visitor, dossier: Dossier) -> bool:
        """Is all that was said with this person the visitor's own?"""
        own = self.own(visitor, dossier)
        return all(identity.id in own for identity in dossier.identities.values())

    async def legs(self, visitor: Visitor, dossier: Dossier) -> frozenset[int]:
        """The legs of the visitor's own identities."""
        own = tuple(self.own(visitor, dossier)) or (0,)
        sql = (
            "SELECT leg.id FROM leg JOIN conversation ON conversation.id = leg.conversation_id"
            f" WHERE conversation.person_id = ? AND leg.identity_id IN ({marks(own)})"
        )
        return frozenset(row["id"] for row in await self._ctx.reader.all(sql, dossier.person.id, *own))

    def concerns(self, visitor: Visitor, dossier: Dossier) -> bool:
        """Has the visitor a leg in what happens with this person now?"""
        own = self.own(visitor, dossier)
        return self.alone(visitor, dossier) or any(leg.identity_id in own for leg in dossier.legs.values())

    def topic(self, external_id: str) -> Topic:
        """What somebody with this id listens to."""
        return (self._ctx.name, external_id)

    async def listens_to(self, visitor: Visitor) -> Topic:
        """What a page of this visitor listens to: a recognised one who has not written since, to who they were."""
        new = bool(visitor.user) and await self._ctx.dossier(visitor.external_id) is None
        if new and await self.unclaimed(visitor) is not None:
            return self.topic(visitor.anonymous_id)
        return self.topic(visitor.external_id)

    def topics(self, dossier: Dossier, external_id: str = "") -> Iterable[Topic]:
        """What pages of this person may listen to; only those of who has this id, where it is given."""
        here = (one for *place, one in dossier.identities if tuple(place) == self._place)
        found = (one.external_id for one in self.beside(dossier, external_id)) if external_id else here
        return [self.topic(one) for one in found]

    async def topics_of(self, person_id: int) -> Sequence[Topic]:
        """The same for somebody who may not be in the hub's mind."""
        found = await self._ctx.reading.identities(person_id)
        return [self.topic(one.external_id) for one in found if (one.platform, one.scope) == self._place]

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
            keys=visitor.keys,
        )
