"""Delivery: what is in the outbox goes out, in order for each conversation, at the pace the platform allows.

A row is deleted when the message is out. A message that cannot go now is tried again, waiting longer each time;
one that never will, or was tried too often, becomes a dead letter that people see and can send again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from hub.errors import (
    HookFailed,
    HubError,
    NotReady,
    Overdue,
    PluginFault,
    Refused,
    Rejected,
    StoreUnavailable,
    Unsupported,
)
from hub.message import Body, degrade
from hub.path.lanes import Lanes
from hub.path.pace import Pace
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
_DUE: Final = "SELECT id, channel, attempts, progress, error FROM outbox WHERE id > ? AND state = ? ORDER BY id LIMIT 500"


class Parcel:
    """One row of the outbox on its way."""

    __slots__ = (
        "attempts",
        "channel",
        "error",
        "id",
        "leg",
        "message",
        "progress",
    )

    def __init__(
        self, message: Message, leg: Leg, channel: str, attempts: int = 0, progress: int = 0, error: str = ""
    ) -> None:
        self.id = message.id
        self.message = message
        self.leg = leg
        self.channel = channel
        self.attempts = attempts
        self.progress = progress
        self.error = error


class Delivery:
    """Sends what the outbox holds."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.lanes: Lanes[Parcel] = Lanes(self._work)
        self.pace = Pace(hub.clock)
        self._under_way: set[int] = set()

    def hold(self, ids: Iterable[int]) -> None:
        """These rows are about to be stored and will be added: the sweep must not take them for lost."""
        self._under_way.update(ids)

    def let_go(self, ids: Iterable[int]) -> None:
        """They were not stored after all."""
        self._under_way.difference_update(ids)

    def add(self, parcel: Parcel) -> None:
        """A row of the outbox is stored: send it, after what goes the same way already."""
        self._under_way.add(parcel.id)
        self.lanes.submit(parcel.leg.id, parcel)

    async def sweep(self) -> int:
        """Send what is due and in nobody's hands; returns how many that were."""
        last, found = 0, 0
        while rows := await self._hub.store.reader.all(_DUE, last, DUE):
            last = rows[-1]["id"]
            for row in rows:
                if row["id"] not in self._under_way and await self._still_due(row["id"]):
                    found += await self._take_up(row)
        return found

    async def _take_up(self, row: Row) -> int:
        message = await self._hub.reading.message(row["id"])
        leg = await self._hub.reading.leg(message.leg_id) if message is not None else None
        if message is None or leg is None or row["id"] in self._under_way:
            return 0
        self.add(Parcel(message, leg, row["channel"], row["attempts"], row["progress"], row["error"]))
        return 1

    async def _still_due(self, id: int) -> bool:
        if not self._hub.path.ready:
            return True
        state = await self._hub.store.reader.value("SELECT state FROM outbox WHERE id = ?", id)
        return state == DUE and id not in self._under_way

    async def _work(self, key: Hashable, parcel: Parcel) -> None:
        while True:
            try:
                if await self._attempt(parcel):
                    return
            except StoreUnavailable as error:
                self._hub.log.error("the store is not available; a delivery waits", error=str(error))
                await self._hub.clock.sleep(2)

    async def _attempt(self, parcel: Parcel) -> bool:
        """Try once; True when the parcel needs no more care."""
        hub = self._hub
        message, leg = parcel.message, parcel.leg
        channel = await self._channel(parcel)
        try:
            message = await self._filtered(message, leg)
            sent = await self._send(channel, parcel, message, leg)
        except (Rejected, Unsupported, Refused) as error:
            await self._dead(parcel, message, str(error) or type(error).__name__)
            return True
        except HookFailed as error:
            return await self._later(parcel, message, error, None)
        except NotReady as error:
            return await self._later(parcel, message, error, error.retry_after)
        except (Overdue, PluginFault) as error:
            if not channel.limits.resend_safe and "was_sent" not in channel.features():
                await self._dead(parcel, message, f"unknown outcome, not sent again: {error}")
                return True
            return await self._later(parcel, message, error, None)
        except HubError as error:
            await self._dead(parcel, message, str(error))
            return True
        self._done(parcel, message, sent)
        return True

    async def _channel(self, parcel: Parcel) -> Channel[Any]:
        """The channel's instance, once it is running."""
        while True:
            channel = self._hub.registry.running_channel(parcel.channel)
            if channel is not None:
                return channel
            await self._hub.clock.sleep(1)

    async def _filtered(self, message: Message, leg: Leg) -> Message:
        calls = self._hub.calls
        if not calls.implementers("filter_outbound"):
            return message
        dossier = await self._hub.people.dossier(message.person_id)
        assert dossier.conversation is not None
        return await calls.fold(
            "filter_outbound", message, conversation=dossier.conversation, channel=leg.channel
        )

    async def _send(self, channel: Channel[Any], parcel: Parcel, message: Message, leg: Leg) -> Sent:
        limits = channel.limits
        self._check_window(limits.window, leg)
        bodies = degrade(message.body, limits.kinds, max_text=limits.max_text, locale=self._hub.settings.locale)
        sent = Sent()
        for part, body in enumerate(bodies):
            if part < parcel.progress:
                continue
            outbound = self._outbound(parcel, message, leg, body, part, len(bodies))
            await self.pace.wait(parcel.channel, limits.per_second)
            sent = await self._once(channel, parcel, outbound)
            parcel.progress = part + 1
        return sent

    async def _once(self, channel: Channel[Any], parcel: Parcel, outbound: Outbound) -> Sent:
        calls = self._hub.calls
        if parcel.attempts and "was_sent" in channel.features():
            before = await calls.method(parcel.channel, channel.was_sent, outbound)
            if before is not None:
                return before
        elif parcel.attempts and parcel.error.startswith("started") and not channel.limits.resend_safe:
            raise Rejected("unknown outcome, not sent again: the hub stopped while it was being sent")
        if not channel.limits.resend_safe:
            await self._mark_started(parcel)
        return await calls.method(parcel.channel, channel.send, outbound)

    async def _mark_started(self, parcel: Parcel) -> None:
        """Write down that an attempt begins, for a platform where a second copy would be seen."""
        parcel.attempts += 1
        parcel.error = "started"
        await self._hub.store.commit(self._row(parcel, DUE, self._now()))

    def _check_window(self, window: float, leg: Leg) -> None:
        if window and self._now() - leg.last_inbound_at > window * 1000:
            hours = window / 3600
            raise Rejected(f"the platform delivers only within {hours:g} h after the customer's last message", code="window")

    @staticmethod
    def _outbound(parcel: Parcel, message: Message, leg: Leg, body: Body, part: int, parts: int) -> Outbound:
        key = f"{message.id}" if parts == 1 else f"{message.id}-{part + 1}"
        return Outbound(
            message.id,
            message.conversation_id,
            leg.address,
            body,
            key,
            parcel.attempts + 1,
            leg.context,
            message.author.name,
            part,
            parts,
        )

    # -- how it ended -------------------------------------------------------------------------------

    def _done(self, parcel: Parcel, message: Message, sent: Sent) -> None:
        """Written lazily: if the hub dies before this is stored, the message is sent again with the same key."""
        self._hub.count("sent")
        external_id = fitting(sent.external_id, 200)
        change = Change()
        change.write(Statements.drop_outbox, (parcel.id,))
        if external_id or sent.state != "sent":
            change.write(Statements.message_delivered, (sent.state, external_id, message.id))
        if message.author.kind == "agent":
            self._tell(change, replace(message, state=sent.state, external_id=external_id))
        change.after.append(lambda: self._under_way.discard(parcel.id))
        future = self._hub.store.committer.submit(change)
        future.add_done_callback(lambda done: self._check_stored(done, parcel, message, sent))

    def _check_stored(self, done: asyncio.Future[None], parcel: Parcel, message: Message, sent: Sent) -> None:
        if not done.cancelled() and done.exception() is not None and not self._hub.stopping:
            self._hub.log.error("could not note that a message was sent; trying again", message=message.id)
            asyncio.get_running_loop().call_later(2, self._done, parcel, message, sent)

    def _tell(self, change: Change, message: Message) -> None:
        data = {"state": message.state, "error": message.error}
        ids = (message.person_id, message.conversation_id)
        change.event("message.changed", self._now(), *ids, message=message, public=True, data=data)

    async def _later(self, parcel: Parcel, message: Message, error: Exception, retry_after: float | None) -> bool:
        parcel.attempts += 1
        if parcel.attempts >= MAX_ATTEMPTS:
            await self._dead(parcel, message, f"tried {parcel.attempts} times: {error}")
            return True
        longest = min(LONGEST_WAIT, 2.0 ** parcel.attempts)
        wait = retry_after if retry_after is not None else random.uniform(longest / 2, longest)
        parcel.error = fitting(str(error), 500)
        self._hub.count("retried")
        await self._hub.store.commit(self._row(parcel, DUE, self._now() + int(wait * 1000)))
        await self._hub.clock.sleep(wait)
        return False

    async def _dead(self, parcel: Parcel, message: Message, reason: str) -> None:
        parcel.error = fitting(reason, 500)
        change = self._row(parcel, DEAD, self._now())
        message = replace(message, state="failed", error=parcel.error)
        change.write(Statements.change_message, (message.state, message.external_id, message.error, message.id))
        self._tell(change, message)
        # Counted before anybody hears of it: the news to the desks carry the number.
        change.after.append(self._count_dead)
        await self._hub.store.commit(change)
        self._under_way.discard(parcel.id)
        self._hub.log.warning("a message could not be delivered", channel=parcel.channel, reason=parcel.error)
        self._hub.notifier.failed(message, parcel.error)

    def _count_dead(self) -> None:
        self._hub.count("dead_out")
        self._hub.path.dead_total += 1

    def _row(self, parcel: Parcel, state: int, due_at: int) -> Change:
        change = Change()
        row = (state, due_at, parcel.attempts, parcel.progress, parcel.error, parcel.id)
        change.write(Statements.change_outbox, row)
        return change

    def _now(self) -> int:
        return int(self._hub.clock.now() * 1000)
