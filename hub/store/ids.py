"""Ids that grow with time, made without asking the database."""

from __future__ import annotations

from typing import Final

from hub.clock import Clock

EPOCH_MS: Final = 1_704_067_200_000
"""2024-01-01 UTC: ids count milliseconds from here."""

_SEQUENCE_BITS: Final = 12
_NODE_BITS: Final = 8
_LAST_OF_SEQUENCE: Final = (1 << _SEQUENCE_BITS) - 1


class Ids:
    """Makes 62-bit ids: milliseconds (42), node (8), sequence (12). They never go back, also when the clock does.

    `after` is the greatest id of an earlier run: the clock may have been put back in between.
    """

    def __init__(self, clock: Clock, node: int = 0, *, after: int = 0) -> None:
        self._clock = clock
        self._node = node << _SEQUENCE_BITS
        # Milliseconds and sequence as one number: a sequence that is used up counts the milliseconds on.
        self._last = ((after >> (_SEQUENCE_BITS + _NODE_BITS)) + 1) << _SEQUENCE_BITS

    def next(self) -> int:
        """A new id, greater than every id this object made before."""
        now = int(self._clock.now() * 1000) - EPOCH_MS
        self._last = last = max(self._last + 1, now << _SEQUENCE_BITS)
        return last >> _SEQUENCE_BITS << (_SEQUENCE_BITS + _NODE_BITS) | self._node | last & _LAST_OF_SEQUENCE


def time_of(id: int) -> int:
    """When an id was made, in milliseconds since 1970 UTC."""
    return (id >> (_SEQUENCE_BITS + _NODE_BITS)) + EPOCH_MS


def first_at(time: int) -> int:
    """The least id that can be made at `time` (milliseconds since 1970 UTC) or later."""
    return max(0, time - EPOCH_MS) << (_SEQUENCE_BITS + _NODE_BITS)
