"""What a conversation says of itself in lists (last words, unread, since when unanswered), when legs come or go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from hub import Context, Conversation, Message, plain_text

LAST_TEXT: Final = 120
LOOK_BACK: Final = 500
_RANK: Final = {"bot": 0, "queue": 1, "agent": 2}


def both(host: Conversation, joining: Conversation) -> Conversation:
    """`host` with another conversation in it. Whoever of the two owners is nearer to the customer keeps it."""
    later = max(host, joining, key=lambda one: one.last_at)
    ranks = _RANK[host.owner_kind], _RANK[joining.owner_kind]
    owner = joining if ranks[1] > ranks[0] else host
    since = [one.unanswered_since for one in (host, joining) if one.unanswered_since is not None]
    waiting = [one.waiting_since for one in (host, joining) if one.waiting_since is not None]
    return replace(
        host,
        owner_kind=owner.owner_kind, owner_id=owner.owner_id, team=owner.team, reason=owner.reason, unsure=owner.unsure,
        waiting_since=min(waiting) if owner.owner_kind == "queue" and waiting else None,
        unanswered_since=min(since, default=None), unread=host.unread + joining.unread,
        tags=tuple(dict.fromkeys(host.tags + joining.tags)),
        last_text=later.last_text, last_at=later.last_at, last_direction=later.last_direction,
    )  # fmt: skip


async def told(ctx: Context, conversation: Conversation, place: int, legs: Iterable[int]) -> Conversation:
    """`conversation` as the messages on `legs`, stored in the conversation `place`, tell it."""
    wanted = frozenset(legs)
    found = [
        message
        for message in await ctx.reading.messages(place, limit=LOOK_BACK)
        if message.leg_id in wanted and message.direction in ("in", "out")
    ]
    return replace(conversation, **_summary(conversation, found))


def _summary(conversation: Conversation, found: Sequence[Message]) -> dict[str, object]:
    if not found:
        return {"last_text": "", "last_at": 0, "last_direction": "", "unread": 0, "unanswered_since": None}
    last, unheard = found[-1], list[Message]()
    for message in found:
        if message.direction == "in":
            unheard.append(message)
        elif message.author.kind == "agent":
            unheard.clear()
    waits = conversation.unanswered_since is not None and unheard
    return {
        "last_text": plain_text(last.body)[:LAST_TEXT].replace("\0", ""),
        "last_at": last.at,
        "last_direction": last.direction,
        "unread": min(conversation.unread, len(unheard)),
        "unanswered_since": unheard[0].at if waits else None,
    }
