"""One indivisible change: rows to write and the events that tell of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec

from hub.records import Event, Message
from hub.store.statements import Statement

_json: Final = msgspec.json.Encoder()

CREATED: Final = "message.created"
"""The kind of event that a message's own row stands for."""


def to_json(value: Any) -> str:
    """JSON text, as the tables keep it."""
    return _json.encode(value).decode()


def fitting(text: str, longest: int) -> str:
    """`text` as every database takes it: cut, and without half characters and NUL."""
    return text[:longest].encode("utf-8", "replace").decode().replace("\0", "")


class Change:
    """All of it is stored, or nothing. Filled by the code that decides, handed to the committer once.

    `after` is called when it is stored, before anybody else hears of it; `failed` when it is not. `result` holds,
    after the commit, the id of the row an insert-once found in its place (else 0).
    """

    __slots__ = ("after", "events", "failed", "future", "result", "writes")

    def __init__(self) -> None:
        self.writes: list[tuple[Statement, tuple[Any, ...]]] = []
        self.events: list[Event] = []
        self.after: list[Callable[[], None]] = []
        self.failed: list[Callable[[], None]] = []
        self.result = 0
        self.future: asyncio.Future[None] | None = None

    def forget(self) -> None:
        """Let go of who waited: they hold the change, and such a ring would be left to the garbage collector."""
        self.after = self.failed = []

    def write(self, statement: Statement, row: tuple[Any, ...]) -> None:
        """Add a row for `statement`."""
        self.writes.append((statement, row))

    def event(
        self, kind: str, at: int, person_id: int = 0, conversation_id: int = 0, *,
        message: Message | None = None, public: bool = False, data: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Add a line for the event log; the committer gives it its place."""
        self.events.append(Event(0, at, kind, person_id, conversation_id, public, message, data or {}))

    def message_created(self, at: int, message: Message, data: dict[str, Any] | None = None) -> None:
        """Add a message, and tell of it: its row is its line in the event log."""
        ids, public = (message.person_id, message.conversation_id), message.direction != "note"
        self.events.append(Event(0, at, CREATED, *ids, public, message, data or {}))

    def message_changed(self, at: int, message: Message) -> None:
        """Tell everybody who may see a message how it is now."""
        data = {"state": message.state, "error": message.error}
        self.event("message.changed", at, message.person_id, message.conversation_id, message=message, public=True, data=data)
