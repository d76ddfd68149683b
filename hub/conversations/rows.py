"""Records as rows of their tables, in the order of the columns (a test compares them)."""

from __future__ import annotations

from typing import Any

from hub.message import encode_body
from hub.records import Conversation, Identity, Leg, Message, Person
from hub.store.change import to_json

Row = tuple[Any, ...]


def person_row(person: Person) -> Row:
    """A row of ``person``."""
    return (
        person.id,
        person.name,
        person.tier,
        person.locale,
        person.verified,
        to_json(person.attributes),
        person.created_at,
    )


def person_change(person: Person) -> Row:
    """The values of `Statements.change_person`."""
    return (person.name, person.tier, person.locale, person.verified, to_json(person.attributes), person.id)


def identity_row(identity: Identity) -> Row:
    """A row of ``identity``."""
    return (
        identity.id,
        identity.platform,
        identity.scope,
        identity.external_id,
        identity.person_id,
        identity.verified,
        identity.source,
        identity.linked_at,
    )


def _state_of(conversation: Conversation) -> Row:
    return (
        conversation.closed_at,
        conversation.waiting_since,
        conversation.unanswered_since,
        conversation.unsure,
        conversation.unread,
        to_json(conversation.tags),
        conversation.last_text,
        conversation.last_at,
        conversation.last_direction,
        conversation.version,
    )


def _owner_of(conversation: Conversation) -> Row:
    return (
        conversation.person_id if conversation.status == "open" else None,
        conversation.status,
        conversation.owner_kind,
        conversation.owner_id,
        conversation.team,
        conversation.reason,
    )


def conversation_row(conversation: Conversation) -> Row:
    """A row of ``conversation``."""
    head = (conversation.id, conversation.person_id)
    return (*head, *_owner_of(conversation), conversation.opened_at, *_state_of(conversation))


def conversation_change(conversation: Conversation, version: int) -> Row:
    """The values of `Statements.change_conversation`, valid only while the stored version is `version`."""
    return (*_owner_of(conversation), *_state_of(conversation), conversation.id, version)


def conversation_talk(conversation: Conversation, version: int) -> Row:
    """The values of `Statements.talk_in_conversation`, valid only while the stored version is `version`."""
    return (
        conversation.unanswered_since,
        conversation.unsure,
        conversation.unread,
        conversation.last_text,
        conversation.last_at,
        conversation.last_direction,
        conversation.version,
        conversation.id,
        version,
    )


def leg_row(leg: Leg) -> Row:
    """A row of ``leg``."""
    return (
        leg.id,
        leg.conversation_id,
        leg.channel,
        leg.address,
        leg.identity_id,
        leg.live,
        leg.opened_at,
        leg.last_inbound_at,
        to_json(leg.context),
    )


def leg_change(leg: Leg) -> Row:
    """The values of `Statements.change_leg`."""
    return (leg.live, leg.last_inbound_at, to_json(leg.context), leg.address, leg.id)


def message_row(message: Message) -> Row:
    """A row of ``message``. What goes out is written as sent: its outbox row says that it is not yet."""
    author = message.author
    return (
        message.id,
        message.conversation_id,
        message.leg_id,
        message.person_id,
        message.direction,
        author.kind,
        author.id,
        author.name,
        encode_body(message.body),
        message.at,
        "sent" if message.state == "queued" else message.state,
        message.client_id,
        message.external_id,
        message.code,
        message.error,
    )


def outbox_row(message: Message, channel: str) -> Row:
    """A row of ``outbox``: due at once."""
    return (message.id, channel, 0, message.at, 0, 0, "")


def timer_row(
    id: int, instance: str, job: str, key: str, due_at: int, payload: dict[str, Any], seconds: float = 0, cron: str = ""
) -> Row:
    """A row of ``timer``; one per instance, job and key."""
    return (id, f"{instance}/{job}/{key}", instance, job, due_at, to_json(payload), seconds, cron, 0, "")
