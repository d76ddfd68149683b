"""Dead letters: what could not be worked on or delivered, for people to see, send again or give up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from hub.errors import Refused
from hub.message import decode_body, plain_text
from hub.path.delivery import AGAIN, DUE
from hub.path.items import Arrival
from hub.path.reception import DEAD, DONE, NEW
from hub.store.change import Change, to_json
from hub.store.reader import Reader, Row
from hub.store.statements import Statements

if TYPE_CHECKING:
    from hub.hub import Hub

_IN = (
    "SELECT id, channel, 0 AS conversation_id, payload, error, attempts, received_at AS at"
    " FROM inbox WHERE state = ? ORDER BY id DESC LIMIT ?"
)
_OUT = (
    "SELECT o.id, o.channel, m.conversation_id, m.body, o.error, o.attempts, m.at"
    " FROM outbox o JOIN message m ON m.id = o.id WHERE o.state = ? ORDER BY o.id DESC LIMIT ?"
)


class DeadLetter(msgspec.Struct, frozen=True):
    """One of them. `direction` is ``in`` or ``out``; `at` in milliseconds."""

    id: int
    direction: str
    channel: str
    conversation_id: int
    text: str
    error: str
    attempts: int
    at: int


async def list_dead(reader: Reader, limit: int = 200) -> Sequence[DeadLetter]:
    """All dead letters, the newest first."""
    letters = [_letter(row, "in", _text_in(row["payload"])) for row in await reader.all(_IN, DEAD, limit)]
    letters += [_letter(row, "out", plain_text(decode_body(row["body"]))) for row in await reader.all(_OUT, DEAD, limit)]
    return sorted(letters, key=lambda letter: letter.id, reverse=True)[:limit]


def _text_in(payload: str | None) -> str:
    return plain_text(msgspec.json.decode(payload, type=Arrival).inbound.body) if payload else ""


def _letter(row: Row, direction: str, text: str) -> DeadLetter:
    where = (row["id"], direction, row["channel"], row["conversation_id"])
    return DeadLetter(*where, text, row["error"], row["attempts"], row["at"])


class DeadLetters:
    """The running hub's dead letters."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    @property
    def total(self) -> int:
        """How many there are, without asking the store."""
        return self._hub.path.dead_total

    async def all(self) -> Sequence[DeadLetter]:
        """See `list_dead`."""
        return await list_dead(self._hub.store.reader)

    async def count(self) -> int:
        """How many there are."""
        sql = "SELECT (SELECT count(*) FROM inbox WHERE state = ?) + (SELECT count(*) FROM outbox WHERE state = ?)"
        return int(await self._hub.store.reader.value(sql, DEAD, DEAD))

    async def retry(self, id: int) -> None:
        """Try again what did not arrive. Raises Refused (404) where there is no such dead letter."""
        await self.settle(id, again=True)
        await self._hub.path.reception.forget(id)
        await self._hub.path.reception.sweep(older_than=int(self._hub.clock.now() * 1000))
        await self._hub.path.delivery.sweep()

    async def drop(self, id: int) -> None:
        """Give it up; the message stays in the conversation as failed. Raises Refused (404)."""
        await self.settle(id, again=False)

    async def settle(self, id: int, *, again: bool) -> None:
        """Put it back among the due, or give it up; also in a hub that is not running. Raises Refused (404)."""
        store, change, now = self._hub.store, Change(), int(self._hub.clock.now() * 1000)
        parcel = await store.reader.one("SELECT progress FROM outbox WHERE id = ? AND state = ?", id, DEAD)
        row = await store.reader.one("SELECT payload FROM inbox WHERE id = ? AND state = ?", id, DEAD)
        if parcel is not None and again:
            # Parts that arrived are not sent again.
            change.write(Statements.change_outbox, (DUE, now, 0, parcel["progress"], AGAIN, id))
            message = await self._hub.reading.message(id)
            if message is not None:
                change.write(Statements.change_message, ("sent", message.external_id, "", id))
                change.message_changed(now, replace(message, state="queued", error=""))
        elif parcel is not None:
            change.write(Statements.drop_outbox, (id,))
        elif row is None:
            raise Refused(404, "not_found", "there is no such dead letter")
        elif again:
            change.write(Statements.inbox_done, (NEW, row["payload"], 0, "", id, DEAD))
            # No later than what an earlier run has left: the next one looks from here on.
            begin = min(id, int(await store.data("hub").get("inbox_from", id)))
            change.write(Statements.put_datum, ("hub/inbox_from", to_json(begin)))
        else:
            change.write(Statements.inbox_done, (DONE, None, 0, "", id, DEAD))
        change.event("deadletter.removed", now, data={"id": str(id)})
        await store.commit(change)
        self._hub.path.dead_total -= 1
