"""The queues as a supervisor sees them: who waits, how long, who is on, and what was promised and kept today."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub_routing.engine import Task
from hub_routing.engine.floor import bits
from hub_routing.engine.plan import Wanted
from hub_routing.live.dispatcher import Dispatcher
from hub_routing.reports import Outcome, Outcomes, by_hour

Answer = dict[str, Any]
Came = Sequence[tuple[Outcome, bool]]
"""Those who came to a queue today, each with whether they left."""


class Queues:
    """Asked of a running dispatcher. What was answered today is read from the decisions, each once."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._today: Outcomes | None = None
        self._one = asyncio.Lock()

    async def figures(self, locale: str) -> list[Answer]:
        """A line for each queue: of the policy, of the teams, and any other in which somebody waits. Times are seconds."""
        today = await self._read()
        dispatcher = self._dispatcher
        router, house = dispatcher.router, dispatcher.ctx.house
        waiting: defaultdict[str, list[Task]] = defaultdict(list)
        for task in router.tasks.values():
            if task.status in ("waiting", "private"):
                waiting[task.queue].append(task)
        names = dict.fromkeys((*(team.id for team in house.teams), *router.policy.queues, *waiting, *today))
        return [self._queue(name, waiting[name], today.get(name, ()), locale) for name in names]

    def _queue(self, name: str, waiting: list[Task], today: Came, locale: str) -> Answer:
        dispatcher = self._dispatcher
        router, now = dispatcher.router, dispatcher.now
        promise = router.policy.queue(name).sla.answer
        on = self._agents_on(name)
        expected = router.line(name).wait(len(waiting), on / 300.0)
        return {
            "queue": name, "name": dispatcher.ctx.house.team_name(name, locale), "waiting": len(waiting),
            "longest": round(max((now - one.arrived for one in waiting), default=0.0), 3),
            "expected": None if expected is None else round(expected, 3), "agents": on,
            "within": promise.within, "target": promise.target, "today": self._day(today),
        }  # fmt: skip

    def _day(self, today: Came) -> Answer:
        """What was promised and kept, and the same day hour by hour."""
        answered, in_time = sum(case.wait is not None for case, _ in today), sum(case.in_time for case, _ in today)
        gone = sum(left for _, left in today)
        ended = answered + gone
        return {
            "answered": answered, "in_time": in_time, "left": gone, "level": round(in_time / ended, 4) if ended else None,
            "hours": by_hour(today, self._midnight(), self._dispatcher.router.plan.zone),
        }  # fmt: skip

    def _midnight(self) -> int:
        """When today began (ms)."""
        today = datetime.fromtimestamp(self._dispatcher.now, self._dispatcher.router.plan.zone)
        return int(today.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)

    def _agents_on(self, name: str) -> int:
        """Those who serve the queue and are there."""
        router = self._dispatcher.router
        members = router.floor.able(Wanted((), *router.plan.base(name)))
        return sum(staff.ready for at in bits(members) if (staff := router.floor.staff[at]) is not None)

    async def _read(self) -> dict[str, Came]:
        """What became of those who came today, by queue. Who is in no queue any more without having had anybody, left."""
        dispatcher, since = self._dispatcher, self._midnight()
        async with self._one:
            if self._today is None or self._today.begin != since:
                self._today = Outcomes(dispatcher.ctx.reader, since)
            await self._today.read()
            found: defaultdict[str, list[tuple[Outcome, bool]]] = defaultdict(list)
            for case in self._today.cases.values():
                found[case.queue].append((case, case.wait is None and case.id not in dispatcher.router.tasks))
            return dict(found)
