"""The platform's error codes, by what follows from them. They stand in the body, also beside HTTP status 200."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Final

_TAKEN: Final = frozenset({304023, 304024})
"""Not errors: it went to the platform's reviewers first."""

_DUPLICATE: Final = frozenset({40054005})
_CONTEXT_DEAD: Final = frozenset({
    304026, 304027, 304028, 304103, 40034005, 40034024, 40034025, 40034026, 40034027, 40034128,
})  # fmt: skip
_BUSY: Final = frozenset({22009, 304052, 40034004, 40034100, 40054006, 50055001, 50055002, 50055006, 20028, 1100100})
_TOKEN: Final = frozenset({11241, 11242, 11243, 11244, 11251, 11252, 11261, 11262})


class Fate(Enum):
    """What to do after an error."""

    DUPLICATE = auto()
    """It has a message with this number already."""
    CONTEXT_DEAD = auto()
    """What is answered cannot be answered any more."""
    BUSY = auto()
    """Later."""
    TOKEN = auto()
    """With another token."""
    REFUSED = auto()
    """Never."""
    BROKEN = auto()
    """The platform has a fault; nobody knows what it did before."""


def code_of(body: Any) -> int:
    """The error's code in an answer; 0 where there is none."""
    if not isinstance(body, dict):
        return 0
    for name in ("err_code", "code"):
        value = body.get(name)
        if isinstance(value, bool):
            continue
        if isinstance(value, str) and value.lstrip("-").isdigit():
            value = int(value)
        if isinstance(value, int) and value:
            return 0 if value in _TAKEN else value
    return 0


def fate_of(code: int, status: int) -> Fate:
    """What follows from this code and this HTTP status."""
    for codes, fate in (
        (_DUPLICATE, Fate.DUPLICATE),
        (_CONTEXT_DEAD, Fate.CONTEXT_DEAD),
        (_BUSY, Fate.BUSY),
        (_TOKEN, Fate.TOKEN),
    ):
        if code in codes:
            return fate
    if status == 429:
        return Fate.BUSY
    if status == 401:
        return Fate.TOKEN
    return Fate.BROKEN if status >= 500 and not code else Fate.REFUSED
