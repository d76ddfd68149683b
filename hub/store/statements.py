"""The statements the committer knows, made once from the models.

Writing is row-wise: a statement and its row. The committer groups equal statements of many changes and
runs each group by one ``executemany``, in the order of `Statement.rank`: inserts before updates before deletes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tortoise.models import Model

from hub.store import models
from hub.store.fields import IdField

INSERT, UPDATE, DELETE = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One prepared statement with ``?`` for each value of a row.

    ``checked`` means that each row must change exactly one row of the table, or it is a Conflict. `once` names
    the unique columns of an insert that leaves an existing row alone; the row's first value is then its id. `columns` are those
    of the row, in its order.
    """

    table: str
    rank: int
    sql: str
    checked: bool = False
    once: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def columns_of(model: type[Model]) -> tuple[str, ...]:
    """The table's columns, in the model's order."""
    return tuple(model._meta.fields_db_projection.values())


def insert(model: type[Model], *, once: Sequence[str] = ()) -> Statement:
    """Insert a whole row; with `once` only where no row has these values yet."""
    return _insert(model, f" ON CONFLICT ({', '.join(once)}) DO NOTHING" if once else "", once)


def upsert(model: type[Model], key: str) -> Statement:
    """Insert a whole row, or overwrite the one with the same `key`."""
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns_of(model) if column != key)
    return _insert(model, f" ON CONFLICT ({key}) DO UPDATE SET {changes}")


def _insert(model: type[Model], conflict: str, once: Sequence[str] = ()) -> Statement:
    table, columns = model._meta.db_table, columns_of(model)
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}){conflict}"
    return Statement(table, INSERT, sql, once=tuple(once), columns=columns)


def _those(where: Sequence[str]) -> str:
    return " AND ".join(f"{column} = ?" for column in where)


def update(model: type[Model], *columns: str, where: Sequence[str] = ("id",), checked: bool = True) -> Statement:
    """Set `columns` of the row found by `where`; the row holds the new values, then those of `where`."""
    table, changes = model._meta.db_table, ", ".join(f"{column} = ?" for column in columns)
    sql = f"UPDATE {table} SET {changes} WHERE {_those(where)}"
    return Statement(table, UPDATE, sql, checked=checked, columns=(*columns, *where))


def delete(model: type[Model], where: Sequence[str] = ("id",), *, checked: bool = False) -> Statement:
    """Delete the rows found by `where`."""
    table = model._meta.db_table
    return Statement(table, DELETE, f"DELETE FROM {table} WHERE {_those(where)}", checked=checked)


def greatest_id(tables: Iterable[type[Model]]) -> str:
    """The query for the greatest id in these tables. Events have places instead, given by the committer."""
    found = (table._meta for table in tables if table is not models.Event and isinstance(table._meta.pk, IdField))
    each = " UNION ALL ".join(f"SELECT max({one.db_pk_column}) AS id FROM {one.db_table}" for one in found)
    return f"SELECT coalesce(max(id), 0) FROM ({each}) AS each"


_CONVERSATION: Final = tuple(c for c in columns_of(models.Conversation) if c not in ("id", "person_id", "opened_at"))
_DELIVERED: Final = "UPDATE message SET state = CASE WHEN state = 'read' THEN state ELSE ? END, external_id = ? WHERE id = ?"
_READ: Final = (
    "UPDATE message SET state = 'read' WHERE conversation_id = ? AND id <= ?"
    " AND direction IN ('out', 'system') AND state IN ('sent', 'delivered')"
)
_SETTLED: Final = (
    "UPDATE inbox SET state = ?, payload = NULL WHERE id >= ? AND id < ? AND state = ?"
    " AND EXISTS (SELECT 1 FROM message WHERE message.id = inbox.id)"
)
_TALK: Final = ("unanswered_since", "unsure", "unread", "last_text", "last_at", "last_direction", "version")


class Statements:
    """All of them, by what they are for."""

    add_person: Final = insert(models.Person)
    change_person: Final = update(models.Person, "name", "tier", "locale", "verified", "attributes")
    add_identity: Final = insert(models.Identity)
    add_conversation: Final = insert(models.Conversation)
    change_conversation: Final = update(models.Conversation, *_CONVERSATION, where=("id", "version"))
    # What every message changes stands in no index; so this one is cheap.
    talk_in_conversation: Final = update(models.Conversation, *_TALK, where=("id", "version"))
    add_leg: Final = insert(models.Leg)
    change_leg: Final = update(models.Leg, "live", "last_inbound_at", "context", "address")
    add_message: Final = insert(models.Message)
    change_message: Final = update(models.Message, "state", "external_id", "error")
    message_delivered: Final = Statement("message", UPDATE, _DELIVERED)
    messages_read: Final = Statement("message", UPDATE, _READ)
    receive: Final = insert(models.Inbox, once=("channel", "key"))
    inbox_settled: Final = Statement("inbox", UPDATE, _SETTLED)
    inbox_done: Final = update(models.Inbox, "state", "payload", "attempts", "error", where=("id", "state"))
    add_outbox: Final = insert(models.Outbox)
    change_outbox: Final = update(models.Outbox, "state", "due_at", "attempts", "progress", "error")
    drop_outbox: Final = delete(models.Outbox)
    add_event: Final = insert(models.Event)
    move_feed: Final = upsert(models.Feed, "name")
    put_timer: Final = upsert(models.Timer, "name")
    change_timer: Final = update(models.Timer, "due_at", "attempts", "error", checked=False)
    drop_timer: Final = delete(models.Timer)
    put_datum: Final = upsert(models.Datum, "name")
    drop_datum: Final = delete(models.Datum, ("name",))
    add_agent: Final = insert(models.Agent)
    change_agent: Final = update(models.Agent, "name", "role", "teams", "state", "active")
