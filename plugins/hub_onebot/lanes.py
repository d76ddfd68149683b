"""Lanes of work: one thing after another within a chat, chats side by side, and not too much in all."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from hub import Context
from hub.pages import outcome_of
from hub_onebot.api import within

T = TypeVar("T")
MOST: Final = 200
"""Messages in work at once; those who bring more wait."""

LAST_WORK: Final = 2.0
"""Seconds that messages in work get when the channel stops."""


class Lanes:
    """Keeps messages of one chat in order while their pictures are fetched."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._room = asyncio.Semaphore(MOST)
        self._waiting: dict[str, deque[tuple[Callable[[], Awaitable[Any]], asyncio.Future[Any]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, chat: str, work: Callable[[], Awaitable[T]]) -> asyncio.Future[T]:
        """Do `work` after what was submitted for this chat before; returns once there is room. The future has its outcome."""
        await self._room.acquire()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if chat in self._waiting:
            self._waiting[chat].append((work, future))
            return future
        self._waiting[chat] = deque([(work, future)])
        task = asyncio.create_task(self._work(chat), name=f"{self._ctx.name}: messages")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return future

    async def _work(self, chat: str) -> None:
        queue = self._waiting[chat]
        try:
            while queue:
                work, future = queue[0]
                outcome = await outcome_of(work())
                queue.popleft()
                self._room.release()
                if future.done():
                    continue
                if outcome.error is None:
                    future.set_result(outcome.value)
                else:
                    future.set_exception(outcome.error)
        finally:
            # Empty, unless everything stops: then nobody may wait for what will not be done.
            del self._waiting[chat]
            for _, future in queue:
                future.cancel()

    async def stop(self) -> None:
        """Finish what can be finished soon, and let go of the rest."""
        tasks = [*self._tasks]
        if not tasks:
            return
        try:
            await within(self._ctx.clock, LAST_WORK, asyncio.wait(tasks))
        except TimeoutError:
            self._ctx.log.warning("messages were not stored before the end", number=len(tasks))
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
