"""Delivery: what is in the outbox goes out, in order for each conversation, at the pace the platform allows.

A row is deleted when the message is out. A message that cannot go now is tried again, waiting longer each time;
one that never will, or was tried too often, becomes a dead letter that people see and can send again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Hashable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from hub.calling import outcome_of
from hub.errors import HubError, NotReady, Overdue, PluginFault, Rejected, StoreUnavailable, Suspended
from hub.message import degrade
from hub.path.lanes import Crew, Lanes
from hub.path.rates import Pace
from hub.plugin import Channel, Outbound, Sent
from hub.records import Leg, Message
from hub.store.change import Change, fitting
from hub.store.reader import Row
from hub.store.statements import Statements

if TYPE_CHECKING:
    from hub.hub import Hub

DUE, DEAD = 0, 2
MAX_ATTEMPTS: Final = 8
LONGEST_WAIT: Final = 60.0
STARTED: Final = "started"
"""The error of a row whose attempt has begun: if the hub ends now, nobody knows whether the message arrived."""

AGAIN: Final = "sent again on request"
_DUE: Final = "SELECT id, channel, attempts, progress, error, due_at FROM outbox WHERE id > ? AND state = ? ORDER BY id LIMIT 500"
_STATE: Final = "SELECT state FROM outbox WHERE id = ?"


class Parcel(msgspec.Struct):
    """One row of the outbox on its way. `awaited` says that pages show it as not sent yet, so they have to be told."""

    message: Message
    leg: Leg
    channel: str
    attempts: int = 0
    progress: int = 0
    error: str = ""
    due_at: int = 0
    id: int = 0
    awaited: bool = False

    def __post_init__(self) -> None:
        self.id = self.message.id
        self.awaited = self.message.author.kind == "agent" or self.error not in ("", STARTED)


class Delivery:
    """Sends what the outbox holds.

    `under_way` are the rows in its hands, from before they are stored until it is stored how they ended: the sweep must not
    take them for lost.
    """

    def __init__(self, hub: Hub, crew: Crew) -> None:
        self._hub = hub
        self.lanes: Lanes[Parcel] = Lanes(self._work, crew)
        self.pace = Pace(hub.clock)
        self.under_way: set[int] = set()
        self._ended: list[tuple[Parcel, Sent]] = []

    def add(self, parcel: Parcel) -> None:
        """A row of the outbox is stored: send it, after what goes the same way already."""
        self.under_way.add(parcel.id)
        # By address and not by leg: a customer's next conversation has a new leg, and must not overtake the last one.
        self.lanes.submit((parcel.channel, parcel.leg.address), parcel)

    async def sweep(self) -> int:
        """Send what is due and in nobody's hands; returns how many that were."""
        last, found = 0, 0
        while rows := await self._hub.store.reader.all(_DUE, last, DUE):
            last = rows[-1]["id"]
            for row in rows:
                found += row["id"] not in self.under_way and await self._take_up(row)
        return found

    async def _take_up(self, row: Row) -> bool:
        id, reading = row["id"], self._hub.reading
        # The first sweep runs before anything else; a later one may have read a row that was sent a moment after.
        if self._hub.path.ready and await self._hub.store.reader.value(_STATE, id) != DUE:
            return False
        message = await reading.message(id)
        leg = await reading.leg(message.leg_id) if message is not None else None
        if message is None or leg is None or id in self.under_way:
            return False
        self.add(Parcel(message, leg, row["channel"], row["attempts"], row["progress"], row["error"], row["due_at"]))
        return True

    async def _work(self, key: Hashable, parcel: Parcel) -> None:
        if parcel.due_at and parcel.due_at > self._now():
            await self.lanes.rest(self._hub.clock, (parcel.due_at - self._now()) / 1000)
        while not await self._attempt(parcel):
            pass

    async def _attempt(self, parcel: Parcel) -> bool:
        """Try once; True when the parcel needs no more care."""
        channel = self._hub.registry.running_channel(parcel.channel) or await self._channel(parcel)
        outcome = await outcome_of(self._send(channel, parcel))
        match outcome.error:
            case None:
                self._done(parcel, outcome.value or Sent())
                return True
            case StoreUnavailable():
                self._hub.log.error("the store is not available; a delivery waits", error=str(outcome.error))
                await self.lanes.rest(self._hub.clock, 2)
                return False
            case NotReady(retry_after=retry_after):
                return await self._later(parcel, outcome.error, retry_after)
            case Overdue() | PluginFault() if channel.limits.resend_safe or "was_sent" in channel.features():
                return await self._later(parcel, outcome.error, None)
            case Overdue() | PluginFault():
                await self._dead(parcel, f"unknown outcome, not sent again: {outcome.error}")
            case HubError():
                await self._dead(parcel, str(outcome.error) or type(outcome.error).__name__)
            case fault:
                self._hub.log.error("a fault on the way of a message", message=parcel.id, exc_info=fault)
                await self._dead(parcel, f"{type(fault).__name__}: {fault}")
        return True

    async def _channel(self, parcel: Parcel) -> Channel[Any]:
        """The channel's instance, once it is running."""
        while (channel := self._hub.registry.running_channel(parcel.channel)) is None:
            if parcel.awaited or parcel.error:
                await self.lanes.rest(self._hub.clock, 1)
            else:
                await self._delay(parcel, f"{parcel.channel!r} is not running", 1)
        return channel

    async def _send(self, channel: Channel[Any], parcel: Parcel) -> Sent:
        limits, message, leg = channel.limits, parcel.message, parcel.leg
        if limits.window and self._now() - leg.last_inbound_at > limits.window * 1000:
            hours = limits.window / 3600
            raise Rejected(f"the platform delivers only within {hours:g} h after the customer's last message", code="window")
        bodies = degrade(message.body, limits.kinds, max_text=limits.max_text, locale=self._hub.settings.hub.locale)
        sent, doubtful = Sent(), bool(parcel.attempts or parcel.error)
        for part in range(parcel.progress, len(bodies)):
            if limits.per_second:
                with self.lanes.resting():
                    await self.pace.wait(parcel.channel, limits.per_second)
            key = f"{message.id}" if len(bodies) == 1 else f"{message.id}-{part + 1}"
            head = (message.id, message.conversation_id, leg.address, bodies[part], key)
            outbound = Outbound(*head, parcel.attempts + 1, leg.context, message.author.name, part, len(bodies))
            if doubtful or not limits.resend_safe:
                sent = await self._carefully(channel, parcel, outbound, doubtful)
            else:
                sent = await self._hub.calls.method(parcel.channel, channel.send, outbound)
            parcel.progress, parcel.error, doubtful = part + 1, "", False
            if parcel.progress < len(bodies):
                await self._hub.store.commit(self._row(parcel, DUE, self._now()))
        return sent

    async def _carefully(self, channel: Channel[Any], parcel: Parcel, outbound: Outbound, doubtful: bool) -> Sent:
        """Send what may have arrived already (`doubtful`), or must not arrive twice."""
        calls, safe = self._hub.calls, channel.limits.resend_safe
        if doubtful and "was_sent" in channel.features():
            before = await calls.method(parcel.channel, channel.was_sent, outbound)
            if before is not None:
                return before
        elif parcel.error == STARTED and not safe:
            raise Rejected("unknown outcome, not sent again: the hub stopped while it was being sent")
        if not safe:
            # Written down first, for a platform where a second copy would be seen.
            parcel.error = STARTED
            await self._hub.store.commit(self._row(parcel, DUE, self._now()))
        return await calls.method(parcel.channel, channel.send, outbound)

    # -- how it ended -------------------------------------------------------------------------------

    def _done(self, parcel: Parcel, sent: Sent) -> None:
        """Written lazily, with all that end in this turn: if the hub dies before, they are sent again with the same key."""
        self._hub.count("sent")
        self._ended.append((parcel, sent))
        if len(self._ended) == 1:
            asyncio.get_running_loop().call_soon(self._note_ended)

    def _note_ended(self) -> None:
        ended, self._ended = self._ended, []
        self._note(ended)

    def _note(self, ended: Sequence[tuple[Parcel, Sent]]) -> None:
        change = Change()
        for parcel, sent in ended:
            message, external_id = parcel.message, sent.external_id and fitting(sent.external_id, 200)
            change.write(Statements.drop_outbox, (parcel.id,))
            if external_id or sent.state != "sent":
                change.write(Statements.message_delivered, (sent.state, external_id, message.id))
            now = replace(message, state=sent.state, external_id=external_id, error="")
            if parcel.awaited:
                change.message_changed(self._now(), now)
            if sent.via:
                whose, how = (message.person_id, message.conversation_id), {"via": sent.via, "detail": fitting(sent.detail, 500)}
                change.event("message.sent_via", self._now(), *whose, message=now, data=how)
        change.after.append(partial(self.under_way.difference_update, [parcel.id for parcel, _ in ended]))
        change.failed.append(partial(self._note_later, ended))
        self._hub.store.committer.post(change)

    def _note_later(self, ended: Sequence[tuple[Parcel, Sent]]) -> None:
        """Each for itself, so that one that cannot be stored does not keep the others."""
        if not self._hub.stopping:
            for parcel, sent in ended:
                self._hub.log.error("could not note that a message was sent; trying again", message=parcel.id)
                asyncio.get_running_loop().call_later(2, self._note, [(parcel, sent)])

    async def _later(self, parcel: Parcel, error: Exception, retry_after: float | None) -> bool:
        """Try again after a while; True when that was tried often enough."""
        # Nothing was tried while the instance is left alone.
        parcel.attempts += not isinstance(error, Suspended)
        if parcel.attempts >= MAX_ATTEMPTS:
            await self._dead(parcel, f"tried {parcel.attempts} times: {error}")
            return True
        longest = min(LONGEST_WAIT, 2.0**parcel.attempts)
        spread = random.uniform(longest / 2, longest)  # noqa: S311 (spreads retries, keeps no secret)
        self._hub.count("retried")
        await self._delay(parcel, str(error) or type(error).__name__, spread if retry_after is None else retry_after)
        return False

    async def _delay(self, parcel: Parcel, reason: str, wait: float) -> None:
        parcel.error = fitting(reason, 500)
        change = self._row(parcel, DUE, self._now() + int(wait * 1000))
        if not parcel.awaited:
            change.message_changed(self._now(), replace(parcel.message, state="queued"))
            parcel.awaited = True
        await self._stored(change)
        await self.lanes.rest(self._hub.clock, wait)

    async def _dead(self, parcel: Parcel, reason: str) -> None:
        parcel.error = fitting(reason, 500)
        change = self._row(parcel, DEAD, self._now())
        message = replace(parcel.message, state="failed", error=parcel.error)
        change.write(Statements.change_message, (message.state, message.external_id, message.error, message.id))
        change.message_changed(self._now(), message)
        # Counted before anybody hears of it: the news to the desks carry the number.
        change.after.append(partial(self._hub.path.count_dead, "dead_out"))
        await self._stored(change)
        self.under_way.discard(parcel.id)
        self._hub.log.warning("a message could not be delivered", channel=parcel.channel, reason=parcel.error)
        self._hub.notifier.failed(message, parcel.error)

    async def _stored(self, change: Change) -> None:
        """How an attempt ended is kept however long that takes: without it the message would be sent once more."""
        while True:
            try:
                return await self._hub.store.commit(change)
            except StoreUnavailable as error:
                self._hub.log.error("the store is not available; a delivery waits", error=str(error))
                await self.lanes.rest(self._hub.clock, 2)

    def _row(self, parcel: Parcel, state: int, due_at: int) -> Change:
        change = Change()
        change.write(Statements.change_outbox, (state, due_at, parcel.attempts, parcel.progress, parcel.error, parcel.id))
        return change

    def _now(self) -> int:
        return int(self._hub.clock.now() * 1000)
