"""What a customer does opens a window for answers, whatever becomes of the message; the ledger of `hub_windows` keeps them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from hub import Context, HubError, NotReady, Rejected
from hub.pages import outcome_of
from hub_wechat.client import UNKNOWN
from hub_wechat.forms import text_of
from hub_wechat.pushes import Push
from hub_wechat.troubles import TIME_OVER, USED_UP
from hub_windows import Windows

RULES: Final[dict[str, tuple[int, float]]] = {
    "message": (5, 48 * 3600), "click": (3, 60), "follow": (3, 60), "scan": (3, 60), "enter": (2, 60),
}  # fmt: skip
"""How many messages each kind of action allows, and for how many seconds."""

_OF_EVENT: Final = {
    "click": "click", "scancode_push": "click", "scancode_waitmsg": "click", "subscribe": "follow", "scan": "scan",
    "user_enter_tempsession": "enter",
}  # fmt: skip
REMEMBERED: Final = 20_000


def rules_of(push: Push) -> tuple[str, ...]:
    """What the customer did, in the ledger's words. A line of a menu message that was pressed is a click, no message."""
    if not push.is_event:
        return ("click",) if text_of(push.fields, "bizmsgmenuid") else ("message",)
    rule = _OF_EVENT.get(push.name)
    if rule is None:
        return ()
    return (rule, "scan") if rule == "follow" and push.scene else (rule,)


class Quota:
    """Opens windows, and lets a message go only while one is open."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.windows = Windows(ctx)
        self._opened: OrderedDict[str, None] = OrderedDict()

    async def opens(self, push: Push) -> None:
        """Note what the customer did, once however often the platform tells it."""
        if push.key in self._opened:
            return
        self._opened[push.key] = None
        if len(self._opened) > REMEMBERED:
            self._opened.popitem(last=False)
        age = max(0.0, self._ctx.clock.now() - push.at / 1000)
        try:
            for rule in rules_of(push):
                messages, seconds = RULES[rule]
                if seconds > age:
                    await self.windows.opened(push.openid, rule, messages=messages, seconds=seconds - age)
        except HubError:
            self._opened.pop(push.key, None)
            raise

    async def spend(self, openid: str, key: str, send: Callable[[], Awaitable[None]]) -> None:
        """Send one message by `send`; the same `key` counts once. Raises hub_windows.Closed, and what `send` raises.

        What the platform says of the window is noted, and a message that did not go is not counted.
        """
        permit = await self.windows.take(openid, key)
        outcome = await outcome_of(send())
        match outcome.error:
            case None:
                return
            case Rejected(code=code) if code == str(TIME_OVER):
                await self.windows.shut(openid)
            case Rejected(code=code) if code == str(USED_UP):
                await self.windows.used_up(openid)
            case Rejected(code=code) if code == UNKNOWN:
                pass
            case NotReady():
                # Tried again with the same key, which has the same permit.
                pass
            case _:
                await self.windows.give_back(permit)
        raise outcome.error
