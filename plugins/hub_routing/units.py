"""Hours of the day and levels of skills, as people write them in a policy; skills, as they write them in a tag."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import time
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_RANGE: Final = re.compile(r"\s*(\d)\s*(?:\.\.|-)\s*(\d)\s*")
_OPEN: Final = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")


def _levels(value: Any) -> Any:
    """``1..5`` (which YAML reads as a text) or a pair."""
    found = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if found is not None:
        value = (int(found[1]), int(found[2]))
    if isinstance(value, (list, tuple)) and len(value) == 2 and value[0] < value[1]:
        return tuple(value)
    raise PydanticCustomError("levels", "Input should be the least and the highest level, like 1..5")


Levels = Annotated[tuple[int, int], BeforeValidator(_levels)]
"""The least and the highest level of a skill."""

Hours = tuple[time, time]


def _hours(value: Any) -> Hours:
    found = _OPEN.fullmatch(value) if isinstance(value, str) else None
    if found is not None:
        first, last = (int(found[1]), int(found[2])), (int(found[3]), int(found[4]))
        if first[0] < 24 and max(first[1], last[1]) < 60 and first != last and last <= (24, 0):
            # Midnight at the end of a day is the last moment of it.
            return time(*first), time.max if last == (24, 0) else time(*last)
    if isinstance(value, (tuple, list)) and len(value) == 2 and all(isinstance(one, time) for one in value):
        return value[0], value[1]
    raise PydanticCustomError("hours", "Input should be the hours of a day, like 09:00-21:00")


def _hours_text(hours: Hours) -> str:
    end = "24:00" if hours[1] == time.max else f"{hours[1]:%H:%M}"
    return f"{hours[0]:%H:%M}-{end}"


OpenHours = Annotated[Hours, BeforeValidator(_hours), PlainSerializer(_hours_text), WithJsonSchema({"type": "string"})]
"""From when to when; over midnight where the end is before the beginning."""


def needs_of(tags: Iterable[str]) -> dict[str, int]:
    """The skills that tags of a conversation ask for, with their levels: ``need:refund`` or ``need:refund:3``."""
    found = {}
    for tag in tags:
        word, _, rest = tag.partition(":")
        skill, _, level = rest.partition(":")
        if word == "need" and skill:
            found[skill] = int(level) if level.isdecimal() else 1
    return found
