"""How a customer gets to another channel with a claim: a code, a link, and the channels' own links for QR codes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from hub import Channel, ClaimOffer, Context, Conversation
from hub.pages import outcome_of
from hub_people.claims import Claims
from hub_people.codes import PREFIX

_WAYS: Final = ("qr_code", "contact_link")
"""Methods with which channels make an address that brings a scene along."""


def way_of(channel: Channel[Any]) -> Callable[[str], Awaitable[str]] | None:
    """The channel's own way to invite somebody with a scene, where it has one."""
    return next((way for name in _WAYS if callable(way := getattr(channel, name, None))), None)


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
        found = {}
        for name, channel in self._ctx.house.channels.items():
            way = way_of(channel)
            outcome = await outcome_of(way(f"{PREFIX}{token}")) if way is not None else None
            if outcome is not None and outcome.error is None and isinstance(outcome.value, str):
                found[name] = outcome.value
            elif outcome is not None:
                # The others still work.
                self._ctx.log.warning("a channel has no invitation now", channel=name, error=str(outcome.error))
        return found
