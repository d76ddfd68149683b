"""The book of messages that went out, or could not: what is asked before one goes a second time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hub import Context, Outbound, Sent
from hub.tables import Change
from hub_qq.tables import FIND, WAITING, Statements

KEPT = 7 * 24 * 3600 * 1000
"""Milliseconds after which a line is dropped."""


class Line(msgspec.Struct, frozen=True):
    """What is known of one message: see `hub_qq.tables.Outgoing`."""

    name: str
    state: str
    external_id: str = ""
    via: str = ""
    detail: str = ""

    @property
    def sent(self) -> Sent:
        """How it went out."""
        return Sent(self.external_id, via=self.via, detail=self.detail)


class Book:
    """The lines of one instance."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, key: str) -> Line | None:
        """The line of a message, or of a part of one."""
        row = await self._ctx.reader.one(FIND, self._name(key))
        return None if row is None else msgspec.convert(dict(row), Line)

    async def note(self, key: str, message: Outbound, state: str) -> None:
        """Write down how it stands; returns when that is stored."""
        await self._ctx.commit(self._line(key, message, state, Sent()))

    def sent(self, key: str, message: Outbound, sent: Sent) -> None:
        """Write down that it went out, without waiting: if that is lost, the platform knows it by its number."""
        self._ctx.submit(self._line(key, message, "sent", sent))

    async def sent_now(self, key: str, message: Outbound, sent: Sent) -> None:
        """The same, waiting: the platform would not know it again."""
        await self._ctx.commit(self._line(key, message, "sent", sent))

    async def waiting(self, address: str, most: int) -> Sequence[tuple[str, int]]:
        """Messages that wait for somebody to write again, the oldest first: their lines' names and their ids."""
        rows = await self._ctx.reader.all(WAITING, self._ctx.name, address, most)
        return [(row["name"], row["message_id"]) for row in rows]

    async def forget(self, name: str) -> None:
        """Nothing is known of it any more."""
        change = Change()
        change.write(Statements.drop_outgoing, (name,))
        await self._ctx.commit(change)

    async def tidy(self, _: object = None) -> None:
        """Drop old lines."""
        change, before = Change(), self._now() - KEPT
        change.write(Statements.old_outgoing, (self._ctx.name, before))
        change.write(Statements.old_told, (self._ctx.name, before))
        await self._ctx.commit(change)

    def _line(self, key: str, message: Outbound, state: str, sent: Sent) -> Change:
        change = Change()
        facts = (self._ctx.name, message.message_id, message.address, state, sent.external_id[:300], sent.via, sent.detail)
        change.write(Statements.put_outgoing, (self._name(key), *facts, self._now()))
        return change

    def _name(self, key: str) -> str:
        return f"{self._ctx.name}/{key}"

    def _now(self) -> int:
        return int(self._ctx.clock.now() * 1000)
