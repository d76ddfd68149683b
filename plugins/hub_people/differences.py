"""Two people become one: what the one gets of the other, and where they contradict each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from hub import Person

_MADE_UP: Final = re.compile(r"(访客|Visitor) [0-9A-F]{4}")
"""A name the hub gave to somebody who told none."""

PLAIN: Final = ("name", "tier", "locale")


class Joined(NamedTuple):
    """The person afterwards; `filled` is what they got, as (before, after); `differing` what is for somebody to decide."""

    person: Person
    filled: dict[str, tuple[Any, Any]]
    differing: dict[str, tuple[Any, Any]]


def joined(kept: Person, other: Person) -> Joined:
    """`kept` with what only `other` has."""
    filled: dict[str, tuple[Any, Any]] = {}
    differing: dict[str, tuple[Any, Any]] = {}
    for field in PLAIN:
        ours, theirs = getattr(kept, field), getattr(other, field)
        if theirs and theirs != ours and not (field == "name" and _MADE_UP.fullmatch(theirs)):
            if not ours or (field == "name" and _MADE_UP.fullmatch(ours)):
                filled[field] = (ours, theirs)
            elif field != "locale":
                differing[field] = (ours, theirs)
    if other.verified and not kept.verified:
        filled["verified"] = (False, True)
    for name, value in other.attributes.items():
        if name not in kept.attributes:
            filled[f"attributes.{name}"] = (None, value)
        elif kept.attributes[name] != value:
            differing[f"attributes.{name}"] = (kept.attributes[name], value)
    return Joined(with_fields(kept, {field: after for field, (_, after) in filled.items()}), filled, differing)


def field_of(person: Person, field: str) -> Any:
    """The value of ``name``, ``tier`` … or ``attributes.phone``; None for an attribute that is not there."""
    name = field.removeprefix("attributes.")
    return person.attributes.get(name) if name != field else getattr(person, field)


def with_fields(person: Person, values: Mapping[str, Any]) -> Person:
    """The person with these fields; an attribute of None goes."""
    attributes, plain = dict(person.attributes), {}
    for field, value in values.items():
        name = field.removeprefix("attributes.")
        if name == field:
            plain[field] = value
        elif value is None:
            attributes.pop(name, None)
        else:
            attributes[name] = value
    return replace(person, attributes=attributes, **plain)


def parted(person: Person, changes: Mapping[str, tuple[Any, Any]]) -> Person:
    """The person without what a merge gave them (`changes`: before, after), as far as nobody has changed it since."""
    back = {field: before for field, (before, after) in changes.items() if field_of(person, field) == after}
    return with_fields(person, back)
