"""What the hub knows, as immutable records: the words of the whole project.

Plugins receive them, the message path keeps them in memory, pages get them as JSON. Times are
milliseconds since 1970 UTC; ids are integers that grow with time and go to pages as strings.
To change a record, make another one with `msgspec.structs.replace`.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from hub.message import Body

OwnerKind = Literal["bot", "queue", "agent"]
Direction = Literal["in", "out", "note", "system"]
AuthorKind = Literal["person", "agent", "bot", "system"]
MessageState = Literal["received", "queued", "sent", "delivered", "read", "failed"]
Role = Literal["agent", "supervisor", "admin"]
AgentState = Literal["online", "break", "training", "offline"]
WaitReason = Literal["", "asked", "unsure", "bot_failed", "no_bot", "returned", "transferred"]


class Record(msgspec.Struct, frozen=True, gc=False):
    """Plain data that does not change. It cannot hold what holds it, so the garbage collector need not look at it."""


class Author(Record, frozen=True):
    """Who says something. `id` is a person's, an agent's or a bot instance's."""

    kind: AuthorKind
    id: str = ""
    name: str = ""


SYSTEM: Final = Author("system")


class Person(Record, frozen=True):
    """A human customer. `attributes` are facts from channels and CRM, JSON values under plain names."""

    id: int
    name: str
    tier: str = ""
    locale: str = ""
    verified: bool = False
    attributes: dict[str, Any] = {}
    created_at: int = 0


class Identity(Record, frozen=True):
    """One way a person is known: unique by (`platform`, `scope`, `external_id`).

    `scope` is where the id is valid (a site, an official account); `source` says who linked it.
    """

    id: int
    platform: str
    scope: str
    external_id: str
    person_id: int
    verified: bool = False
    source: str = ""
    linked_at: int = 0


class Leg(Record, frozen=True):
    """One live address of a conversation on one channel.

    `channel` is an instance's name, `address` where its `send` delivers, `context` what the channel
    wants back with the next send (a reply token, a message sequence).
    """

    id: int
    conversation_id: int
    channel: str
    address: str
    identity_id: int
    live: bool = True
    opened_at: int = 0
    last_inbound_at: int = 0
    context: dict[str, Any] = {}


class Conversation(Record, frozen=True):
    """One episode of service for one person; exactly one owner at any time.

    `owner_id` is a bot instance ("" for the chain), a team or an agent. `waiting_since` is set while
    a queue owns it, `unanswered_since` while the customer has no human answer. `version` counts
    changes and guards against two people acting on what they no longer see.
    """

    id: int
    person_id: int
    status: Literal["open", "closed"] = "open"
    owner_kind: OwnerKind = "bot"
    owner_id: str = ""
    team: str = ""
    reason: WaitReason = ""
    opened_at: int = 0
    closed_at: int | None = None
    waiting_since: int | None = None
    unanswered_since: int | None = None
    unsure: int = 0
    unread: int = 0
    tags: tuple[str, ...] = ()
    last_text: str = ""
    last_at: int = 0
    last_direction: str = ""
    version: int = 0


class Message(Record, frozen=True):
    """One thing said on one leg. `client_id` is the sender's own id, `external_id` the platform's.

    `code` names what a system line means; `error` says why a message failed.
    """

    id: int
    conversation_id: int
    leg_id: int
    person_id: int
    direction: Direction
    author: Author
    body: Body
    at: int
    state: MessageState = "received"
    client_id: str = ""
    external_id: str = ""
    code: str = ""
    error: str = ""


class Event(Record, frozen=True):
    """A line of the append-only log. `id` is its place: it only grows and is what a cursor stores.

    `public` events concern what the customer may see. `message` is set for ``message.*`` kinds.
    """

    id: int
    at: int
    kind: str
    person_id: int
    conversation_id: int
    public: bool = False
    message: Message | None = None
    data: dict[str, Any] = {}


class Agent(Record, frozen=True):
    """Somebody who serves. `state` is what they chose, `connected` whether a desk of theirs is open."""

    id: int
    login: str
    name: str
    role: Role = "agent"
    teams: tuple[str, ...] = ()
    state: AgentState = "offline"
    active: bool = True
    connected: bool = False


class Attachment(Record, frozen=True):
    """A kept file. `size` in bytes; `width` and `height` in pixels, 0 where it is no picture."""

    id: str
    owner: str
    name: str
    mime: str
    size: int
    width: int = 0
    height: int = 0
