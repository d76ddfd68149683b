"""Joins a document with those it includes.

What is included comes first, in the order it is named, then the document itself. Lists are appended, mappings are
merged, and two different values for one key are an error. A file that is named twice is read once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from hub.config.reading import read
from hub.config.substitution import Substitution
from hub.config.tree import Fault, Loc, Value, dotted
from hub.config.words import say
from hub.errors import ConfigError, Problem

INCLUDE: Final = "include"
MAX_FILES: Final = 64


class Including:
    """Reads a document and what it includes. `files` are those that were read, in their order."""

    def __init__(self, substitution: Substitution) -> None:
        self._substitution = substitution
        self._locale = substitution.locale
        self._problems: list[Problem] = []
        self.files: list[Path] = []

    def document(self, path: Path) -> Value:
        """The whole document. Raises ConfigError with everything that cannot be read."""
        whole = self._joined(path, ())
        if self._problems or whole is None:
            raise ConfigError(self._problems)
        return whole

    def _joined(self, path: Path, above: tuple[Path, ...]) -> Value | None:
        """The document in `path` with its includes; None where it cannot be read."""
        self.files.append(path.resolve())
        try:
            own = read(path, self._substitution)
        except ConfigError as error:
            self._problems += error.problems
            return None
        whole: Value | None = None
        for name in self._named(own):
            part = self._included(name, path, (*above, path))
            if part is not None:
                whole = part if whole is None else self._merge(whole, part, ())
        return own if whole is None else self._merge(whole, own, ())

    def _named(self, own: Value) -> list[Value]:
        """The entries of ``include:``, which is taken out of the document."""
        named = own.mapping.pop(INCLUDE, None)
        if named is None or named.data is None:
            return []
        entries = named.items if isinstance(named.data, list) else [named]
        good = [entry for entry in entries if isinstance(entry.data, str) and entry.data and not entry.faults]
        for entry in entries:
            faults = [*entry.faults] if entry in good or entry.faults else [self._fault(entry, "include_kind")]
            self._problems += [_problem(fault) for fault in faults]
        return good

    def _included(self, name: Value, path: Path, chain: tuple[Path, ...]) -> Value | None:
        target = Path(os.path.normpath(path.parent / str(name.data)))
        same = [step for step in chain if step.resolve() == target.resolve()]
        if same:
            circle = [*chain[chain.index(same[0]) :], target]
            shown = " → ".join(step.name for step in circle)
            self._problems.append(_problem(self._fault(name, "include_cycle", chain=shown)))
        elif len(self.files) >= MAX_FILES:
            self._problems.append(_problem(self._fault(name, "include_many", limit=MAX_FILES)))
        elif not target.is_file():
            why = os.strerror(2)
            self._problems.append(_problem(self._fault(name, "bad_file", file=self._as_written(name), why=why)))
        elif target.resolve() not in self.files:
            return self._joined(target, chain)
        return None

    def _as_written(self, name: Value) -> str:
        """The path, unless something from the environment is in it."""
        return "•••" if name.secrets else str(name.data)

    def _fault(self, value: Value, code: str, **facts: object) -> Fault:
        return Fault(value.place, say(self._locale, code, **facts))

    def _merge(self, first: Value, second: Value, loc: Loc) -> Value:
        """Both values as one; `second` is what was read later."""
        if first.data is None or second.data is None:
            kept, other = (second, first) if first.data is None else (first, second)
            kept.faults += other.faults
            return kept
        if isinstance(first.data, dict) and isinstance(second.data, dict):
            for key, value in second.data.items():
                known = first.data.get(key)
                first.data[key] = value if known is None else self._merge(known, value, (*loc, key))
                first.keys.setdefault(key, second.keys[key])
            first.faults += second.faults
            return first
        if isinstance(first.data, list) and isinstance(second.data, list):
            return Value(first.place, [*first.data, *second.data], faults=[*first.faults, *second.faults])
        if first.plain() != second.plain() or type(first.data) is not type(second.data):
            message = say(self._locale, "clash", path=dotted(loc), other=first.place)
            first.faults.append(Fault(second.place, message, say(self._locale, "clash_hint")))
        return first


def _problem(fault: Fault) -> Problem:
    return Problem(fault.message, fault.place.file, fault.place.line, fault.place.column, INCLUDE, fault.hint)
