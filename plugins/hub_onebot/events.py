"""Message events as they come in, read tolerantly: numbers or texts as ids, either form of message, missing fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hub import Refused
from hub_onebot.cq import Segment, segments_of
from hub_onebot.ids import Chat, id_of

Event = Mapping[str, Any]
_MILLISECONDS: Final = 100_000_000_000
"""A time as large as this is not in seconds."""


class Said(msgspec.Struct, frozen=True):
    """Somebody said something.

    `time` is in milliseconds, 0 where it is not told; `chat` names no member. `own` is what the account itself said,
    `through` the group a stranger writes from without being a friend.
    """

    chat: Chat
    user_id: str
    message_id: str
    time: int
    segments: tuple[Segment, ...]
    name: str = ""
    group_name: str = ""
    through: str = ""
    anonymous: bool = False
    own: bool = False

    @property
    def key(self) -> str:
        """Names this message among all of the channel.

        Message ids are short hashes with many implementations: only with place, sender and time they are one message's.
        """
        return f"{self.chat.address}|{self.user_id}|{self.message_id}|{self.time}"


def said_in(event: Event, self_id: str) -> Said:
    """The message of an event of the account `self_id`. Raises Refused (422) where it is none."""
    user_id, own = id_of(event.get("user_id")), event.get("post_type") == "message_sent"
    own = own or user_id == self_id
    sender = event.get("sender")
    sender = sender if isinstance(sender, Mapping) else {}
    user_id = user_id or id_of(sender.get("user_id"))
    anonymous = event.get("anonymous") if event.get("sub_type") == "anonymous" or event.get("anonymous") else None
    name = _word(sender.get("card")) or _word(sender.get("nickname"))
    chat = _chat(event, self_id, id_of(event.get("target_id")) if own else user_id)
    if isinstance(anonymous, Mapping) and chat.kind == "group":
        # All of them share one user id, so that tells nothing.
        user_id, name = f"anonymous:{chat.id}:{id_of(anonymous.get('id'))}", _word(anonymous.get("name"))
    if not user_id:
        raise Refused(422, "no_sender", "the message does not tell who wrote it")
    return Said(
        chat, user_id, id_of(event.get("message_id")), time_of(event), _segments(event), name,
        _word(event.get("group_name")), _through(event, sender, chat), isinstance(anonymous, Mapping), own,
    )  # fmt: skip


def time_of(event: Event) -> int:
    """When it happened, in milliseconds; 0 where that is not told. Raises Refused (422)."""
    time = event.get("time")
    if isinstance(time, str) and time.isascii() and time.isdecimal():
        time = int(time)
    if time is None:
        return 0
    if isinstance(time, bool) or not isinstance(time, int | float) or not 0 <= time < 253_402_300_799_999:
        raise Refused(422, "bad_time", "the time of an event is in seconds since 1970")
    return int(time if time >= _MILLISECONDS else time * 1000)


def _chat(event: Event, self_id: str, other: str) -> Chat:
    match event.get("message_type"):
        case "private":
            return Chat(self_id, "private", other)
        case "group" if group := id_of(event.get("group_id")):
            return Chat(self_id, "group", group)
    raise Refused(422, "no_place", "the message is neither from a person nor from a group")


def _segments(event: Event) -> tuple[Segment, ...]:
    message = event.get("message")
    try:
        return segments_of(event.get("raw_message") if message is None else message)
    except ValueError as error:
        raise Refused(422, "bad_message", str(error)) from error


def _through(event: Event, sender: Event, chat: Chat) -> str:
    temporary = chat.kind == "private" and event.get("sub_type") == "group"
    return id_of(event.get("group_id") or sender.get("group_id")) if temporary else ""


def _word(value: Any) -> str:
    return value.strip()[:200] if isinstance(value, str) else ""
