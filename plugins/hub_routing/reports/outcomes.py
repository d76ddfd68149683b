"""Outcomes: the decisions about one case, made one line: where it came, how long it waited, and who had it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hub.watching import Reader

_DECISIONS: Final = (
    "SELECT id, conversation_id, at, queue, chosen, arm, data FROM routing_decision"
    " WHERE at >= ? AND (at > ? OR id > ?) ORDER BY at, id LIMIT 500"
)
_ENDS: Final = "SELECT id, status, owner_kind, closed_at FROM conversation WHERE id >= ? AND id <= ? ORDER BY id LIMIT 500"

OVERLAP: Final = 10_000
"""Milliseconds that are read once more: what was decided first is not always stored first."""


@dataclass(slots=True)
class Outcome:
    """One case. Times are milliseconds; `wait` is in seconds and None while nobody had it.

    `queue` is where it came first, `promised` the seconds within which that queue answers, `room` which share of those who
    are able had room when it came.
    """

    id: int
    queue: str
    arrived: int
    promised: float = 0.0
    room: float = 0.0
    wait: float | None = None
    assigned_at: int | None = None
    closed_at: int | None = None
    left: bool = False
    arm: str = ""
    experiment: str = ""

    @property
    def in_time(self) -> bool:
        """Did somebody have it within what the queue promises?"""
        return self.wait is not None and self.wait <= self.promised + 1e-9

    @property
    def handling(self) -> float | None:
        """Seconds from the assignment to the end; None while it goes on."""
        return None if self.assigned_at is None or self.closed_at is None else (self.closed_at - self.assigned_at) / 1000


@dataclass(slots=True)
class Outcomes:
    """All cases decided about from a time on; `read` goes on where it stopped."""

    reader: Reader
    begin: int
    cases: dict[int, Outcome] = field(default_factory=dict)
    _at: int = 0

    async def read(self) -> None:
        """Read what was decided since the last time."""
        at, id = max(self.begin, self._at - OVERLAP) - 1, 0
        while rows := await self.reader.all(_DECISIONS, at, at, id):
            for row in rows:
                self._take(row)
            at, id = rows[-1]["at"], rows[-1]["id"]
            if len(rows) < 500:
                break
        self._at = max(self._at, at)

    def _take(self, row: Any) -> None:
        said: Mapping[str, Any] = json.loads(row["data"])
        id, waited = row["conversation_id"], float(said.get("waited", 0.0))
        case = self.cases.get(id)
        if case is None:
            able = said.get("able", 0)
            case = self.cases[id] = Outcome(id, row["queue"], row["at"] - int(waited * 1000), float(said.get("promised", 0.0)))
            case.room = said.get("free", 0) / able if able else 0.0
        if row["arm"] and not case.arm:
            case.arm, case.experiment = row["arm"], str(said.get("experiment", ""))
        if row["chosen"] and not said.get("offered") and case.assigned_at is None:
            case.wait, case.assigned_at = waited, row["at"]

    async def ends(self) -> None:
        """Read how those conversations ended that are over."""
        if not self.cases:
            return
        first, last = min(self.cases), max(self.cases)
        while rows := await self.reader.all(_ENDS, first, last):
            for row in rows:
                case = self.cases.get(row["id"])
                if case is not None:
                    over = row["status"] != "open"
                    case.closed_at = row["closed_at"] if over else None
                    case.left = case.wait is None and (over or row["owner_kind"] == "bot")
            first = rows[-1]["id"] + 1
