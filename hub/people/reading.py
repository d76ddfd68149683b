"""Reading people, conversations, messages and events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hub.records import Agent, Conversation, Event, Identity, Leg, Message, Person
from hub.store.reader import Reader, marks
from hub.store.rows import agent_of, conversation_of, event_of, identity_of, leg_of, message_of, person_of

MESSAGE_COLUMNS: Final = (
    "id, conversation_id, leg_id, person_id, direction, author_kind, author_id, author_name, body, at,"
    " CASE WHEN state = 'sent' AND EXISTS (SELECT 1 FROM outbox WHERE outbox.id = message.id"
    " AND (message.author_kind = 'agent' OR outbox.error NOT IN ('', 'started')))"
    " THEN 'queued' ELSE state END AS state, client_id, external_id, code, error"
)
MOST: Final = 500


class Reading:
    """Questions to the store. Lists are bounded; `before` is an id: what is older than it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def person(self, id: int) -> Person | None:
        """One person."""
        row = await self._reader.one("SELECT * FROM person WHERE id = ?", id)
        return person_of(row) if row else None

    async def identity(self, platform: str, scope: str, external_id: str) -> Identity | None:
        """One identity."""
        sql = "SELECT * FROM identity WHERE platform = ? AND scope = ? AND external_id = ?"
        row = await self._reader.one(sql, platform, scope, external_id)
        return identity_of(row) if row else None

    async def identities(self, person_id: int) -> Sequence[Identity]:
        """All identities of a person, the oldest first."""
        rows = await self._reader.all("SELECT * FROM identity WHERE person_id = ? ORDER BY id", person_id)
        return [identity_of(row) for row in rows]

    async def conversation(self, id: int) -> Conversation | None:
        """One conversation."""
        row = await self._reader.one("SELECT * FROM conversation WHERE id = ?", id)
        return conversation_of(row) if row else None

    async def latest_conversation(self, person_id: int) -> Conversation | None:
        """The person's open conversation, or their last one."""
        sql = "SELECT * FROM conversation WHERE person_id = ? ORDER BY id DESC LIMIT 1"
        row = await self._reader.one(sql, person_id)
        return conversation_of(row) if row else None

    async def conversations_of(self, person_id: int, limit: int = 20) -> Sequence[Conversation]:
        """A person's conversations, the newest first."""
        sql = "SELECT * FROM conversation WHERE person_id = ? ORDER BY id DESC LIMIT ?"
        return [conversation_of(row) for row in await self._reader.all(sql, person_id, limit)]

    async def waiting(self) -> Sequence[Conversation]:
        """Everybody who is in a queue."""
        sql = "SELECT * FROM conversation WHERE status = 'open' AND owner_kind = 'queue'"
        return [conversation_of(row) for row in await self._reader.all(sql)]

    async def conversations(
        self, *, status: str = "open", owner_kind: str = "", owner_id: str = "", before: int = 0, limit: int = MOST
    ) -> Sequence[Conversation]:
        """Conversations by status and owner, the newest first."""
        sql, values = "SELECT * FROM conversation WHERE status = ?", [status]
        for column, value in (("owner_kind", owner_kind), ("owner_id", owner_id)):
            if value:
                sql += f" AND {column} = ?"
                values.append(value)
        more: list[Any] = list(values)
        if before:
            sql += " AND id < ?"
            more.append(before)
        rows = await self._reader.all(f"{sql} ORDER BY id DESC LIMIT ?", *more, limit)
        return [conversation_of(row) for row in rows]

    async def legs(self, conversation_id: int) -> Sequence[Leg]:
        """A conversation's legs, the oldest first."""
        rows = await self._reader.all("SELECT * FROM leg WHERE conversation_id = ? ORDER BY id", conversation_id)
        return [leg_of(row) for row in rows]

    async def leg(self, id: int) -> Leg | None:
        """One leg."""
        row = await self._reader.one("SELECT * FROM leg WHERE id = ?", id)
        return leg_of(row) if row else None

    async def message(self, id: int) -> Message | None:
        """One message."""
        row = await self._reader.one(f"SELECT {MESSAGE_COLUMNS} FROM message WHERE id = ?", id)
        return message_of(row) if row else None

    async def messages(
        self, conversation_id: int, *, before: int = 0, limit: int = 50, public_only: bool = False
    ) -> Sequence[Message]:
        """The latest messages older than `before` (0: the latest of all), oldest first."""
        return await self._messages("conversation_id = ?", conversation_id, before, limit, public_only)

    async def messages_of(
        self, person_id: int, *, before: int = 0, limit: int = 50, public_only: bool = False
    ) -> Sequence[Message]:
        """The same over all conversations of a person."""
        where = "conversation_id IN (SELECT id FROM conversation WHERE person_id = ?)"
        return await self._messages(where, person_id, before, limit, public_only)

    async def _messages(self, where: str, value: int, before: int, limit: int, public_only: bool) -> Sequence[Message]:
        sql, values = f"SELECT {MESSAGE_COLUMNS} FROM message WHERE {where}", [value]
        if before:
            sql += " AND id < ?"
            values.append(before)
        if public_only:
            sql += " AND direction <> 'note'"
        rows = await self._reader.all(f"{sql} ORDER BY id DESC LIMIT ?", *values, limit)
        return [message_of(row) for row in reversed(rows)]

    async def events(
        self, after: int, limit: int, *, person_id: int = 0, conversation_id: int = 0, public_only: bool = False
    ) -> Sequence[Event]:
        """Events after a place in the log, in order, with their messages as they are now."""
        sql, values = "SELECT * FROM event WHERE id > ?", [after]
        for column, value in (("person_id", person_id), ("conversation_id", conversation_id)):
            if value:
                sql += f" AND {column} = ?"
                values.append(value)
        if public_only:
            sql += " AND public = true"
        rows = await self._reader.all(f"{sql} ORDER BY id LIMIT ?", *values, limit)
        messages = await self._by_id([row["message_id"] for row in rows if row["message_id"] is not None])
        return [event_of(row, messages.get(row["message_id"])) for row in rows]

    async def _by_id(self, ids: Sequence[int]) -> dict[int, Message]:
        if not ids:
            return {}
        sql = f"SELECT {MESSAGE_COLUMNS} FROM message WHERE id IN ({marks(ids)})"
        return {row["id"]: message_of(row) for row in await self._reader.all(sql, *ids)}

    async def agents(self) -> Sequence[Agent]:
        """Everybody who serves or served."""
        return [agent_of(row) for row in await self._reader.all("SELECT * FROM agent ORDER BY id")]
