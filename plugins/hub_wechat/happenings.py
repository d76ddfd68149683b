"""Events of an account that are no messages: kept once in the log, with what follows from them."""

from __future__ import annotations

from typing import Any, Final

from hub import Context
from hub_wechat.customers import Customers
from hub_wechat.forms import text_of
from hub_wechat.greetings import Greetings
from hub_wechat.log import EventLog, raw_of
from hub_wechat.pushes import Push
from hub_windows import Windows

KINDS: Final = {"user_enter_tempsession": "wechat.enter", "templatesendjobfinish": "wechat.template_sent"}
"""What events are called in the log, where that is not ``wechat.`` and the event's own name."""

MORE: Final = frozenset({
    "kf_close_session", "kf_create_session", "kf_switch_session", "subscribe_msg_change_event", "subscribe_msg_popup_event",
    "subscribe_msg_sent_event",
})  # fmt: skip
"""Events we know and wechatpy does not."""

LOGIN: Final = "login:"
"""A SessionFrom that begins so carries a code of ``wx.login()``, by which the platform tells the customer's unionid."""


class Happenings:
    """Tells the log, and does what an event asks for."""

    def __init__(self, ctx: Context, log: EventLog, *, windows: Windows, customers: Customers, greetings: Greetings) -> None:
        self._ctx = ctx
        self._log = log
        self._windows = windows
        self._customers = customers
        self._greetings = greetings

    async def tell(self, push: Push) -> bool:
        """Keep what happened; False when it was told before. Returns, and raises, before anything else is done about it."""
        if push.is_event and (push.known or push.name in MORE):
            kind, data = KINDS.get(push.name, f"wechat.{push.name}"[:50]), _facts(push)
        else:
            kind, data = "wechat.unsupported", {"kind": push.name, **raw_of(push)}
            self._ctx.count("wechat_unsupported")
        if not await self._log.once(push, kind, data):
            return False
        if push.name == "unsubscribe":
            await self._windows.shut(push.openid)
        elif push.name == "user_enter_tempsession":
            await self._entered(push)
        return True

    async def _entered(self, push: Push) -> None:
        origin = text_of(push.fields, "SessionFrom", 4000)
        if origin.startswith(LOGIN):
            await self._customers.login(push.openid, origin.removeprefix(LOGIN))
        elif origin:
            await self._customers.learn(push.openid, session_from=origin)
        await self._greetings.soon(push.openid, push.key)


def _facts(push: Push) -> dict[str, Any]:
    """What is worth keeping of an event: its fields without those of the envelope, and no login code."""
    out = ("ToUserName", "FromUserName", "MsgType", "CreateTime", "#text", "Encrypt")
    facts = {name: value for name, value in push.fields.items() if name not in out}
    if str(facts.get("SessionFrom", "")).startswith(LOGIN):
        del facts["SessionFrom"]
    return facts
