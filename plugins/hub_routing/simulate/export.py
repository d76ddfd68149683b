"""A day's real arrivals as a trace, read from what a hub has stored.

An arrival is the first time a conversation entered a queue that day. `work` is the time from the first assignment to an agent
until the end, `patience` the wait of who left while waiting; of somebody who is still there neither is known, and they are
left out.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

from hub.watching import Reader
from hub_routing.units import needs_of

_ARRIVED: Final = (
    "SELECT e.id, e.at, e.kind, e.conversation_id, e.data, c.status, c.closed_at, c.tags, p.tier"
    " FROM event e JOIN conversation c ON c.id = e.conversation_id JOIN person p ON p.id = c.person_id"
    " WHERE e.id > ? AND e.at >= ? AND e.at < ? AND e.kind IN ('conversation.opened', 'conversation.queued')"
    " ORDER BY e.id LIMIT 500"
)
_ASSIGNED: Final = (
    "SELECT id, at, conversation_id, data FROM event WHERE id > ? AND kind = 'conversation.assigned' ORDER BY id LIMIT 500"
)
_DECIDED: Final = "SELECT channel, data FROM routing_decision WHERE conversation_id = ? ORDER BY id"
_LEG: Final = "SELECT channel FROM leg WHERE conversation_id = ? ORDER BY id LIMIT 1"


@dataclass(slots=True)
class Export:
    """One export; `left_out` counts conversations that are not over."""

    reader: Reader
    decided: bool = True
    left_out: int = 0
    _arrivals: dict[int, tuple[Any, dict[str, Any]]] = field(default_factory=dict)
    _assigned: dict[int, int] = field(default_factory=dict)

    async def lines(self, begin: int, end: int) -> AsyncIterator[str]:
        """The lines of those who came from `begin` to `end` (ms). The log is read once for them, once for who had them."""
        await self._arrive(begin, end)
        await self._assign()
        for row, said in self._arrivals.values():
            line = await self._line(row, said)
            if line is None:
                self.left_out += 1
            else:
                yield json.dumps(line, ensure_ascii=False)

    async def _arrive(self, begin: int, end: int) -> None:
        after = 0
        while rows := await self.reader.all(_ARRIVED, after, begin, end):
            after = rows[-1]["id"]
            for row in rows:
                said = json.loads(row["data"]) if row["data"] else {}
                waits = row["kind"] == "conversation.queued" or said.get("owner") == "queue"
                if waits:
                    self._arrivals.setdefault(row["conversation_id"], (row, said))

    async def _assign(self) -> None:
        """When each of them was first with an agent; from the first arrival on, for the log has no other order."""
        after = min((row["id"] for row, _ in self._arrivals.values()), default=0)
        while self._arrivals and (rows := await self.reader.all(_ASSIGNED, after)):
            after = rows[-1]["id"]
            for row in rows:
                arrival = self._arrivals.get(row["conversation_id"])
                if arrival is not None and row["at"] >= arrival[0]["at"] and "agent" in json.loads(row["data"] or "{}"):
                    self._assigned.setdefault(row["conversation_id"], row["at"])

    async def _line(self, row: Any, said: dict[str, Any]) -> dict[str, Any] | None:
        id, at, closed = row["conversation_id"], row["at"], row["closed_at"]
        if row["status"] == "open" or closed is None:
            return None
        began, (channel, tier) = self._assigned.get(id), await self._came(id)
        return {
            "id": str(id), "at": at / 1000, "channel": channel, "queue": str(said.get("team", "")) or "-",
            "need": needs_of(json.loads(row["tags"] or "[]")), "tier": row["tier"] if tier is None else tier,
            "work": (closed - began) / 1000 if began is not None else 0.0,
            "patience": None if began is not None else (closed - at) / 1000,
        }  # fmt: skip

    async def _came(self, id: int) -> tuple[str, str | None]:
        """On which channel, and in which tier at last: of who has been erased since, the person tells it no more."""
        decisions = await self.reader.all(_DECIDED, id) if self.decided else []
        channel = (decisions[0]["channel"] if decisions else "") or await self.reader.value(_LEG, id)
        return str(channel or "-"), str(json.loads(decisions[-1]["data"]).get("tier", "")) if decisions else None
