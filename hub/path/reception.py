"""Reception: a message is stored before anybody is told that it was received."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from hub.errors import Busy, Refused
from hub.message import check_body
from hub.path.items import Arrival
from hub.plugin import Accepted, Inbound
from hub.store.change import Change, to_json
from hub.store.ids import first_at, time_of
from hub.store.statements import Statements

if TYPE_CHECKING:
    from hub.hub import Hub

NEW, DONE, DEAD = 0, 1, 2
MAX_KEY: Final = 300
_TEXTS: Final = (
    (1, MAX_KEY, "bad_key", "a message key"), (1, MAX_KEY, "bad_sender", "a sender's id"),
    (0, MAX_KEY, "bad_sender", "a sender's earlier id"), (0, 100, "bad_sender", "a sender's scope"),
    (0, 20, "bad_sender", "a sender's locale"), (0, MAX_KEY, "bad_message", "an address"),
    (0, 200, "bad_message", "a client's id of a message"),
)  # fmt: skip
"""Least and most characters of what `Reception._check` looks at, and what is said where it has others."""
LATEST: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""

_NEW: Final = (
    "SELECT id, payload, attempts FROM inbox WHERE id > ? AND state = ? AND received_at <= ?"
    " AND NOT EXISTS (SELECT 1 FROM message WHERE message.id = inbox.id) ORDER BY id LIMIT 500"
)
STATE: Final = (
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM message WHERE message.id = inbox.id) THEN 1 ELSE state END AS state"
    " FROM inbox WHERE id = ?"
)
"""A message that has its place in a conversation is done, whatever its row says yet."""

SETTLE_AFTER: Final = 500
"""Arrivals; see `Reception.settle`."""

_decoder: Final = msgspec.json.Decoder(Arrival)


class Reception:
    """Takes messages from channels: limits, stores, hands on. `hand_off` gets each new arrival once."""

    def __init__(self, hub: Hub, hand_off: Callable[[Arrival], None]) -> None:
        self._hub = hub
        self._hand_off = hand_off
        self.in_flight: set[int] = set()
        # No row with a smaller id is new.
        self._begin = self._stored_begin = self._settled = 0
        # Done since they were settled; a crash may have left some.
        self._left = 1
        self._of_sender: dict[tuple[str, str], int] = defaultdict(int)
        self._limits = hub.settings.hub.limits

    async def accept(self, channel: str, platform: str, inbound: Inbound) -> Accepted:
        """See `Context.accept`."""
        self._check(inbound)
        sender = (channel, inbound.sender.external_id)
        full = len(self.in_flight) >= self._limits.in_flight
        if full or self._of_sender.get(sender, 0) >= self._limits.per_person:
            self._hub.count("refused_busy")
            raise Busy() if full else Busy("this sender has too many messages waiting")
        now = int(self._hub.clock.now() * 1000)
        arrival = Arrival(self._hub.store.ids.next(), channel, platform, inbound, inbound.at or now)
        change = Change()
        change.write(Statements.receive, (arrival.id, channel, inbound.key, NEW, _payload(arrival), now, 0, ""))
        # Called in the order of the commits, so the lanes see the order the store has.
        change.after.append(lambda: self._stored(change, arrival))
        change.failed.append(lambda: self.leave(arrival))
        future = self._hub.store.committer.submit(change)
        self._enter(arrival)
        await future
        return Accepted(change.result or arrival.id, arrival.at, duplicate=change.result != 0)

    def _check(self, inbound: Inbound) -> None:
        who = inbound.sender
        texts = (inbound.key, who.external_id, who.known_as, who.scope, who.locale, inbound.address, inbound.client_id)
        for text, (least, most, code, what) in zip(texts, _TEXTS, strict=True):
            if not least <= len(text) <= most or "\0" in text:
                raise Refused(422, code, f"{what} has {least} to {most} characters, none of them NUL")
        if not 0 <= inbound.at <= LATEST:
            raise Refused(422, "bad_message", "a message's time is in milliseconds since 1970")
        try:
            check_body(inbound.body)
        except ValueError as error:
            raise Refused(422, "bad_message", str(error)) from error

    def _stored(self, change: Change, arrival: Arrival) -> None:
        if change.result:
            self.leave(arrival)
            self._hub.count("duplicates")
        else:
            self._hub.count("received")
            self._hand_off(arrival)

    def _enter(self, arrival: Arrival) -> None:
        self.in_flight.add(arrival.id)
        self._of_sender[arrival.channel, arrival.inbound.sender.external_id] += 1

    def leave(self, arrival: Arrival) -> None:
        """The arrival is done, refused or dead."""
        if arrival.id in self.in_flight:
            self.in_flight.discard(arrival.id)
            sender = (arrival.channel, arrival.inbound.sender.external_id)
            self._of_sender[sender] -= 1
            if not self._of_sender[sender]:
                del self._of_sender[sender]
            self._left += 1
            if self._left >= SETTLE_AFTER or not self.in_flight:
                self.settle()

    def settle(self) -> None:
        """Note what is done, and let go of its payload: many rows at once, which costs less than one with each message."""
        begin, until = self._settled, min(self.in_flight, default=self._hub.store.ids.next())
        if self._left:
            change = Change()
            change.write(Statements.inbox_settled, (DONE, begin, until, NEW))
            change.failed.append(lambda: self._settle_from(begin))
            self._settled, self._left = until, 0
            self._hub.store.committer.post(change)

    def _settle_from(self, begin: int) -> None:
        self._settled, self._left = min(self._settled, begin), 1

    async def sweep(self, *, older_than: int = 0) -> int:
        """Hand on what is stored as new and in nobody's hands; returns how many that were.

        At the start these are what a crash left behind; later the right number is 0.
        """
        until = older_than or int(self._hub.clock.now() * 1000)
        # What is younger may be in nobody's hands too: stored by a database that was gone before it could say so.
        begin = min(min(self.in_flight, default=self._hub.store.ids.next()), first_at(until))
        if not older_than:
            self._begin = self._settled = int(await self._hub.store.data("hub").get("inbox_from", 0))
        last, found = self._begin - 1, 0
        while rows := await self._hub.store.reader.all(_NEW, last, NEW, until):
            last = rows[-1]["id"]
            for row in rows:
                # The first sweep runs before anything else; a later one may have read a row that was done a moment after.
                if row["id"] not in self.in_flight and (not older_than or await self._is_new(row["id"])):
                    arrival = _decoder.decode(row["payload"])
                    arrival.attempts = row["attempts"]
                    self._enter(arrival)
                    self._hand_off(arrival)
                    begin = min(begin, arrival.id)
                    found += 1
        # The next start needs to look only from here on; a minute more or less does not matter.
        if time_of(begin) - time_of(self._stored_begin) > 60_000:
            await self._hub.store.data("hub").put("inbox_from", begin)
            self._stored_begin = begin
        self._begin = begin
        self.settle()
        return found

    async def forget(self, before: int) -> None:
        """Something with a smaller id is new again."""
        self._begin = self._stored_begin = min(self._begin, before)
        self._settle_from(before)
        await self._hub.store.data("hub").put("inbox_from", self._begin)

    async def _is_new(self, id: int) -> bool:
        return await self._hub.store.reader.value(STATE, id) == NEW and id not in self.in_flight


def _payload(arrival: Arrival) -> str:
    try:
        return to_json(arrival)
    except (TypeError, ValueError) as error:
        raise Refused(422, "bad_message", f"this message cannot be stored: {error}") from error
