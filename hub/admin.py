"""What an administrator does from the command line with what is stored, without the desk.

Looking is possible at any time. Changing a SQLite store is refused while a hub uses it (StoreUnavailable says so): the
desk does the same in the running hub.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.clock import SystemClock
from hub.errors import Refused
from hub.path.deadletters import DeadLetter, list_dead, settle
from hub.path.reception import DEAD, DONE, NEW
from hub.people.reading import Reading
from hub.records import Conversation, Event, Leg, Message, Person
from hub.store.reader import Reader
from hub.store.store import Store, reading

LONGEST: Final = 5000
_STATES: Final = {NEW: "waiting", DONE: "done", DEAD: "dead"}


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where a message stands in one of the queues (``inbox`` or ``outbox``); `due_at` in milliseconds, 0 in the inbox."""

    queue: str
    channel: str
    state: str
    attempts: int
    due_at: int
    error: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything known about one message or one conversation, the events in their order (at most 5,000)."""

    message: Message | None
    waypoints: Sequence[Waypoint]
    conversation: Conversation | None
    person: Person | None
    legs: Sequence[Leg]
    events: Sequence[Event]


async def explain(data: Path, id: int, *, database: str = "") -> Explanation:
    """What happened to the message or the conversation `id`. Raises Refused (404) where there is neither."""
    async with reading(data, database=database) as reader:
        records = Reading(reader)
        message = await records.message(id)
        waypoints = await _waypoints(reader, id)
        conversation = await records.conversation(message.conversation_id if message else id)
        if conversation is None:
            if not waypoints:
                raise Refused(404, "not_found", f"there is no message and no conversation {id}")
            return Explanation(message, waypoints, None, None, (), ())
        return Explanation(
            message,
            waypoints,
            conversation,
            await records.person(conversation.person_id),
            await records.legs(conversation.id),
            await records.events(0, LONGEST, conversation_id=conversation.id),
        )


async def _waypoints(reader: Reader, id: int) -> Sequence[Waypoint]:
    found = []
    for queue, due in (("inbox", "0"), ("outbox", "due_at")):
        sql = f"SELECT channel, state, attempts, {due} AS due_at, error FROM {queue} WHERE id = ?"  # noqa: S608 - constants
        row = await reader.one(sql, id)
        if row is not None:
            state = _STATES.get(row["state"], str(row["state"]))
            found.append(Waypoint(queue, row["channel"], state, row["attempts"], row["due_at"], row["error"]))
    return found


async def dead_letters(data: Path, *, database: str = "") -> Sequence[DeadLetter]:
    """What could not be worked on or delivered, the newest first (at most 200)."""
    async with reading(data, database=database) as reader:
        return await list_dead(reader)


async def settle_dead_letter(data: Path, id: int, *, again: bool, database: str = "") -> None:
    """Put a dead letter back among the due (`again`), or give it up. Raises Refused (404), StoreUnavailable."""
    clock = SystemClock()
    async with _opened(data, database) as store:
        await settle(store, int(clock.now() * 1000), id, again=again)


@asynccontextmanager
async def _opened(data: Path, database: str) -> AsyncIterator[Store]:
    def nobody_listens(_: Sequence[Event]) -> None:
        """Events are stored; the hub that starts next reads them."""

    store = await Store.open(data, SystemClock(), database=database, on_events=nobody_listens)
    try:
        yield store
    finally:
        await store.close()
