"""A push as wechatpy's typed message or event, whichever form it came in, with the name by which it is known again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from wechatpy.events import EVENT_TYPES
from wechatpy.messages import MESSAGE_TYPES, BaseMessage, UnknownMessage

from hub import Refused
from hub_wechat.forms import text_of

SCENE: Final = "qrscene_"
LONGEST_ID: Final = 128


@dataclass(frozen=True, slots=True)
class Push:
    """What the platform tells. `key` is the same for each try; `name` the MsgType, or of an event the event, in lower case.

    `account` is the account's original id (``gh_…``), `at` milliseconds; `detail` the event's EventKey.
    """

    key: str
    openid: str
    account: str
    name: str
    at: int
    is_event: bool
    message: BaseMessage
    fields: Mapping[str, Any]
    detail: str = ""

    @property
    def scene(self) -> str:
        """The scene of the QR code that was scanned, as it was given; "" where none was."""
        if self.name == "scan":
            return self.detail
        return self.detail.removeprefix(SCENE) if self.name == "subscribe" and self.detail.startswith(SCENE) else ""

    @property
    def known(self) -> bool:
        """Does wechatpy know this kind?"""
        return not isinstance(self.message, UnknownMessage)


def push_of(fields: dict[str, Any]) -> Push:
    """Raises Refused (400) for what lacks what every push has."""
    openid, account = text_of(fields, "FromUserName", LONGEST_ID), text_of(fields, "ToUserName", LONGEST_ID)
    kind, stamp = text_of(fields, "MsgType", 64).lower(), text_of(fields, "CreateTime", 20)
    if not (openid and account and kind and stamp.isascii() and stamp.isdigit()) or int(stamp) > 253_402_300_799:
        raise Refused(400, "malformed", "a message has FromUserName, ToUserName, CreateTime and MsgType")
    is_event = kind == "event"
    event, detail = text_of(fields, "Event", 100), text_of(fields, "EventKey", 2048)
    if is_event and not event:
        raise Refused(400, "malformed", "an event has a name")
    name = event.lower() if is_event else kind
    types = EVENT_TYPES if is_event else MESSAGE_TYPES
    message = types.get(name, UnknownMessage)(fields)
    key = _event_key(openid, stamp, event, detail, fields) if is_event else _message_key(openid, stamp, fields)
    return Push(key, openid, account, name, int(stamp) * 1000, is_event, message, fields, detail)


def _message_key(openid: str, stamp: str, fields: Mapping[str, Any]) -> str:
    """The MsgId: digits as they are, also beyond what a float holds."""
    return text_of(fields, "MsgId", 64) or f"{openid}:{stamp}:{_digest(fields)}"


def _event_key(openid: str, stamp: str, event: str, detail: str, fields: Mapping[str, Any]) -> str:
    """Events have no MsgId: their sender, second and name; two different ones may happen in one second."""
    if len(detail) > 80:
        detail = hashlib.sha256(detail.encode()).hexdigest()[:40]
    # The results of jobs tell which job they are of.
    job = text_of(fields, "MsgID", 64) or text_of(fields, "MsgId", 64)
    return ":".join(part for part in ("event", openid, stamp, event[:60], detail, job) if part)


def _digest(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(repr(sorted(fields.items(), key=str)).encode()).hexdigest()[:40]
