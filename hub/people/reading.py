"""Reading people, conversations, messages and events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, TypeVar

from hub.records import Agent, Conversation, Event, Identity, Leg, Message, Person
from hub.store.change import CREATED
from hub.store.reader import Reader, Row, marks
from hub.store.rows import agent_of, conversation_of, event_of, identity_of, leg_of, message_of, person_of

R = TypeVar("R")
MESSAGE_COLUMNS: Final = (
    "id, conversation_id, leg_id, person_id, direction, author_kind, author_id, author_name, body, at,"
    " CASE WHEN state = 'sent' AND EXISTS (SELECT 1 FROM outbox WHERE outbox.id = message.id"
    " AND (message.author_kind = 'agent' OR outbox.error NOT IN ('', 'started')))"
    " THEN 'queued' ELSE state END AS state, client_id, external_id, code, error"
)
MOST: Final = 500
_OF_PERSON: Final = "conversation_id IN (SELECT conversation.id FROM conversation WHERE conversation.person_id = ?)"
_BEFORE: Final = (
    "event_id < coalesce((SELECT that.event_id FROM message AS that WHERE that.id >= ? ORDER BY that.id LIMIT 1),"
    " 9223372036854775807)"
)
"""Also where the message itself is there no more."""

# The event log: what is told in lines of its own, and what messages tell by themselves. Each for itself along its index.
_TOLD: Final = "SELECT id, at, kind, person_id, conversation_id, message_id, public, data FROM event WHERE id > ?"
_SAID: Final = (
    f"SELECT event_id AS id, event_at AS at, '{CREATED}' AS kind, person_id, conversation_id, id AS message_id,"
    " direction <> 'note' AS public, data FROM message WHERE event_id > ?"
)
_LOG: Final = (
    "SELECT * FROM ({told} ORDER BY id LIMIT ?) AS told UNION ALL SELECT * FROM ({said} ORDER BY event_id LIMIT ?) AS said"
    " ORDER BY id LIMIT ?"
)


class Reading:
    """Questions to the store. Lists are bounded; `before` is an id: what is older than it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def _one(self, made: Callable[[Row], R], sql: str, *values: Any) -> R | None:
        row = await self._reader.one(sql, *values)
        return made(row) if row else None

    async def _all(self, made: Callable[[Row], R], sql: str, *values: Any) -> list[R]:
        return [made(row) for row in await self._reader.all(sql, *values)]

    async def person(self, id: int) -> Person | None:
        """One person."""
        return await self._one(person_of, "SELECT * FROM person WHERE id = ?", id)

    async def identity(self, platform: str, scope: str, external_id: str) -> Identity | None:
        """One identity."""
        sql = "SELECT * FROM identity WHERE platform = ? AND scope = ? AND external_id = ?"
        return await self._one(identity_of, sql, platform, scope, external_id)

    async def identities(self, person_id: int) -> Sequence[Identity]:
        """All identities of a person, the oldest first."""
        return await self._all(identity_of, "SELECT * FROM identity WHERE person_id = ? ORDER BY id", person_id)

    async def conversation(self, id: int) -> Conversation | None:
        """One conversation."""
        return await self._one(conversation_of, "SELECT * FROM conversation WHERE id = ?", id)

    async def latest_conversation(self, person_id: int) -> Conversation | None:
        """The person's open conversation, or their last one."""
        # Of people who were joined the open one need not be the newest.
        sql = "SELECT * FROM conversation WHERE open_person = ?"
        return await self._one(conversation_of, sql, person_id) or next(iter(await self.conversations_of(person_id, 1)), None)

    async def conversations_of(self, person_id: int, limit: int = 20) -> Sequence[Conversation]:
        """A person's conversations, the newest first."""
        sql = "SELECT * FROM conversation WHERE person_id = ? ORDER BY id DESC LIMIT ?"
        return await self._all(conversation_of, sql, person_id, limit)

    async def waiting(self) -> Sequence[Conversation]:
        """Everybody who is in a queue."""
        sql = "SELECT * FROM conversation WHERE status = 'open' AND owner_kind = 'queue'"
        return await self._all(conversation_of, sql)

    async def conversations(
        self, *, status: str = "open", owner_kind: str = "", owner_id: str = "", before: int = 0, limit: int = MOST
    ) -> Sequence[Conversation]:
        """Conversations by status and owner, the newest first."""
        more = ("owner_kind = ?", owner_kind), ("owner_id = ?", owner_id), ("id < ?", before)
        sql, values = _narrowed("SELECT * FROM conversation WHERE status = ?", status, *more)
        return await self._all(conversation_of, f"{sql} ORDER BY id DESC LIMIT ?", *values, limit)

    async def legs(self, conversation_id: int) -> Sequence[Leg]:
        """A conversation's legs, the oldest first."""
        return await self._all(leg_of, "SELECT * FROM leg WHERE conversation_id = ? ORDER BY id", conversation_id)

    async def leg(self, id: int) -> Leg | None:
        """One leg."""
        return await self._one(leg_of, "SELECT * FROM leg WHERE id = ?", id)

    async def message(self, id: int) -> Message | None:
        """One message."""
        return await self._one(message_of, f"SELECT {MESSAGE_COLUMNS} FROM message WHERE id = ?", id)

    async def messages(
        self, conversation_id: int, *, before: int = 0, limit: int = 50, public_only: bool = False
    ) -> Sequence[Message]:
        """The latest messages from before the message `before` (0: the latest of all), in the order they took place in."""
        return await self._messages("conversation_id = ?", conversation_id, before, limit, public_only)

    async def messages_of(
        self, person_id: int, *, before: int = 0, limit: int = 50, public_only: bool = False,
        legs: Collection[int] | None = None,
    ) -> Sequence[Message]:  # fmt: skip
        """The same over all conversations of a person; only those on these `legs`, where they are given."""
        where = _OF_PERSON if legs is None else f"{_OF_PERSON} AND leg_id IN ({', '.join(map(str, legs)) or 0})"
        return await self._messages(where, person_id, before, limit, public_only)

    async def _messages(self, where: str, value: int, before: int, limit: int, public_only: bool) -> Sequence[Message]:
        more = (_BEFORE, before), ("direction <> ?", "note" if public_only else "")
        sql, values = _narrowed(f"SELECT {MESSAGE_COLUMNS} FROM message WHERE {where}", value, *more)
        return (await self._all(message_of, f"{sql} ORDER BY event_id DESC LIMIT ?", *values, limit))[::-1]

    async def events(
        self, after: int, limit: int, *, person_id: int = 0, conversation_id: int = 0, public_only: bool = False
    ) -> Sequence[Event]:
        """Events after a place in the log, in order, with their messages as they are now."""
        conversation = ("conversation_id = ?", conversation_id)
        told, values = _narrowed(_TOLD, after, ("person_id = ?", person_id), conversation, ("public = ?", public_only))
        note = ("direction <> ?", "note" if public_only else "")
        said, more = _narrowed(_SAID, after, (_OF_PERSON, person_id), conversation, note)
        sql = _LOG.format(told=told, said=said)
        rows = await self._reader.all(sql, *values, limit, *more, limit, limit)
        ids = [row["message_id"] for row in rows if row["message_id"] is not None]
        sql = f"SELECT {MESSAGE_COLUMNS} FROM message WHERE id IN ({marks(ids)})"
        messages = {message.id: message for message in await self._all(message_of, sql, *ids)} if ids else {}
        return [event_of(row, messages.get(row["message_id"])) for row in rows]

    async def agents(self) -> Sequence[Agent]:
        """Everybody who serves or served."""
        return await self._all(agent_of, "SELECT * FROM agent ORDER BY id")


def _narrowed(sql: str, value: Any, *more: tuple[str, Any]) -> tuple[str, list[Any]]:
    """The query and its values with those conditions that have a value."""
    given = [(condition, wanted) for condition, wanted in more if wanted]
    return " AND ".join((sql, *(condition for condition, _ in given))), [value, *(wanted for _, wanted in given)]
