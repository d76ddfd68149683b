"""Joins a document with those it includes.

What is included comes first, in the order it is named, then the document itself. Lists are appended, mappings are
merged, and two different values for one key are an error. A file that is named twice is read once.
"""

from __future__ import annotations

import os
from functools import reduce
from pathlib import Path
from typing import Any, Final

from hub.config.reading import read
from hub.config.substitution import Substitution
from hub.config.tree import Loc, Value, below, dotted
from hub.config.words import fault
from hub.errors import ConfigError, Problem

INCLUDE: Final = "include"
MAX_FILES: Final = 64


class Including:
    """Reads a document and what it includes. `files` are those that were read, in their order."""

    def __init__(self, substitution: Substitution) -> None:
        self._substitution = substitution
        self._problems: list[Problem] = []
        self.files: list[Path] = []

    def document(self, path: Path) -> Value:
        """The whole document. Raises ConfigError with everything that cannot be read."""
        parts = self._parts(path, ())
        if self._problems:
            raise ConfigError(self._problems)
        return reduce(self._merge, parts)

    def _parts(self, path: Path, above: tuple[Path, ...]) -> list[Value]:
        """What the document in `path` includes, in its order, and then the document; problems are kept."""
        self.files.append(path.resolve())
        try:
            own = read(path, self._substitution)
        except ConfigError as error:
            self._problems += error.problems
            return []
        named = own.mapping.pop(INCLUDE, None)
        entries = [] if named is None or named.data is None else named.items if isinstance(named.data, list) else [named]
        for entry in entries:
            self._problems += [below((INCLUDE,), found) for found in entry.faults]
            if not entry.faults and (not isinstance(entry.data, str) or not entry.data):
                self._tell(entry, "include_kind")
        good = [entry for entry in entries if isinstance(entry.data, str) and entry.data and not entry.faults]
        return [part for entry in good for part in self._included(entry, path, (*above, path))] + [own]

    def _included(self, name: Value, path: Path, chain: tuple[Path, ...]) -> list[Value]:
        target = Path(os.path.normpath(path.parent / str(name.data)))
        same = [step for step in chain if step.resolve() == target.resolve()]
        if same:
            circle = [*chain[chain.index(same[0]) :], target]
            self._tell(name, "include_cycle", chain=" → ".join(step.name for step in circle))
        elif len(self.files) >= MAX_FILES:
            self._tell(name, "include_many", limit=MAX_FILES)
        elif not target.is_file():
            # The path as it is written, unless something from the environment is in it. EISDIR or ENOENT.
            self._tell(name, "bad_file", file="•••" if name.secrets else name.data, why=os.strerror(21 if target.is_dir() else 2))
        elif target.resolve() not in self.files:
            return self._parts(target, chain)
        return []

    def _tell(self, value: Value, code: str, **facts: Any) -> None:
        self._problems.append(below((INCLUDE,), fault(self._substitution.locale, value.place, code, **facts)))

    def _merge(self, first: Value, second: Value, loc: Loc = ()) -> Value:
        """Both values as one; `second` is what was read later."""
        if first.data is None or second.data is None:
            kept, other = (second, first) if first.data is None else (first, second)
            kept.faults += other.faults
            return kept
        if isinstance(first.data, dict) and isinstance(second.data, dict):
            for key, value in second.data.items():
                first.data[key] = self._merge(first.data[key], value, (*loc, key)) if key in first.data else value
                first.keys.setdefault(key, second.keys[key])
            first.faults += second.faults
        elif isinstance(first.data, list) and isinstance(second.data, list):
            return Value(first.place, [*first.data, *second.data], faults=[*first.faults, *second.faults])
        elif first.plain() != second.plain() or type(first.data) is not type(second.data):
            locale = self._substitution.locale
            first.faults.append(fault(locale, second.place, "clash", path=dotted(loc), other=first.place))
        return first
