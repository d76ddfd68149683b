"""Who is talking, where an answer goes, and whether we are meant: the rules for private talks and groups."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hub import Author, Sender
from hub_onebot.config import Groups
from hub_onebot.cq import Segment, text
from hub_onebot.events import Said
from hub_onebot.ids import Chat
from hub_onebot.memory import Memory


class Place(msgspec.Struct, frozen=True):
    """Whose conversation a message belongs to, and where it is answered; `author` where somebody else said it."""

    sender: Sender
    chat: Chat
    author: Author | None = None


def is_served(said: Said, groups: Groups) -> bool:
    """Is this a talk we take part in?"""
    if said.chat.kind == "private":
        return bool(said.chat.id)
    return groups.answer != "nobody" and (not groups.only or said.chat.id in groups.only)


def is_meant(said: Said, groups: Groups, memory: Memory) -> bool:
    """Is it said to us: in private, in a group where everything is, or with our name in it?"""
    if said.chat.kind == "private" or groups.answer == "all":
        return True
    self_id = said.chat.self_id
    return any(
        _names(one, self_id) or (one.type == "reply" and memory.is_ours(self_id, one.data.get("id", "")))
        for one in said.segments
    )


def without_name(said: Said) -> Sequence[Segment]:
    """What is said, without our name before and after it; our name alone stays, for then that is what was said."""
    if said.chat.kind == "private":
        return said.segments
    segments, self_id = list(said.segments), said.chat.self_id
    begin = 1 if segments and segments[0].type == "reply" else 0
    while len(segments) > begin and _names(segments[begin], self_id):
        del segments[begin]
        if len(segments) > begin and segments[begin].type == "text":
            segments[begin] = text(segments[begin].text.lstrip())
    while len(segments) > 1 and (_names(segments[-1], self_id) or _blank(segments[-1])):
        del segments[-1]
        if segments[-1].type == "text":
            segments[-1] = text(segments[-1].text.rstrip())
    return segments if any(not _blank(one) and one.type != "reply" for one in segments) else said.segments


def place_of(said: Said, groups: Groups) -> Place | None:
    """Where a message belongs; None for one of our own that is said to nobody we could name."""
    chat = said.chat
    author = Author("agent", chat.self_id, said.name) if said.own else None
    if chat.kind == "private":
        sender = Sender(chat.id, "" if said.own else said.name, chat.self_id, verified=True)
        return Place(sender, chat, author) if chat.id else None
    if groups.conversation == "group":
        sender = Sender(f"group:{chat.id}", said.group_name, chat.self_id, verified=True)
        return Place(sender, chat, author or Author("person", said.user_id, said.name))
    member = _addressee(said) if said.own else said.user_id
    if not member:
        return None
    sender = Sender(member, "" if said.own else said.name, chat.self_id, verified=not said.anonymous)
    return Place(sender, Chat(chat.self_id, "group", chat.id, member), author)


def _addressee(said: Said) -> str:
    """The member that somebody of ours named in a group."""
    named = (one.data.get("qq", "") for one in said.segments if one.type == "at")
    return next((id for id in named if id not in ("", "all", said.chat.self_id)), "")


def _names(segment: Segment, self_id: str) -> bool:
    return segment.type == "at" and segment.data.get("qq") == self_id


def _blank(segment: Segment) -> bool:
    return segment.type == "text" and not segment.text.strip()
