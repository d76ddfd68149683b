"""What was read from YAML: values that know where they stand, what is wrong with them and what is secret in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hub.errors import Problem

Scalar = str | int | float | bool | None
Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file; `line` and `column` count from 1."""

    file: str
    line: int = 1
    column: int = 1

    @property
    def folder(self) -> Path:
        """Where relative paths written at this place start."""
        return Path(self.file).parent

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(slots=True)
class Value:
    """A scalar, a list or a mapping. `keys` are the places of a mapping's keys, `secrets` what must never be printed.

    `faults` are problems found while reading; their path is a key of this mapping where they are about one.
    """

    place: Place
    data: Scalar | list[Value] | dict[str, Value]
    keys: dict[str, Place] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    faults: list[Problem] = field(default_factory=list)

    @property
    def mapping(self) -> dict[str, Value]:
        """Its entries, none where it is no mapping."""
        return self.data if isinstance(self.data, dict) else {}

    @property
    def items(self) -> list[Value]:
        """Its items, none where it is no list."""
        return self.data if isinstance(self.data, list) else []

    def plain(self) -> Any:
        """The same as plain dicts, lists and scalars."""
        if isinstance(self.data, dict):
            return {key: value.plain() for key, value in self.data.items()}
        return [value.plain() for value in self.data] if isinstance(self.data, list) else self.data

    def walk(self, loc: Loc = ()) -> Iterator[tuple[Loc, Value]]:
        """The value itself and all below it, each with the way to it."""
        yield loc, self
        for key, value in self.mapping.items():
            yield from value.walk((*loc, key))
        for index, value in enumerate(self.items):
            yield from value.walk((*loc, index))

    def follow(self, loc: Sequence[str | int]) -> tuple[Loc, Value, Place]:
        """As far as `loc` leads: the steps that exist, the value there, and the place of its key or itself.

        Steps that are not in the document are passed over: pydantic also counts the branches of a union as steps.
        """
        steps: list[str | int] = []
        value, place = self, self.place
        for step in loc:
            if isinstance(step, str) and step in value.mapping:
                place = value.keys[step]
                value = value.mapping[step]
            elif isinstance(step, int) and step < len(value.items):
                value = value.items[step]
                place = value.place
            else:
                continue
            steps.append(step)
        return tuple(steps), value, place


def dotted(loc: Loc) -> str:
    """A way through the document as people write it: ``plugins[2].config.token``."""
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def problem(place: Place, message: str, loc: Loc = (), hint: str = "") -> Problem:
    """A problem at a place of a file, which is at `loc` of the whole document."""
    return Problem(message, place.file, place.line, place.column, dotted(loc), hint)


def below(loc: Loc, fault: Problem) -> Problem:
    """A fault of the value at `loc` of the whole document, with the way to it."""
    return replace(fault, path=dotted((*loc, fault.path) if fault.path else loc))
