"""What the platform tells, read tolerantly: a field may be missing, of another type, or new."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from hub_qq.places import Place

Json = Mapping[str, Any]

NAMED: Final = frozenset({"C2C_MESSAGE_CREATE", "GROUP_AT_MESSAGE_CREATE", "AT_MESSAGE_CREATE", "DIRECT_MESSAGE_CREATE"})
"""Messages that are for the bot, whether they name it or not."""

OVERHEARD: Final = frozenset({"GROUP_MESSAGE_CREATE", "MESSAGE_CREATE"})
MOST_FILES: Final = 20
MAX_ID: Final = 200
QUOTED: Final = 200


class Mentioned(msgspec.Struct, frozen=True):
    """Somebody a message names. `ours` is the bot itself."""

    id: str
    name: str = ""
    ours: bool = False


class Attached(msgspec.Struct, frozen=True):
    """A file beside a message, still at the platform. `kind` is its type as the platform says it."""

    url: str
    kind: str = ""
    name: str = ""
    size: int = 0
    width: int = 0
    height: int = 0
    transcript: str = ""


class Said(msgspec.Struct, frozen=True):
    """A message. `at` in milliseconds, 0 where the platform does not say; `union` an id across bots of one owner."""

    id: str
    place: Place
    user: str
    name: str
    text: str
    at: int = 0
    guild: str = ""
    named: bool = True
    by_bot: bool = False
    union: str = ""
    quoted: str = ""
    mentions: tuple[Mentioned, ...] = ()
    files: tuple[Attached, ...] = ()


class Clicked(msgspec.Struct, frozen=True):
    """A pressed button. `event` is what an answer names."""

    id: str
    place: Place
    user: str
    button: str
    data: str
    event: str = ""


class Told(msgspec.Struct, frozen=True):
    """Anything else. `event` is what an answer names, where one may be given; `key` tells repeats."""

    kind: str
    key: str
    event: str
    data: Json
    at: int = 0


Happening = Said | Clicked | Told


def parse(payload: Json) -> Happening | None:
    """A dispatch (op 0). What cannot be answered is `Told`, whatever it is; None where it is no event at all."""
    kind, data = text_of(payload.get("t")), payload.get("d")
    if not kind:
        return None
    if not isinstance(data, Mapping):
        data = {"d": data}
    event = text_of(payload.get("id"))
    found: Happening | None = None
    if kind in NAMED or kind in OVERHEARD:
        found = _said(kind, data)
    elif kind == "INTERACTION_CREATE":
        found = _clicked(event, data)
    return found or Told(kind, event or _digest(payload), event, data, time_of(data.get("timestamp")))


def _said(kind: str, data: Json) -> Said | None:
    author = _mapping(data.get("author"))
    place, user = _place(kind, data, author)
    id = text_of(data.get("id"))
    if not id or not place.id or not user or max(map(len, (id, place.id, user))) > MAX_ID:
        return None
    mentions = _mentions(kind, data)
    return Said(
        id,
        place,
        user,
        text_of(_mapping(data.get("member")).get("nick")) or text_of(author.get("username")),
        text_of(data.get("content")),
        time_of(data.get("timestamp")),
        guild=text_of(data.get("guild_id")),
        named=kind in NAMED or any(one.ours for one in mentions),
        by_bot=author.get("bot") is True,
        union=text_of(author.get("union_openid")),
        quoted=_quoted(data),
        mentions=mentions,
        files=tuple(_files(data.get("attachments"))),
    )


def _place(kind: str, data: Json, author: Json) -> tuple[Place, str]:
    """Where it was said, and by whom."""
    id = text_of(author.get("id"))
    match kind:
        case "C2C_MESSAGE_CREATE":
            user = text_of(author.get("user_openid")) or id or text_of(data.get("openid"))
            return Place("c2c", user), user
        case "GROUP_AT_MESSAGE_CREATE" | "GROUP_MESSAGE_CREATE":
            group = text_of(data.get("group_openid")) or text_of(data.get("group_id"))
            return Place("group", group), text_of(author.get("member_openid")) or id
        case "DIRECT_MESSAGE_CREATE":
            return Place("dms", text_of(data.get("guild_id"))), id
        case _:
            return Place("channel", text_of(data.get("channel_id"))), id


def _clicked(event: str, data: Json) -> Clicked | None:
    resolved = _mapping(_mapping(data.get("data")).get("resolved"))
    group, single = text_of(data.get("group_openid")), text_of(data.get("user_openid"))
    if group:
        place, user = Place("group", group), text_of(data.get("group_member_openid"))
    elif single:
        place, user = Place("c2c", single), single
    else:
        place, user = Place("channel", text_of(data.get("channel_id"))), text_of(resolved.get("user_id"))
    id = text_of(data.get("id"))
    if not id or not user or not place.id or max(map(len, (id, place.id, user))) > MAX_ID:
        return None
    return Clicked(id, place, user, text_of(resolved.get("button_id")), text_of(resolved.get("button_data")), event)


def _mentions(kind: str, data: Json) -> tuple[Mentioned, ...]:
    found = [_mapping(one) for one in _list(data.get("mentions"))]
    ours = [one for one in found if one.get("is_you") is True and one.get("scope") != "all"]
    if not ours and kind == "AT_MESSAGE_CREATE":
        # In a guild nothing says which bot is meant, unless there is only one.
        bots = [one for one in found if one.get("bot") is True]
        ours = bots if len(bots) == 1 else []
    return tuple(
        Mentioned(text_of(one.get("id")) or text_of(one.get("member_openid")), text_of(one.get("username")), one in ours)
        for one in found
    )


def _quoted(data: Json) -> str:
    """The beginning of the message this one answers; the platform gives it in groups and single chats."""
    quotes = _list(data.get("msg_elements")) if data.get("message_type") == 103 else []
    return text_of(_mapping(quotes[0]).get("content"))[:QUOTED].strip() if quotes else ""


def _files(value: Any) -> Sequence[Attached]:
    found = []
    for one in map(_mapping, _list(value)[:MOST_FILES]):
        # A voice message is there twice: as QQ records it, and as everybody can play it.
        url = text_of(one.get("voice_wav_url")) or text_of(one.get("url"))
        if url and "://" not in url:
            url = f"https://{url}"
        if url.startswith(("https://", "http://")):
            kind, name = text_of(one.get("content_type")).lower(), text_of(one.get("filename"))
            facts = (_number(one.get("size")), _number(one.get("width")), _number(one.get("height")))
            found.append(Attached(url, kind, name, *facts, text_of(one.get("asr_refer_text"))))
    return found


def time_of(value: Any) -> int:
    """A time in milliseconds: from ISO with its zone, or from a number; 0 for anything else."""
    if isinstance(value, str) and not value.isdigit():
        try:
            when = datetime.fromisoformat(value)
        except ValueError:
            return 0
        return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)
    number = _number(value)
    return number if number > 100_000_000_000 else number * 1000


def text_of(value: Any) -> str:
    """A text, or a number as one: ids come as both."""
    if isinstance(value, str):
        return value.replace("\0", "")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _number(value: Any) -> int:
    if isinstance(value, str) and value.isdecimal() and len(value) < 19:
        return int(value)
    return max(0, int(value)) if isinstance(value, int | float) and 0 <= value < 1e15 else 0


def _mapping(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _digest(payload: Json) -> str:
    return hashlib.sha256(msgspec.json.encode(payload, order="deterministic")).hexdigest()
