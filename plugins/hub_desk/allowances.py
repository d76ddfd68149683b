"""What a platform still lets us send, on each leg of the conversations on somebody's screen: the channel says it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from hub import Context, Conversation, Event, HubError, Leg
from hub.house import leg_of
from hub_realtime import Json

ASK_LIMIT: Final = 2.0
"""Seconds a channel has to say it."""

SHORTLY: Final = 3600 * 1000
"""Milliseconds before its end at which an allowance is asked for anew; pages warn from then on."""

Shapes = dict[str, Json | None]
"""By the legs' ids; None where the channel sets no bounds, or could not say."""


async def allowances(ctx: Context, conversation: Conversation) -> Shapes:
    """What may still be sent in an open conversation, on each leg that is live."""
    if conversation.status != "open":
        return {}
    rows = await ctx.reader.all("SELECT * FROM leg WHERE conversation_id = ? ORDER BY id", conversation.id)
    legs = [leg for leg in map(leg_of, rows) if leg.live]
    found = await asyncio.gather(*(_of_leg(ctx, leg) for leg in legs))
    return {str(leg.id): one for leg, one in zip(legs, found, strict=True)}


async def _of_leg(ctx: Context, leg: Leg) -> Json | None:
    channel = ctx.house.channels.get(leg.channel)
    if channel is None or "allowance" not in channel.features():
        return None
    try:
        found = await ctx.house.calls.method(leg.channel, channel.allowance, leg, deadline=ASK_LIMIT)
    except HubError as error:
        ctx.log.warning("a channel could not say what may be sent", channel=leg.channel, error=str(error))
        return None
    return {"left": found.left, "until": found.until, "why": found.why}


class Watch:
    """Follows the conversations that pages show, and tells what may be sent: at once, after each message, and near its end.

    `tell(conversation, shapes)` is how pages hear of it.
    """

    def __init__(self, ctx: Context, tell: Callable[[Conversation, Shapes], None]) -> None:
        self._ctx = ctx
        self._tell = tell
        self._shown: dict[int, int] = {}
        self._due: set[int] = set()
        self._dates: dict[int, int] = {}
        self._changed = asyncio.Event()
        ctx.live(self._hear)
        ctx.task(self._run(), "allowances")

    def show(self, page: int, conversation_id: int | None) -> None:
        """Note that a page shows this conversation now (None: none)."""
        before = self._shown.pop(page, None)
        if conversation_id is not None:
            self._shown[page] = conversation_id
            self._ask(conversation_id)
        if before is not None and before not in self._shown.values():
            self._dates.pop(before, None)

    def shows(self, page: int, conversation_id: int) -> bool:
        """Is this what the page shows?"""
        return self._shown.get(page) == conversation_id

    def _hear(self, events: Sequence[Event]) -> None:
        if not self._shown:
            return
        shown = set(self._shown.values())
        for event in events:
            if event.conversation_id in shown and event.kind.startswith("message."):
                self._ask(event.conversation_id)

    def _ask(self, conversation_id: int) -> None:
        self._due.add(conversation_id)
        self._changed.set()

    async def _run(self) -> None:
        while True:
            await self._wait()
            now, due = self._now(), self._due
            due.update(one for one, date in self._dates.items() if date <= now)
            self._due = set()
            await asyncio.gather(*map(self._look, due))

    async def _wait(self) -> None:
        """Until somebody asks, or the next date comes."""
        if self._dates and not self._changed.is_set():
            asked = asyncio.create_task(self._changed.wait())
            date = asyncio.create_task(self._ctx.clock.sleep((min(self._dates.values()) - self._now()) / 1000))
            try:
                await asyncio.wait((asked, date), return_when=asyncio.FIRST_COMPLETED)
            finally:
                asked.cancel()
                date.cancel()
        else:
            await self._changed.wait()
        self._changed.clear()

    async def _look(self, conversation_id: int) -> None:
        self._dates.pop(conversation_id, None)
        try:
            conversation = await self._ctx.reading.conversation(conversation_id)
            shapes = {} if conversation is None else await allowances(self._ctx, conversation)
        except HubError as error:
            self._ctx.log.warning("what may be sent cannot be read now", error=str(error))
            return
        if conversation is None or not shapes:
            return
        date = self._next(filter(None, shapes.values()))
        if date is not None and conversation_id in self._shown.values():
            self._dates[conversation_id] = date
        self._tell(conversation, shapes)

    def _next(self, shapes: Iterable[Json]) -> int | None:
        now, ends = self._now(), [shape["until"] for shape in shapes if shape["until"] is not None]
        return min((date for end in ends for date in (end - SHORTLY, end) if date > now), default=None)

    def _now(self) -> int:
        return int(self._ctx.clock.now() * 1000)
