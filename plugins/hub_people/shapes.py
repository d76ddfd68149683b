"""What pages get about who is who, as JSON values: ids are strings, times milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub import Allowance, Channel, Identity, Leg, Person
from hub.tables import Row
from hub_people.erasures import Duty, Erasure
from hub_people.merged import MergeRecord

Json = dict[str, Any]


def person_shape(person: Person) -> Json:
    """A customer."""
    facts = {"name": person.name, "tier": person.tier, "locale": person.locale, "verified": person.verified}
    return {"id": str(person.id), **facts, "attributes": person.attributes}


def identity_shape(identity: Identity, platforms: Mapping[str, str]) -> Json:
    """One way they are known; `key` where that is by no channel of its own."""
    return {
        "id": str(identity.id),
        "platform": identity.platform,
        "scope": identity.scope,
        "external_id": identity.external_id,
        "verified": identity.verified,
        "source": identity.source,
        "linked_at": identity.linked_at,
        "key": identity.platform not in platforms.values(),
    }


def leg_shape(leg: Leg, channel: Channel[Any] | None, allowance: Allowance, *, answered: bool) -> Json:
    """A leg, with what may be sent on it; `answered` is the one that is answered where nobody chooses."""
    return {
        "id": str(leg.id),
        "channel": leg.channel,
        "platform": channel.platform if channel is not None else "",
        "title": (channel.title if channel is not None else "") or leg.channel,
        "running": channel is not None,
        "live": leg.live,
        "opened_at": leg.opened_at,
        "last_inbound_at": leg.last_inbound_at,
        "allowance": {"left": allowance.left, "until": allowance.until, "why": allowance.why},
        "answered": answered,
    }


def link_shape(row: Row) -> Json:
    """A line of the journal."""
    return {
        "id": str(row["id"]),
        "at": row["at"],
        "act": row["act"],
        "person": str(row["person_id"]),
        "other": _id(row["other_id"]),
        "identity": _id(row["identity_id"]),
        "merge": _id(row["merge_id"]),
        "source": row["source"],
        "confidence": row["confidence"],
        "actor": row["actor"],
    }


def merge_shape(record: MergeRecord) -> Json:
    """A merge that stands."""
    people = {"survivor": str(record.survivor_id), "merged": str(record.merged_id)}
    how = {"source": record.source, "confidence": record.confidence, "actor": record.actor}
    return {"id": str(record.id), **people, "at": record.at, **how, "can_undo": record.data is not None}


def erasure_shape(erasure: Erasure, duties: Sequence[Duty], states: Mapping[str, str]) -> Json:
    """Somebody who was erased, and which instances (each in its state) have still to forget them."""
    waiting = [
        {
            "instance": duty.instance,
            "state": states.get(duty.instance, "absent"),
            "attempts": duty.attempts,
            "error": duty.error,
            "next_at": duty.next_at,
        }
        for duty in duties
    ]
    return {"person": str(erasure.person_id), "at": erasure.at, "waiting": waiting}


def _id(number: int) -> str:
    return str(number) if number else ""
