"""What is written comes back as it was: every field of every record, new and changed, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from hub.message import Choice, Text
from hub.people.reading import Reading
from hub.records import Agent, Author, Conversation, Identity, Leg, Message, Person, Record
from hub.store import rows
from hub.store.change import Change
from hub.store.statements import Statement, Statements
from tests.databases import both_databases
from tests.store.opened import Opened

PERSON = Person(11, "王芳", "gold", "zh-CN", True, {"city": "上海", "orders": [1, 2]}, 1000)
IDENTITY = Identity(12, "web", "site", "u1", 11, True, "web", 1001)
CONVERSATION = Conversation(
    13, 11, "open", "queue", "front", "front", "asked", 1002, None, 1003, 1004, 2, 3, ("vip", "急"), "在吗", 1005, "in", 0
)
LEG = Leg(14, 13, "web", "u1", 12, True, 1002, 1005, {"token": "t"})
MESSAGE = Message(
    15, 13, 14, 11, "out", Author("agent", "16", "刘芳"), (Text("您好"), Choice("是", "y")), 1006, "sent", "c", "x", "code", "why"
)
AGENT = Agent(16, "liu", "刘芳", "supervisor", ("front", "back"), "break", False)

Write = tuple[Statement, rows.Row]
KINDS: dict[str, tuple[Record, Write, Callable[[Any], Record], Record, Callable[[Any], Write]]] = {
    "person": (
        PERSON, (Statements.add_person, rows.person_row(PERSON)), rows.person_of,
        replace(PERSON, name="Wang", tier="", locale="en", verified=False, attributes={}),
        lambda new: (Statements.change_person, rows.person_change(new)),
    ),
    "conversation": (
        CONVERSATION, (Statements.add_conversation, rows.conversation_row(CONVERSATION)), rows.conversation_of,
        replace(CONVERSATION, status="closed", closed_at=1009, owner_kind="agent", owner_id="16", tags=(), version=1),
        lambda new: (Statements.change_conversation, rows.conversation_change(new, 0)),
    ),
    "leg": (
        LEG, (Statements.add_leg, rows.leg_row(LEG)), rows.leg_of,
        replace(LEG, live=False, last_inbound_at=1010, context={}, address="u2"),
        lambda new: (Statements.change_leg, rows.leg_change(new)),
    ),
    "agent": (
        AGENT, (Statements.add_agent, rows.agent_row(AGENT, 1000)), rows.agent_of,
        replace(AGENT, name="Liu", role="agent", teams=(), state="online", active=True),
        lambda new: (Statements.change_agent, rows.agent_change(new)),
    ),
}  # fmt: skip


async def written(opened: Opened, table: str, statement: Statement, row: rows.Row) -> Any:
    change = Change()
    change.write(statement, row)
    await opened.store.commit(change)
    return await opened.store.reader.one(f"SELECT * FROM {table}")


@both_databases
@pytest.mark.parametrize("kind", KINDS)
async def test_a_record_comes_back_as_it_was_written_and_changed(opened: Opened, kind: str) -> None:
    first, add, made, second, change = KINDS[kind]
    assert made(await written(opened, kind, *add)) == first
    assert made(await written(opened, kind, *change(second))) == second


@both_databases
async def test_identities_and_messages_come_back_as_they_were_written(opened: Opened) -> None:
    assert rows.identity_of(await written(opened, "identity", Statements.add_identity, rows.identity_row(IDENTITY))) == IDENTITY
    row = rows.message_row(MESSAGE, 1, 1, None)
    assert rows.message_of(await written(opened, "message", Statements.add_message, row)) == MESSAGE


@both_databases
async def test_an_event_comes_back_with_its_message_and_without_data(opened: Opened) -> None:
    change = Change()
    change.event("message.seen", 1000, 11, 13, message=MESSAGE, public=True)
    await opened.store.commit(change)
    row = await opened.store.reader.one("SELECT * FROM event")
    assert row is not None
    assert rows.event_of(row, MESSAGE) == replace(change.events[0], id=1)


@both_databases
async def test_a_message_is_its_own_line_of_the_event_log(opened: Opened) -> None:
    change, note = Change(), replace(MESSAGE, id=12, direction="note", at=1007)
    change.event("conversation.opened", 1006, 11, 13, public=True)
    change.message_created(1008, MESSAGE, {"bot": "echo"})
    change.event("conversation.tagged", 1006, 11, 13)
    change.message_created(1009, note)
    await opened.store.commit(change)
    told = [replace(event, id=place) for place, event in enumerate(change.events, 1)]
    reading = Reading(opened.store.reader)
    assert await opened.values("SELECT id FROM event ORDER BY id") == [1, 3]
    assert await reading.events(0, 10) == told
    assert await reading.events(1, 2) == told[1:3]
    assert await reading.events(0, 10, conversation_id=13, public_only=True) == told[:2]
    assert await reading.messages(13) == [MESSAGE, note]
    await opened.close()
    await opened.open()
    assert opened.store.committer.position == 4


def test_what_goes_out_is_written_as_sent_and_only_an_open_conversation_holds_its_person() -> None:
    def column(statement: Statement, row: rows.Row, name: str) -> Any:
        return dict(zip(statement.columns, row, strict=True))[name]

    waiting = replace(MESSAGE, state="queued")
    assert column(Statements.add_message, rows.message_row(waiting, 1, 1, None), "state") == "sent"
    closed = replace(CONVERSATION, status="closed")
    assert column(Statements.add_conversation, rows.conversation_row(CONVERSATION), "open_person") == 11
    assert column(Statements.add_conversation, rows.conversation_row(closed), "open_person") is None


def test_what_every_message_changes_names_the_version_that_is_stored() -> None:
    row = rows.conversation_talk(replace(CONVERSATION, unread=9, version=5), 4)
    assert dict(zip(Statements.talk_in_conversation.columns[:-1], row, strict=False))["unread"] == 9
    assert row[-3:] == (5, 13, 4)
