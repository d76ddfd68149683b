"""What a plugin wants done. Hooks on the message path return intents; the core commits them.

A plugin never holds a transaction: if it is cancelled or breaks half-way, nothing has happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import field

from hub.message import Body, Element, Text
from hub.records import Conversation, Identity, Message, Person, Record, WaitReason


class Send(Record, frozen=True):
    """Say this to the customer, or with ``visibility="note"`` to the agents only.

    `leg` is a leg's id; None means the leg the customer wrote on last.
    """

    body: Body
    visibility: Literal["public", "note"] = "public"
    leg: int | None = None


class HandOver(Record, frozen=True):
    """Give the conversation to people: into the queue of `team` ("" is the default team)."""

    reason: WaitReason = "asked"
    team: str = ""


class AssignBot(Record, frozen=True):
    """Give the conversation (back) to the bots."""


class AssignAgent(Record, frozen=True):
    """Give the conversation to this agent (`agent` is an id)."""

    agent: int


class Tag(Record, frozen=True):
    """Add these tags to the conversation."""

    tags: tuple[str, ...]


class SetAttributes(Record, frozen=True):
    """Write facts about the person; a value of None removes one. `name` and `tier` where given."""

    attributes: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    tier: str = ""


class Schedule(Record, frozen=True):
    """Call this instance's job `job` (see `Context.job`) in `after` seconds, with `payload`."""

    job: str
    after: float
    payload: dict[str, Any] = field(default_factory=dict)


class Close(Record, frozen=True):
    """End the conversation."""

    tags: tuple[str, ...] = ()


Intent = Send | HandOver | AssignBot | AssignAgent | Tag | SetAttributes | Schedule | Close


def say(*parts: str | Element) -> Send:
    """`Send` from texts and elements: ``say("您好", Buttons(…))``."""
    return Send(tuple(Text(part) if isinstance(part, str) else part for part in parts))


class Answer(Record, frozen=True):
    """A bot's answer: what to do, and how sure it is.

    ``unsure=True`` counts: after as many unsure answers in a row as the configuration allows the
    conversation goes to a person. A `HandOver` among the intents does it at once.
    """

    intents: tuple[Intent, ...]
    unsure: bool = False

    @classmethod
    def of(cls, *parts: str | Element, unsure: bool = False) -> Answer:
        """An answer that just says `parts`."""
        return cls((say(*parts),), unsure=unsure)


class Turn(Record, frozen=True):
    """What a bot is asked: the customer's message and what is known around it.

    `history` are the messages before it, oldest first, at most 20. `locale` is the customer's, or the hub's default.
    """

    message: Message
    conversation: Conversation
    person: Person
    identity: Identity
    locale: str
    history: Sequence[Message] = ()
