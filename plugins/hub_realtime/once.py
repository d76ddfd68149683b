"""Doing something once, however often it is asked for."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine, Hashable
from typing import Any, Final

KEPT: Final = 5000
"""How many answers are remembered."""


class Once:
    """Work by its key. Asked for again while it is under way or remembered, it is not done again.

    Work that failed is forgotten, so that it can be tried again. Who waits may be cancelled: the work goes on.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._tasks: OrderedDict[Hashable, asyncio.Task[Any]] = OrderedDict()

    async def do(self, key: Hashable, work: Coroutine[Any, Any, Any]) -> Any:
        """What `work` returns, or has returned under this key. Raises what it raises."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(work)
            task.add_done_callback(lambda done: self._ended(key, done))
            if len(self._tasks) > self._kept:
                self._forget_one()
        else:
            work.close()
        return await asyncio.shield(task)

    def _ended(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        # Asking for the exception also says that somebody knows of it: the one who waited may be gone.
        if (task.cancelled() or task.exception() is not None) and self._tasks.get(key) is task:
            del self._tasks[key]

    def _forget_one(self) -> None:
        oldest = next((key for key, task in self._tasks.items() if task.done()), None)
        if oldest is not None:
            del self._tasks[oldest]
