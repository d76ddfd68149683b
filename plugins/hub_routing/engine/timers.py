"""One heap for everything that happens at a time. What no longer holds is passed over when its time comes."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any


class Timers:
    """Dates in their order; each is a word, whom it is about, and the version it holds for."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, str, Any, int]] = []
        self._seq = 0

    def add(self, due: float, word: str, about: Any, version: int) -> None:
        """Let it happen at `due`."""
        self._seq += 1
        heapq.heappush(self._heap, (due, self._seq, word, about, version))

    @property
    def next_due(self) -> float | None:
        """When the next one is due."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> Iterator[tuple[float, str, Any, int]]:
        """Those that are due, in order; new ones that are due too come along."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            at, _, word, about, version = heapq.heappop(heap)
            yield at, word, about, version

    def clear(self) -> None:
        """Forget all of them."""
        self._heap.clear()
