"""The accounts that are connected: how each is called, and which socket counts where two say they are the same account's."""

from __future__ import annotations

import asyncio
from typing import Final

from hub import Context, NotReady
from hub_onebot.api import Api
from hub_onebot.link import Link

REPLACED: Final = "another socket of this account has taken over"


class Lines:
    """Sockets by account and role. A new one takes over from an older one of the same account and role at once."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._api: dict[str, Link] = {}
        self._event: dict[str, Link] = {}
        self._links: set[Link] = set()
        self._goodbyes: set[asyncio.Task[None]] = set()

    def join(self, link: Link) -> None:
        """The link's account is known: from now on it is reached here."""
        self._links.add(link)
        for role, table in (("api", self._api), ("event", self._event)):
            if link.role in (role, "universal"):
                before, table[link.self_id] = table.get(link.self_id), link
                if before is not None and before is not link:
                    self._replace(before)
        self._ctx.log.info("a socket is connected", self_id=link.self_id, role=link.role)

    def _replace(self, before: Link) -> None:
        """Half-dead sockets are met only by sending on them, so nobody waits for this one any longer."""
        if before in (self._api.get(before.self_id), self._event.get(before.self_id)):
            return
        before.give_up()
        self._ctx.count("onebot_replaced")
        self._ctx.log.warning("a socket was replaced", self_id=before.self_id, role=before.role)
        goodbye = asyncio.create_task(before.close(REPLACED), name=f"{self._ctx.name}: goodbye")
        self._goodbyes.add(goodbye)
        goodbye.add_done_callback(self._goodbyes.discard)

    def leave(self, link: Link) -> None:
        """The link has ended."""
        if link not in self._links:
            return
        self._links.discard(link)
        for table in (self._api, self._event):
            if table.get(link.self_id) is link:
                del table[link.self_id]
        self._ctx.log.info("a socket is gone", self_id=link.self_id, role=link.role)

    def api(self, self_id: str) -> Api:
        """How to call the implementation of this account. Raises NotReady while there is none, or the account is offline."""
        link = self._api.get(self_id)
        if link is None or link.closed:
            raise NotReady(f"the account {self_id} is not connected")
        events = self._event.get(self_id, link)
        if not (link.online and events.online):
            raise NotReady(f"the account {self_id} is offline")
        return link

    async def close(self) -> None:
        """Send all sockets away."""
        goodbyes = [asyncio.create_task(link.close("the hub is stopping")) for link in (*self._links,)]
        waiting = [*goodbyes, *self._goodbyes]
        if waiting:
            await asyncio.wait(waiting)


class HttpLine:
    """The only account of an HTTP root, whichever it is."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def api(self, self_id: str) -> Api:
        """The HTTP API."""
        return self._api
