"""Events of the account that are no messages: each once a line of the hub's log, however often the platform tells it."""

from __future__ import annotations

from typing import Any, Final

from hub import Context, HubError, StoreUnavailable
from hub.tables import Change, to_json
from hub_wechat.pushes import Push
from hub_wechat.tables import SEEN, Statements

JOB: Final = "forget old events"
KEPT: Final = 7 * 24 * 3600.0
"""Seconds an event is known again; the platform tells it three times within a minute."""

LARGEST_RAW: Final = 8000
"""Characters of JSON; a longer push is kept by its beginning."""


class EventLog:
    """Writes ``wechat.…`` lines. `scope` is the account's AppID, by which its customers are known."""

    def __init__(self, ctx: Context, scope: str) -> None:
        self._ctx = ctx
        self._scope = scope

    async def tidy(self) -> None:
        """Forget once a day what the platform will not tell again."""
        self._ctx.job(JOB, self._tidy)
        await self._ctx.every(JOB, seconds=24 * 3600)

    async def _tidy(self, _: dict[str, Any]) -> None:
        change = Change()
        before = int((self._ctx.clock.now() - KEPT) * 1000)
        change.write(Statements.forget_seen, (f"{self._ctx.name}:", f"{self._ctx.name};", before))
        await self._ctx.commit(change)

    async def once(self, push: Push, kind: str, data: dict[str, Any]) -> bool:
        """Store a line for this push; False when there is one. Raises StoreUnavailable: then there is none."""
        name = f"{self._ctx.name}:{push.key}"[:300]
        if await self._ctx.reader.value(SEEN, name) is not None:
            return False
        now = int(self._ctx.clock.now() * 1000)
        dossier = await self._ctx.dossier(push.openid, self._scope)
        person = dossier.person.id if dossier is not None else 0
        conversation = dossier.conversation.id if dossier is not None and dossier.conversation is not None else 0
        change = Change()
        change.write(Statements.see, (name, now))
        facts = {"instance": self._ctx.name, "openid": push.openid, **data}
        change.event(kind, now, person, conversation, data=facts)
        try:
            await self._ctx.commit(change)
        except StoreUnavailable:
            raise
        except HubError:
            # Somebody else told it at the same moment.
            return False
        return True


def raw_of(push: Push) -> dict[str, Any]:
    """A push nobody here understands, to be looked at."""
    text = to_json(dict(push.fields))
    return {"raw": dict(push.fields)} if len(text) <= LARGEST_RAW else {"begins": text[:LARGEST_RAW]}
