"""Requests and notices become lines of the event log, once each; what is play (pokes, honours) does not."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from hub import Context
from hub.tables import Change
from hub_onebot.events import Event, time_of
from hub_onebot.ids import id_of

MOST: Final = 500
IDS: Final = ("user_id", "group_id", "operator_id", "target_id", "message_id")
WORDS: Final = ("request_type", "notice_type", "sub_type", "comment", "flag")


class Notices:
    """Writes them down. The last few hundred are known again."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._seen: OrderedDict[tuple[Any, ...], None] = OrderedDict()

    async def note(self, event: Event, self_id: str) -> None:
        """Store a request (``onebot.request``) or notice (``onebot.notice``). Raises Refused, StoreUnavailable."""
        kind = event["post_type"]
        if kind == "notice" and event.get("notice_type") == "notify":
            return
        data = {"instance": self._ctx.name, "self_id": self_id, "time": time_of(event)}
        data |= {name: id for name in IDS if (id := id_of(event.get(name)))}
        data |= {name: word[:500] for name in WORDS if isinstance(word := event.get(name), str) and word}
        mark = (kind, *sorted(data.items()))
        if mark in self._seen:
            self._ctx.count("onebot_repeated")
            return
        change = Change()
        change.event(f"onebot.{kind}", int(self._ctx.clock.now() * 1000), data=data)
        await self._ctx.commit(change)
        self._seen[mark] = None
        if len(self._seen) > MOST:
            self._seen.popitem(last=False)
