"""Rows of the hub that change hands: conversations, legs, messages, identities and people, as statements for the committer.

The hub's own code writes these tables in the lane of one person; these are for `House.together`, where several are held.
"""

from __future__ import annotations

from typing import Any, Final

from hub import Conversation, Leg, Person
from hub.tables import Statement, to_json

INSERT, UPDATE, DELETE = 0, 1, 2

_CHANGING: Final = (
    "person_id", "open_person", "status", "owner_kind", "owner_id", "team", "reason", "closed_at", "waiting_since",
    "unanswered_since", "unsure", "unread", "tags", "last_text", "last_at", "last_direction", "version",
)  # fmt: skip
_CONVERSATION: Final = (*_CHANGING, "opened_at", "id")


def _update(table: str, changes: tuple[str, ...], where: tuple[str, ...], *, checked: bool) -> Statement:
    sets, conditions = ", ".join(f"{one} = ?" for one in changes), " AND ".join(f"{one} = ?" for one in where)
    return Statement(table, UPDATE, f"UPDATE {table} SET {sets} WHERE {conditions}", checked=checked)


def _insert(table: str, columns: tuple[str, ...]) -> Statement:
    marks = ", ".join("?" * len(columns))
    return Statement(table, INSERT, f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})")


class Rows:
    """What is written, by what it is for."""

    move_identity: Final = _update("identity", ("person_id", "source"), ("id", "person_id"), checked=True)
    put_conversation: Final = _update("conversation", _CHANGING, ("id", "version"), checked=True)
    add_conversation: Final = _insert("conversation", _CONVERSATION)
    own_conversation: Final = _update("conversation", ("person_id",), ("id", "person_id"), checked=True)
    own_messages: Final = _update("message", ("person_id",), ("conversation_id",), checked=False)
    put_leg: Final = _update("leg", ("conversation_id", "live", "last_inbound_at"), ("id",), checked=True)
    move_messages: Final = _update(
        "message", ("conversation_id", "person_id"), ("conversation_id", "leg_id"), checked=False
    )
    put_person: Final = _update("person", ("name", "tier", "locale", "verified", "attributes"), ("id",), checked=True)
    add_identity: Final = _insert(
        "identity", ("id", "platform", "scope", "external_id", "person_id", "verified", "source", "linked_at")
    )


def conversation_values(one: Conversation) -> tuple[Any, ...]:
    """The changing columns of a conversation."""
    named = {
        "open_person": one.person_id if one.status == "open" else None,
        "tags": to_json(one.tags),
    }
    return tuple(named[column] if column in named else getattr(one, column) for column in _CHANGING)


def conversation_put(one: Conversation, before: int) -> tuple[Any, ...]:
    """A row for `Rows.put_conversation`, valid while the stored version is `before`."""
    return (*conversation_values(one), one.id, before)


def conversation_added(one: Conversation) -> tuple[Any, ...]:
    """A row for `Rows.add_conversation`."""
    return (*conversation_values(one), one.opened_at, one.id)


def leg_put(leg: Leg) -> tuple[Any, ...]:
    """A row for `Rows.put_leg`."""
    return (leg.conversation_id, leg.live, leg.last_inbound_at, leg.id)


def person_put(one: Person) -> tuple[Any, ...]:
    """A row for `Rows.put_person`."""
    return (one.name, one.tier, one.locale, one.verified, to_json(one.attributes), one.id)

