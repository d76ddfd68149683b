"""What the platform tells of: the payloads of its events, in the shapes of 2026."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final

Json = dict[str, Any]
BEIJING: Final = timezone(timedelta(hours=8))


class Events:
    """Makes payloads with ids of their own. `opens` hears which message or event may be answered at which target."""

    def __init__(self, bot: str, now: Callable[[], float], opens: Callable[[str, str], None]) -> None:
        self._bot = bot
        self._now = now
        self._opens = opens
        self._numbers = itertools.count(1)

    def timestamp(self) -> str:
        """Now, as the platform writes it."""
        return datetime.fromtimestamp(self._now(), BEIJING).isoformat(timespec="seconds")

    def dispatch(self, kind: str, data: Json, id: str = "") -> Json:
        """An event of this kind."""
        return {"op": 0, "id": id or f"{kind}:{uuid.uuid4()}", "t": kind, "d": data}

    def c2c(self, openid: str, text: str, *, id: str = "", **more: Any) -> Json:
        """Somebody writes to the bot."""
        author = {"id": openid, "user_openid": openid, "union_openid": ""}
        data = self._message(id, f"c2c:{openid}", text, author, more)
        return self.dispatch("C2C_MESSAGE_CREATE", data)

    def group(self, group: str, member: str, text: str, *, id: str = "", at: bool = True, **more: Any) -> Json:
        """Somebody writes in a group; `at` names the bot, which the text then does not show."""
        author = {"id": member, "member_openid": member, "bot": False, "member_role": "member", "username": more.pop("name", "")}
        data = self._message(id, f"group:{group}", text, author, {"group_id": group, "group_openid": group, **more})
        return self.dispatch("GROUP_AT_MESSAGE_CREATE" if at else "GROUP_MESSAGE_CREATE", data)

    def channel(self, channel: str, user: str, text: str, *, id: str = "", guild: str = "18500", **more: Any) -> Json:
        """Somebody names the bot in a channel of a guild."""
        author = {"id": user, "username": more.pop("name", "频道用户"), "avatar": "", "bot": False}
        place = {"channel_id": channel, "guild_id": guild, "mentions": [{"id": self._bot, "username": "小前台", "bot": True}]}
        data = self._message(id, f"channel:{channel}", f"<@!{self._bot}> {text}", author, {**place, **more})
        return self.dispatch("AT_MESSAGE_CREATE", data)

    def direct(self, guild: str, user: str, text: str, *, id: str = "", **more: Any) -> Json:
        """Somebody of a guild writes to the bot; `guild` is the conversation's own."""
        author = {"id": user, "username": "频道用户", "avatar": "", "bot": False}
        place = {"guild_id": guild, "channel_id": "0", "src_guild_id": "18500"}
        data = self._message(id, f"dms:{guild}", text, author, {**place, **more})
        return self.dispatch("DIRECT_MESSAGE_CREATE", data)

    def friend_add(self, openid: str) -> Json:
        """Somebody adds the bot."""
        return self._answerable("FRIEND_ADD", f"c2c:{openid}", {"openid": openid})

    def group_add(self, group: str, member: str) -> Json:
        """The bot joins a group."""
        return self._answerable("GROUP_ADD_ROBOT", f"group:{group}", {"group_openid": group, "op_member_openid": member})

    def click(self, openid: str, data: str, *, button: str = "1", group: str = "") -> Json:
        """Somebody presses a button."""
        who = {"group_openid": group, "group_member_openid": openid} if group else {"user_openid": openid}
        facts = {
            "id": str(uuid.uuid4()), "application_id": self._bot, "type": 11, "version": 1, "timestamp": self.timestamp(),
            "scene": "group" if group else "c2c", "chat_type": 1 if group else 2, **who,
            "data": {"type": 11, "resolved": {"button_id": button, "button_data": data}},
        }  # fmt: skip
        event = self.dispatch("INTERACTION_CREATE", facts)
        self._opens(event["id"], f"group:{group}" if group else f"c2c:{openid}")
        return event

    def _answerable(self, kind: str, target: str, data: Json) -> Json:
        event = self.dispatch(kind, {**data, "timestamp": int(self._now())})
        self._opens(event["id"], target)
        return event

    def _message(self, id: str, target: str, text: str, author: Json, more: Json) -> Json:
        id = id or f"ROBOT1.0_{uuid.uuid4().hex}{next(self._numbers):06d}"
        self._opens(id, target)
        return {"id": id, "content": text, "timestamp": self.timestamp(), "author": author, **more}


def attachment(url: str, kind: str, name: str, size: int, **more: Any) -> Json:
    """A file beside a message."""
    return {"url": url, "content_type": kind, "filename": name, "size": size, **more}


def texts_of(posted: Sequence[Json]) -> list[str]:
    """The words of what was posted."""
    return [str(one.get("content") or one.get("markdown", {}).get("content", "")) for one in posted]
