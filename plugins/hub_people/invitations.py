"""How a customer gets to another channel with a claim: a code, a link, and the channels' own links for QR codes."""

from __future__ import annotations

from typing import Final

from hub import ClaimOffer, Context, Conversation, Unsupported
from hub.pages import outcome_of
from hub_people.claims import Claims
from hub_people.codes import PREFIX

DEADLINE: Final = 3.0
"""Seconds a channel has to make its address."""


class Invitations:
    """Makes them."""

    def __init__(self, ctx: Context, claims: Claims) -> None:
        self._ctx = ctx
        self._claims = claims

    async def offer(self, conversation: Conversation, by: str) -> ClaimOffer:
        """A claim with all the ways there are. Raises Refused as `Claims.issue`."""
        issued = await self._claims.issue(conversation, by)
        link = f"{self._ctx.public_url}/c/{issued.token}"
        return ClaimOffer(issued.code, link, issued.expires_at, await self.links(issued.token))

    async def links(self, token: str) -> dict[str, str]:
        """By channel, the address that brings a customer there with this token."""
        house, found = self._ctx.house, {}
        for name, channel in house.channels.items():
            if "invitation" not in channel.features():
                continue
            brought = (f"{PREFIX}{token}", self._claims.seconds)
            outcome = await outcome_of(house.calls.method(name, channel.invitation, *brought, deadline=DEADLINE))
            if outcome.error is None and outcome.value:
                found[name] = str(outcome.value)
            elif not isinstance(outcome.error, Unsupported):
                # The others still work.
                self._ctx.log.warning("a channel has no invitation now", channel=name, error=str(outcome.error))
        return found
