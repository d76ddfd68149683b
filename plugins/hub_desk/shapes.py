"""Records as the JSON values the workbench gets (docs/realtime.md). Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hub import Agent, Conversation, Identity, Leg, Message, Panel, Person, Suggestion
from hub.house import DeadLetter, InstanceStatus
from hub_realtime import Json, message_shape


def conversation_shape(
    conversation: Conversation, person: Person, legs: Iterable[Leg], owner_name: str, platforms: Mapping[str, str]
) -> Json:
    """A conversation for the workbench. `platforms` maps the names of channels to their platforms."""
    last = {"text": conversation.last_text, "at": conversation.last_at, "direction": conversation.last_direction}
    return {
        "id": str(conversation.id),
        "person": person_shape(person),
        "status": conversation.status,
        "owner": {"kind": conversation.owner_kind, "id": conversation.owner_id, "name": owner_name},
        "team": conversation.team,
        "reason": conversation.reason,
        "legs": [leg_shape(leg, platforms) for leg in legs],
        "opened_at": conversation.opened_at,
        "closed_at": conversation.closed_at,
        "waiting_since": conversation.waiting_since,
        "unanswered_since": conversation.unanswered_since,
        "last_message": last if conversation.last_direction else None,
        "unread": conversation.unread,
        "tags": list(conversation.tags),
        "version": conversation.version,
    }


def person_shape(person: Person) -> Json:
    """A customer, in short."""
    return {"id": str(person.id), "name": person.name, "tier": person.tier, "verified": person.verified}


def leg_shape(leg: Leg, platforms: Mapping[str, str]) -> Json:
    """A leg; the platform of a channel that is no longer configured is an empty string."""
    platform = platforms.get(leg.channel, "")
    return {"id": str(leg.id), "channel": leg.channel, "platform": platform, "live": leg.live}


def identity_shape(identity: Identity) -> Json:
    """One way a customer is known."""
    return {
        "platform": identity.platform,
        "scope": identity.scope,
        "external_id": identity.external_id,
        "verified": identity.verified,
        "source": identity.source,
        "linked_at": identity.linked_at,
    }


def thread_shape(message: Message, data: Mapping[str, Any]) -> Json:
    """A message of a thread. A line of the house comes with the names in it (`data`), so that a page can word it anew."""
    shape = message_shape(message, link=desk_link)
    return {**shape, "values": dict(data)} if message.direction == "system" else shape


def desk_link(media: str) -> str:
    """Where the workbench finds a file."""
    return f"/media/{media}"


def agent_shape(agent: Agent) -> Json:
    """Somebody who serves."""
    return {
        "id": str(agent.id),
        "login": agent.login,
        "name": agent.name,
        "role": agent.role,
        "teams": list(agent.teams),
        "state": agent.state,
        "active": agent.active,
        "connected": agent.connected,
    }


def dead_letter_shape(letter: DeadLetter) -> Json:
    """A dead letter; one that never reached a conversation has "" for it."""
    return {
        "id": str(letter.id),
        "direction": letter.direction,
        "channel": letter.channel,
        "conversation": str(letter.conversation_id) if letter.conversation_id else "",
        "text": letter.text,
        "error": letter.error,
        "attempts": letter.attempts,
        "at": letter.at,
    }


def instance_shape(status: InstanceStatus) -> Json:
    """A plugin's instance."""
    return {
        "name": status.name,
        "plugin": status.plugin,
        "state": status.state,
        "reason": status.reason,
        "since": status.since,
    }


def panel_shape(panel: Panel) -> Json:
    """What a plugin shows beside a conversation."""
    items = [{"label": item.label, "value": item.value, "url": item.url} for item in panel.items]
    return {"id": panel.id, "title": panel.title, "items": items}


def suggestion_shape(suggestion: Suggestion) -> Json:
    """A reply a plugin proposes."""
    return {"text": suggestion.text, "confidence": suggestion.confidence, "source": suggestion.source}
