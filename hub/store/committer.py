"""The one task that writes: takes what waits, commits it together, tells everybody.

A transaction for each message would cost forty times as much. Nobody waits for a timer: while one group is being committed
the next one gathers, and goes on gathering while the loop is busy (`LONGEST_WAIT` at most), so groups are small when the hub
is idle and large when it is busy.
A change that cannot be stored fails alone: its group is halved until it is found.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import Any, Final, Protocol

from msgspec.structs import force_setattr

from hub.errors import StoreError, StoreUnavailable
from hub.records import Event
from hub.store.change import CREATED, Change, to_json
from hub.store.rows import message_row
from hub.store.statements import Statement, Statements

MAX_GROUP: Final = 512
"""Most changes in one transaction."""

POSITION: Final = (
    "SELECT coalesce(max(place), 0)"
    " FROM (SELECT max(id) AS place FROM event UNION ALL SELECT max(event_id) AS place FROM message) AS places"
)
"""Where the event log ends."""

QUIET: Final = 0.0001
"""Seconds; a shorter turn of the loop had nothing else to do."""

LONGEST_WAIT: Final = 0.004
"""Seconds that a group gathers at most, however busy the loop is."""

Group = Sequence[tuple[Statement, Sequence[tuple[Any, ...]]]]


class Writer(Protocol):
    """A database that takes one transaction at a time."""

    async def write(self, group: Group) -> dict[int, int]:
        """Run all of it or nothing.

        Returns, for insert-once rows that were there already, the id they would have had and the id
        they have. Raises Conflict, StoreError for a row that cannot be stored, and StoreUnavailable when nothing can.
        """

    async def position(self) -> int:
        """The last place in the event log. Raises StoreUnavailable when the database does not answer."""

    async def close(self) -> None:
        """Let the database go."""


class Committer:
    """Owns all writes of the process. `position` is the last place taken in the event log."""

    def __init__(self, writer: Writer, position: int, on_events: Callable[[Sequence[Event]], None]) -> None:
        self.position = position
        self.groups = 0
        self.changes = 0
        self._writer = writer
        self._on_events = on_events
        self._waiting: list[Change] = []
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._lost = False

    def start(self) -> None:
        """Begin to write."""
        # Asked once: before Python 3.12 it is a system call.
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run(), name="committer")

    async def close(self) -> None:
        """Write what waits, then stop."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        await self._writer.close()

    def submit(self, change: Change) -> asyncio.Future[None]:
        """Queue a change; the future is done when it is stored. Changes are stored in the order they were submitted."""
        future = change.future = self._loop.create_future()
        self.post(change)
        return future

    def post(self, change: Change) -> None:
        """The same for a change that nobody waits for: its `after` and `failed` tell how it went."""
        if self._closing:
            raise StoreUnavailable("the hub is stopping")
        self._waiting.append(change)
        if len(self._waiting) == 1:
            self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await self._gathered()
            group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
            if not self._waiting:
                self._wake.clear()
            if group:
                await self._store(group)
            elif self._closing:
                return
            if self._closing:
                self._wake.set()

    async def _gathered(self) -> None:
        """Let everybody who is ready get into this group: a busy loop makes large groups, an idle one does not wait."""
        began = before = perf_counter()
        while before - began < LONGEST_WAIT:
            await asyncio.sleep(0)
            before, turned = perf_counter(), before
            if before - turned < QUIET:
                return

    async def _store(self, changes: Sequence[Change]) -> None:
        try:
            if self._lost:
                # The database may have stored a group and gone before it could say so.
                self.position, self._lost = await self._writer.position(), False
            events = [event for change in changes for event in change.events]
            for place, event in enumerate(events, self.position + 1):
                # Nobody has seen it yet.
                force_setattr(event, "id", place)
            found = await self._writer.write(_grouped(changes, events))
        except StoreUnavailable as error:
            self._lost = True
            _fail(changes, error)
            return
        except StoreError as error:
            if len(changes) == 1:
                _fail(changes, error)
                return
            middle = len(changes) // 2
            await self._store(changes[:middle])
            await self._store(changes[middle:])
            return
        self.position += len(events)
        self.groups += 1
        self.changes += len(changes)
        self._finish(changes, events, found)

    def _finish(self, changes: Sequence[Change], events: Sequence[Event], found: dict[int, int]) -> None:
        for change in changes:
            if found:
                change.result = next((found[row[0]] for _, row in change.writes if row[0] in found), 0)
            for call in change.after:
                call()
            change.forget()
        if events:
            self._on_events(events)
        for change in changes:
            if change.future is not None and not change.future.done():
                change.future.set_result(None)


def _fail(changes: Iterable[Change], error: StoreError) -> None:
    for change in changes:
        for call in change.failed:
            call()
        change.forget()
        if change.future is not None and not change.future.done():
            change.future.set_exception(error)
            # Somebody who was cancelled while waiting never looks; that is no fault to warn about.
            change.future.exception()


def _grouped(changes: Iterable[Change], events: Sequence[Event]) -> Group:
    groups: dict[Statement, list[tuple[Any, ...]]] = defaultdict(list)
    for change in changes:
        for statement, row in change.writes:
            groups[statement].append(row)
    for event in events:
        message, data = event.message, to_json(event.data) if event.data else None
        if event.kind == CREATED and message is not None:
            groups[Statements.add_message].append(message_row(message, event.id, event.at, data))
        else:
            about = (event.person_id, event.conversation_id, message and message.id)
            groups[Statements.add_event].append((event.id, event.at, event.kind, *about, event.public, data))
    return sorted(groups.items(), key=lambda item: item[0].rank)
