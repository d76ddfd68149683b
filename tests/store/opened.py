"""A store, what it was told to write, and what it told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hub.clock import Clock, SystemClock
from hub.records import Event
from hub.store.change import Change
from hub.store.committer import Group
from hub.store.statements import Statements
from hub.store.store import Store


class Opened:
    """One store. `heard` are the events it told of, `written` the groups that were committed or tried."""

    store: Store

    def __init__(self, folder: Path, database: str, clock: Clock | None = None) -> None:
        self.heard: list[Event] = []
        self.written: list[Group] = []
        self._folder = folder
        self._database = database
        self._clock = clock or SystemClock()
        self._open = False

    async def open(self) -> None:
        self.store = await Store.open(
            self._folder, self._clock, database=self._database, on_events=self._hear
        )
        self._open = True
        writer = self.store.committer._writer
        write = writer.write

        async def listening(group: Group) -> dict[int, int]:
            self.written.append(group)
            return await write(group)

        writer.write = listening  # type: ignore[method-assign]

    def _hear(self, events: Sequence[Event]) -> None:
        self.heard.extend(events)

    async def close(self) -> None:
        if self._open:
            self._open = False
            await self.store.close()

    async def commit(self, *changes: Change) -> list[BaseException | None]:
        """Hand all of them over in one turn of the loop; how each ended."""
        return await asyncio.gather(*map(self.store.commit, changes), return_exceptions=True)

    async def values(self, sql: str, *values: Any) -> list[Any]:
        """The first column."""
        return [next(iter(row.values())) for row in await self.store.reader.all(sql, *values)]


def datum(name: str, value: str | None = "1", *, event: str = "") -> Change:
    """A change that stores one small value, and tells of it by an event of this kind."""
    change = Change()
    change.write(Statements.put_datum, (name, value))
    if event:
        change.event(event, 1)
    return change


def inbound(id: int, key: str, channel: str = "fake") -> Change:
    """A change that stores a message once."""
    change = Change()
    change.write(Statements.receive, (id, channel, key, 0, "{}", 1, 0, ""))
    change.event("received", 1)
    return change


def person(id: int, at: Any = 1, name: Any = "") -> Change:
    """A change that stores somebody, and tells of it by an event."""
    change = Change()
    change.write(Statements.add_person, (id, name, "", "", False, "{}", at))
    change.event("met", 1)
    return change
