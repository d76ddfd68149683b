"""An account as an implementation of OneBot v11 has it: people write to it, apps call it, and things go wrong on demand."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Json = dict[str, Any]
Form = Literal["array", "string"]

OK: Final = 0
ASYNC: Final = 1
UNKNOWN_ACTION: Final = 1404


@dataclass(frozen=True)
class Plan:
    """How the next message is dealt with.

    `when` is when the answer comes: now, never, held (until somebody lets it go), or the line is cut instead. `done` says
    whether the message went out all the same. `http` is the status of an answer by HTTP.
    """

    status: str = "ok"
    retcode: int = OK
    wording: str = ""
    when: Literal["now", "never", "held", "cut"] = "now"
    done: bool = True
    http: int = 200


@dataclass(frozen=True)
class Told:
    """A message that reached somebody."""

    message_id: int
    kind: str
    to: str
    message: Any


class Account:
    """The account `self_id`. `now` gives the time of its events in seconds.

    `told` are the messages that went out, `calls` all actions that were called, `recalled` the ids of messages taken back.
    """

    def __init__(self, self_id: Any, now: Callable[[], float]) -> None:
        self.self_id = self_id
        self.now = now
        self.told: list[Told] = []
        self.calls: list[Json] = []
        self.recalled: list[str] = []
        self.uploads: list[Json] = []
        self.plans: deque[Plan] = deque()
        self._ids = itertools.count(1001)
        self._messages: dict[str, Json] = {}

    # -- what happens to it -----------------------------------------------------------------------

    def event(self, post_type: str, **fields: Any) -> Json:
        """Any event."""
        return {"time": int(self.now()), "self_id": self.self_id, "post_type": post_type, **fields}

    def connected(self) -> Json:
        """The first event on a socket."""
        return self.event("meta_event", meta_event_type="lifecycle", sub_type="connect")

    def heartbeat(self, interval: float = 15, online: bool | None = True) -> Json:
        """A sign of life."""
        status = {"online": online, "good": online is not False}
        return self.event("meta_event", meta_event_type="heartbeat", status=status, interval=int(interval * 1000))

    def private(self, user_id: Any, message: Any, *, name: str = "小明", **fields: Any) -> Json:
        """A friend writes."""
        sender = {"user_id": user_id, "nickname": name, "sex": "unknown", "age": 0}
        where = {"message_type": "private", "sub_type": "friend", "user_id": user_id, "sender": sender}
        return self._said(message, {**where, **fields})

    def group(self, group_id: Any, user_id: Any, message: Any, *, name: str = "小明", card: str = "", **fields: Any) -> Json:
        """A member of a group writes."""
        sender = {"user_id": user_id, "nickname": name, "card": card, "role": "member", "sex": "unknown", "age": 0}
        where = {"message_type": "group", "sub_type": "normal", "group_id": group_id, "user_id": user_id, "sender": sender}
        return self._said(message, {**where, "anonymous": None, **fields})

    def anonymous(self, group_id: Any, number: Any, name: str, message: Any) -> Json:
        """Somebody writes without a name; all of them have the same user id."""
        who = {"id": number, "name": name, "flag": f"flag-{number}"}
        return self.group(group_id, 80000000, message, name=name, sub_type="anonymous", anonymous=who)

    def _said(self, message: Any, fields: Json) -> Json:
        fields.setdefault("message_id", next(self._ids))
        raw = message if isinstance(message, str) else "".join(map(_raw, message))
        event = self.event(fields.pop("post_type", "message"), font=0, message=message, raw_message=raw, **fields)
        self._messages[str(event["message_id"])] = {**event, "real_id": 1}
        return event

    # -- what is called ---------------------------------------------------------------------------

    def perform(self, action: str, params: Mapping[str, Any]) -> tuple[Plan, Json]:
        """Do what is asked; returns how it is to be answered, and with what."""
        self.calls.append({"action": action, "params": dict(params)})
        match action:
            case "get_login_info":
                return Plan(), self._ok({"user_id": self.self_id, "nickname": "前台"})
            case "get_status":
                return Plan(), self._ok({"online": True, "good": True})
            case "get_version_info":
                return Plan(), self._ok({"app_name": "simulator", "app_version": "1", "protocol_version": "v11"})
            case "get_group_info":
                return Plan(), self._ok({"group_id": params.get("group_id"), "group_name": "一个群", "member_count": 3})
            case "get_stranger_info" | "get_group_member_info":
                return Plan(), self._ok({"user_id": params.get("user_id"), "nickname": "小明", "card": "", "role": "member"})
            case "get_msg":
                found = self._messages.get(str(params.get("message_id")))
                return Plan(), self._ok(found) if found else self._failed(100, "没有这条消息")
            case "delete_msg":
                self.recalled.append(str(params["message_id"]))
                return Plan(), self._ok(None)
            case "send_private_msg" | "send_group_msg" | "send_msg" | "upload_private_file" | "upload_group_file":
                return self._send(action, params)
        return Plan(), self._failed(UNKNOWN_ACTION, f"没有 {action} 这个动作")

    def _send(self, action: str, params: Mapping[str, Any]) -> tuple[Plan, Json]:
        plan = self.plans.popleft() if self.plans else Plan()
        private = "private" in action or (action == "send_msg" and params.get("message_type") != "group" and "user_id" in params)
        data = None
        if plan.done and plan.status != "failed":
            id, to = next(self._ids), str(params["user_id" if private else "group_id"])
            if "upload" in action:
                self.uploads.append(dict(params))
            else:
                self.told.append(Told(id, "private" if private else "group", to, params["message"]))
                mine = {"message_id": id, "real_id": 1, "time": int(self.now()), "message": params["message"]}
                self._messages[str(id)] = {**mine, "message_type": self.told[-1].kind, "sender": {"user_id": self.self_id}}
                data = {"message_id": id}
        answer = {"status": plan.status, "retcode": plan.retcode, "data": data if plan.status == "ok" else None}
        if plan.wording:
            answer |= {"message": plan.wording, "wording": plan.wording}
        return plan, answer

    def _ok(self, data: Any) -> Json:
        return {"status": "ok", "retcode": OK, "data": data}

    def _failed(self, retcode: int, wording: str) -> Json:
        return {"status": "failed", "retcode": retcode, "data": None, "message": wording, "wording": wording}

    # -- what reached whom ------------------------------------------------------------------------

    def texts(self, to: str, kind: str = "private") -> list[str]:
        """The words somebody (or a group) got, in order, with other pieces as CQ codes."""
        return [words(one.message) for one in self.told if (one.kind, one.to) == (kind, to)]


def segment(type: str, /, **data: Any) -> Json:
    """A piece of a message."""
    return {"type": type, "data": data}


def words(message: Any) -> str:
    """A message as its receiver reads it."""
    if isinstance(message, str):
        return message
    return "".join(map(_raw, [message] if isinstance(message, dict) else message))


def _raw(piece: Mapping[str, Any]) -> str:
    if piece["type"] == "text":
        return str(piece["data"]["text"])
    return f"[CQ:{piece['type']}{''.join(f',{name}={value}' for name, value in piece['data'].items())}]"
