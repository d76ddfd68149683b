"""Work that tries of the same push share, and that each waits for only so long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from hub import Context

T = TypeVar("T")


class Shared(Generic[T]):
    """Work by its key. `patience` is how many seconds somebody waits for it; `what` names its tasks."""

    def __init__(self, ctx: Context, what: str, patience: float) -> None:
        self._ctx = ctx
        self._what = what
        self._patience = patience
        self._tasks: dict[str, asyncio.Task[T]] = {}

    async def waited_for(self, key: str, work: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        """The task that does it, begun unless it is under way: done, or still at it when patience ended."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(work(), name=f"{self._ctx.name}: {self._what}")
            task.add_done_callback(lambda _: self._tasks.pop(key, None))
        patience = asyncio.ensure_future(self._ctx.clock.sleep(self._patience))
        try:
            await asyncio.wait([task, patience], return_when=asyncio.FIRST_COMPLETED)
        finally:
            patience.cancel()
        return task

    async def close(self) -> None:
        """What is under way ends without a result."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
