"""What is read: bounded lists in their order, found by the index that was made for them, and ids that only grow."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
import pytest_asyncio

from hub.clock import Clock
from hub.errors import StoreError, StoreUnavailable
from hub.people.reading import Reading
from hub.store.ids import Ids, first_at, time_of
from hub.store.reader import Reader
from hub.testing import ManualClock
from hub_sqlite import SqliteFile
from tests.databases import Databases, both_databases
from tests.store.opened import Opened, person

PERSONS, CONVERSATIONS, MESSAGES = 50, 200, 20_000
LATER: Final = 1_000_000
"""The messages' places in the event log are this much greater than their ids."""
_NUMBERS: Final = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})"
_TABLES: Final = (
    (CONVERSATIONS, "INSERT INTO conversation (id, person_id, status, owner_kind, opened_at, tags) {numbers} "
     f"SELECT i, i % {PERSONS}, CASE WHEN i % 5 = 0 THEN 'open' ELSE 'closed' END, 'bot', 0, '[]' FROM n"),
    (CONVERSATIONS, "INSERT INTO leg (id, conversation_id, channel, address, identity_id, opened_at, context) {numbers} "
     "SELECT i, i, 'fake', 'u', 1, 0, '{{}}' FROM n"),
    (MESSAGES, "INSERT INTO message (id, conversation_id, leg_id, person_id, direction, author_kind, body, at, state, event_id, "
     f"event_at) {{numbers}} SELECT i, i % {CONVERSATIONS} + 1, 1, 1, CASE WHEN i % 4 = 0 THEN 'note' ELSE 'in' END, 'person', "
     f"'[{{{{\"type\":\"text\",\"text\":\"a\"}}}}]', i, 'received', i + {LATER}, i FROM n"),
    (MESSAGES, "INSERT INTO event (id, at, kind, person_id, conversation_id, message_id, public) {numbers} "
     f"SELECT i, i, 'x', i % {PERSONS}, i % {CONVERSATIONS} + 1, i, i % 2 = 0 FROM n"),
    (MESSAGES, "INSERT INTO inbox (id, channel, key, state, received_at) {numbers} SELECT i, 'fake', 'k' || i, 1, i FROM n"),
    (MESSAGES, "INSERT INTO timer (id, name, instance, job, due_at, payload) {numbers} "
     "SELECT i, 'a/b/' || i, 'a', 'b', i, '{{}}' FROM n"),
    (MESSAGES, "INSERT INTO identity (id, platform, scope, external_id, person_id, linked_at) {numbers} "
     f"SELECT i, 'fake', 's', 'u' || i, i % {PERSONS}, 0 FROM n"),
)  # fmt: skip


class Watched(Reader):
    """Remembers what it was asked."""

    def __init__(self, reader: Reader) -> None:
        self.__dict__.update(reader.__dict__)
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    async def all(self, sql: str, *values: Any) -> Sequence[Any]:
        self.asked.append((sql, values))
        return await super().all(sql, *values)


@pytest_asyncio.fixture
async def reader(opened: Opened, tmp_path: Path, hub_databases: Databases) -> AsyncIterator[Watched]:
    """Of a database with much in it."""
    lines = [sql.format(numbers=_NUMBERS.format(many=many)) for many, sql in _TABLES]
    url = hub_databases(tmp_path)
    if url:
        connection = await asyncpg.connect(url)
        await connection.execute("; ".join([*lines, "ANALYZE"]))
        await connection.close()
    else:
        with closing(sqlite3.connect(tmp_path / "hub.db")) as connection:
            connection.executescript("; ".join(["BEGIN", *lines, "COMMIT"]))
    yield Watched(opened.store.reader)


def ids(found: Sequence[Any]) -> list[int]:
    return [one.id for one in found]


@both_databases
async def test_messages_are_the_latest_before_a_place_oldest_first(reader: Watched) -> None:
    reading = Reading(reader)
    mine = [place for place in range(1, MESSAGES + 1) if place % CONVERSATIONS + 1 == 8]
    assert ids(await reading.messages(8, limit=3)) == mine[-3:]
    assert ids(await reading.messages(8)) == mine[-50:]
    assert ids(await reading.messages(8, before=mine[10], limit=3)) == mine[7:10]
    assert ids(await reading.messages(8, before=mine[1])) == mine[:1]
    assert ids(await reading.messages(8, before=mine[0])) == []
    # Also where that message is not there, or of somebody else.
    assert ids(await reading.messages(8, before=mine[10] + 1, limit=3)) == mine[8:11]
    assert ids(await reading.messages(8, before=MESSAGES * 2, limit=3)) == mine[-3:]
    assert ids(await reading.messages(7, limit=3)) != []
    public = await reading.messages(5, limit=200, public_only=True)
    assert public == [message for message in await reading.messages(5, limit=200) if message.direction != "note"]


@both_databases
async def test_messages_of_a_person_are_of_all_their_conversations(reader: Watched) -> None:
    reading = Reading(reader)
    conversations = await reading.conversations_of(7)
    assert ids(conversations) == [157, 107, 57, 7]
    assert ids(await reading.conversations_of(7, 2)) == [157, 107]
    mine = [place for place in range(1, MESSAGES + 1) if place % CONVERSATIONS + 1 in ids(conversations)]
    assert ids(await reading.messages_of(7, limit=5)) == mine[-5:]
    assert ids(await reading.messages_of(7, before=mine[20], limit=5)) == mine[15:20]


@both_databases
async def test_conversations_are_the_newest_before_a_place(reader: Watched) -> None:
    reading = Reading(reader)
    opened = list(range(CONVERSATIONS, 0, -5))
    assert ids(await reading.conversations()) == opened
    assert ids(await reading.conversations(limit=3)) == opened[:3]
    assert ids(await reading.conversations(before=opened[3], limit=2)) == opened[4:6]
    assert ids(await reading.conversations(owner_kind="queue")) == []
    assert len(await reading.conversations(status="closed")) == CONVERSATIONS - len(opened)


@both_databases
async def test_events_come_after_a_place_in_order(reader: Watched) -> None:
    reading = Reading(reader)
    assert ids(await reading.events(0, 3)) == [1, 2, 3]
    assert ids(await reading.events(MESSAGES - 1, 3)) == [MESSAGES, LATER + 1, LATER + 2]
    assert ids(await reading.events(MESSAGES, 9, person_id=7)) == [LATER + i for i in (6, 56, 106, 156, 206, 256, 306, 356, 406)]
    said = await reading.events(LATER + 200, 2, conversation_id=8, public_only=True)
    assert [(event.id - LATER, event.kind, event.at, event.message and event.message.id) for event in said] == [
        (207, "message.created", 207, 207), (407, "message.created", 407, 407),
    ]
    assert ids(await reading.events(100, 3, person_id=7)) == [107, 157, 207]
    assert ids(await reading.events(100, 3, conversation_id=7, public_only=True)) == [206, 406, 606]
    many = await reading.events(0, 5000)
    assert [event.message.id for event in many if event.message is not None] == list(range(1, 5001))


QUESTIONS: dict[str, Callable[[Reading], Awaitable[Any]]] = {
    "messages": lambda reading: reading.messages(7),
    "messages before": lambda reading: reading.messages(7, before=900, public_only=True),
    "messages of a person": lambda reading: reading.messages_of(7, before=900),
    "latest conversation": lambda reading: reading.latest_conversation(7),
    "conversations of a person": lambda reading: reading.conversations_of(7),
    "open conversations": lambda reading: reading.conversations(before=150, limit=50),
    "legs": lambda reading: reading.legs(7),
    "identity": lambda reading: reading.identity("fake", "s", "u7"),
    "identities": lambda reading: reading.identities(7),
    "events": lambda reading: reading.events(MESSAGES - 100, 100),
    "events of a conversation": lambda reading: reading.events(100, 20, conversation_id=7, public_only=True),
    "events of a person": lambda reading: reading.events(100, 20, person_id=7),
    "due jobs": lambda reading: reading._reader.all("SELECT * FROM timer WHERE due_at <= ? ORDER BY due_at LIMIT ?", 9, 99),
    "new messages": lambda reading: reading._reader.all(
        "SELECT id, payload FROM inbox WHERE id > ? AND state = ? ORDER BY id LIMIT 500", MESSAGES - 100, 0
    ),
}


@both_databases
async def test_every_list_is_found_by_an_index_not_by_looking_at_all_rows(reader: Watched) -> None:
    reading = Reading(reader)
    for question, ask in QUESTIONS.items():
        reader.asked.clear()
        await ask(reading)
        for sql, values in tuple(reader.asked):
            plan = await explained(reader, sql, values)
            assert "SCAN" not in plan, f"{question}: {plan}"
    plan = await explained(reader, "SELECT * FROM message WHERE author_id = ?", ("x",))
    assert "SCAN" in plan


@both_databases
async def test_the_messages_of_a_conversation_are_read_along_their_own_index(reader: Watched) -> None:
    await Reading(reader).messages(7, before=MESSAGES, limit=5)
    plan = await explained(reader, *reader.asked[-1])
    assert "IDX_MESSAGE_CONVERS" in plan
    assert "SORT" not in plan
    assert "TEMP B-TREE" not in plan


async def explained(reader: Reader, sql: str, values: Sequence[Any]) -> str:
    """The plan in capitals, with ``SCAN`` where a whole table would be read."""
    if isinstance(reader._database, SqliteFile):
        rows = await reader.all(f"EXPLAIN QUERY PLAN {sql}", *values)
        lines = "\n".join(str(row["detail"]) for row in rows).upper()
        # Two halves of the event log that an index has found already, each no longer than what is asked for.
        return lines.replace("SCAN TOLD", "").replace("SCAN SAID", "")
    rows = await reader.all(f"EXPLAIN {sql}", *values)
    lines = "\n".join(str(next(iter(row.values()))) for row in rows).upper()
    # PostgreSQL reads small tables whole, and rightly so.
    small = lines.replace("SEQ SCAN ON OUTBOX", "").replace("SEQ SCAN ON CONVERSATION", "").replace("SEQ SCAN ON LEG", "")
    return small.replace("SEQ SCAN", "ALL ROWS").replace("SCAN", "READ").replace("ALL ROWS", "SCAN")


WRONG: list[tuple[Any, ...]] = [
    ("SELECT id FROM nowhere",),
    ("SELECT nothing FROM person",),
    ("SELEKT",),
    ("SELECT id FROM person WHERE id = ?",),
    ("SELECT id FROM person WHERE id = ?", 1, 2),
    ("SELECT id FROM person WHERE id = ?", {}),
]


@both_databases
@pytest.mark.parametrize("asked", WRONG, ids=str)
async def test_a_query_that_is_wrong_is_no_outage(opened: Opened, asked: tuple[Any, ...]) -> None:
    with pytest.raises(StoreError) as raised:
        await opened.store.reader.all(*asked)
    assert not isinstance(raised.value, StoreUnavailable)
    assert await opened.values("SELECT count(*) FROM person") == [0]


# -- ids --------------------------------------------------------------------------------------------------


class Jumping(ManualClock):
    """A clock that may be put back."""

    def put(self, now: float) -> None:
        self._started = now - self._elapsed


def test_ids_grow_whatever_the_clock_does() -> None:
    clock = Jumping(1_800_000_000.0)
    ids = Ids(clock)
    made = []
    for now in (1_800_000_000.0, 1_800_000_000.001, 1_700_000_000.0, 0.0, 1_800_000_000.0, 1_900_000_000.0):
        clock.put(now)
        made += [ids.next() for _ in range(5000)]
    assert made == sorted(set(made))
    assert made[-1].bit_length() <= 62


def test_ids_tell_their_time_and_nodes_do_not_collide() -> None:
    clock = ManualClock(1_800_000_000.0)
    one, two = Ids(clock, 1), Ids(clock, 2)
    made = [ids.next() for _ in range(4000) for ids in (one, two)]
    assert len(set(made)) == 8000
    assert {time_of(one) for one in made} == {1_800_000_000_000}
    assert first_at(1_800_000_000_000) <= min(made) < max(made) < first_at(1_800_000_000_001)


@pytest.mark.parametrize("node", [0, 255])
def test_ids_go_on_after_those_of_an_earlier_run(node: int) -> None:
    clock = Jumping(1_800_000_000.0)
    before = Ids(clock, node)
    last = [before.next() for _ in range(5000)][-1]
    clock.put(1_700_000_000.0)
    assert Ids(clock, after=last).next() > last


@both_databases
async def test_a_store_goes_on_after_its_greatest_id_though_the_clock_was_put_back(
    tmp_path: Path, hub_databases: Databases
) -> None:
    clock: Clock = ManualClock(1_800_000_000.0)
    one = Opened(tmp_path, hub_databases(tmp_path), clock)
    await one.open()
    last = one.store.ids.next()
    await one.store.commit(person(last))
    await one.close()
    two = Opened(tmp_path, hub_databases(tmp_path), ManualClock(1_790_000_000.0))
    await two.open()
    assert two.store.ids.next() > last
    await two.close()
