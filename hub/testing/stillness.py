"""Whether the store is at work: as long as it is, a test does not turn the clock.

A hub's deadlines count by its clock, and a test turns that by seconds while the machine reads and writes in its own time.
Without this a busy machine would let a deadline pass while nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from hub.store.committer import Group, Writer
from hub.store.reader import Row
from hub.store.store import Store

_Read = Callable[..., Coroutine[Any, Any, Sequence[Row]]]


class Stillness:
    """Counts what a store reads and writes, from the moment this is made."""

    def __init__(self, store: Store) -> None:
        self._under_way = 0
        self._committer = store.committer
        store.committer._writer = _Counted(store.committer._writer, self)
        store.reader.all = self._counting(store.reader.all)  # type: ignore[method-assign]

    @property
    def still(self) -> bool:
        """Nothing is being read or written, and nothing waits for it."""
        return not self._under_way and not self._committer._waiting

    async def during(self, work: Awaitable[Any]) -> Any:
        """What `work` comes to; it counts until then."""
        self._under_way += 1
        try:
            return await work
        finally:
            self._under_way -= 1

    def _counting(self, read: _Read) -> _Read:
        async def counted(sql: str, *values: Any) -> Sequence[Row]:
            rows: Sequence[Row] = await self.during(read(sql, *values))
            return rows

        return counted


class _Counted:
    """A database, and somebody who counts."""

    def __init__(self, inner: Writer, stillness: Stillness) -> None:
        self._inner = inner
        self._stillness = stillness

    async def write(self, group: Group) -> dict[int, int]:
        found: dict[int, int] = await self._stillness.during(self._inner.write(group))
        return found

    async def position(self) -> int:
        return await self._inner.position()

    async def close(self) -> None:
        await self._inner.close()
