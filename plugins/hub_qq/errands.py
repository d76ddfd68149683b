"""Small things that follow a message and must not hold it up, one after another: clicks acknowledged, welcomes, what waited."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from hub import Context, HubError, Refused
from hub.house import House
from hub_qq.api import Api
from hub_qq.config import QQConfig
from hub_qq.outgoing import Book
from hub_qq.places import Place
from hub_qq.sending import EVENT

MOST: Final = 1000
"""Errands that may wait; one more is left out: what waits for the customer is looked for again with their next message."""

Errand = Callable[[], Awaitable[None]]


class Errands:
    """Does them while the instance runs."""

    def __init__(self, ctx: Context, config: QQConfig, api: Api, book: Book) -> None:
        self._ctx = ctx
        self._config = config
        self._api = api
        self._book = book
        self._queue: asyncio.Queue[Errand] = asyncio.Queue(MOST)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            errand = await self._queue.get()
            try:
                await errand()
            except HubError as error:
                self._ctx.log.warning("an errand was in vain", reason=str(error))

    def _add(self, errand: Errand) -> None:
        if self._queue.full():
            self._ctx.log.warning("an errand was left out")
        else:
            self._queue.put_nowait(errand)

    # -- what there is to do ------------------------------------------------------------------------

    def wrote(self, address: str) -> None:
        """Somebody wrote: what waited for that goes out."""

        async def errand() -> None:
            # One answer is left for what they just asked.
            for name, id in await self._book.waiting(address, max(1, self._config.windows.replies - 1)):
                if not await _again(self._ctx.house, id):
                    await self._book.forget(name)

        self._add(errand)

    def clicked(self, id: str) -> None:
        """A button was pressed: it stops turning on the customer's screen."""

        async def errand() -> None:
            await self._api.call("PUT", f"/interactions/{id}", {"code": 0})

        self._add(errand)

    def welcome(self, place: Place, words: str, event: str) -> None:
        """Somebody added the bot, or a group did: say this, as an answer to the event."""

        async def errand() -> None:
            asked = {"msg_type": 0, "content": words, "event_id": event.removeprefix(EVENT), "msg_seq": 1}
            await self._api.call("POST", f"{place.path}/messages", asked)

        self._add(errand)


async def _again(house: House, id: int) -> bool:
    """Send a dead letter again; False when somebody did already, or gave it up."""
    try:
        await house.dead_letters.retry(id)
    except Refused as error:
        if error.status != 404:
            raise
        return False
    return True
