"""Traces: arrivals as JSON lines, each checked, so that what is wrong is told with its line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hub import ConfigError, Problem
from hub_routing.words import word

MOST_TOLD: Final = 20
"""So many wrong lines are told; a file of another kind has nothing else."""

LATEST: Final = 1e12
"""Seconds that may be meant: more are no time."""

_KNOWN: Final = ("id", "at", "channel", "queue", "need", "tier", "work", "patience", "owner", "last_agent")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One customer: when they come, what they need, how long serving them takes, how long they wait (None: for ever)."""

    id: str | int
    at: float
    channel: str
    queue: str
    need: Mapping[str, int]
    tier: str
    work: float
    patience: float | None
    owner: str = ""
    last_agent: str = ""


class BadTrace(ConfigError):
    """Lines of a trace that are wrong, each with its place."""


def read_trace(path: Path, locale: str = "en", *, told: Callable[[int], None] = lambda _: None) -> list[Arrival]:
    """All arrivals in the order of the file. Raises BadTrace with the lines that are wrong; `told` hears of the progress."""
    arrivals: list[Arrival] = []
    problems: list[Problem] = []
    seen: set[str | int] = set()
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if number % 50_000 == 0:
                    told(number)
                if not line.strip():
                    continue
                found = _read(line, seen, locale)
                if isinstance(found, Arrival):
                    seen.add(found.id)
                    arrivals.append(found)
                else:
                    problems.append(Problem(found, str(path), number))
                    if len(problems) == MOST_TOLD:
                        break
    except OSError as error:
        raise BadTrace([Problem(word(locale, "trace_unread", why=error.strerror), str(path))]) from error
    if not arrivals and not problems:
        problems = [Problem(word(locale, "trace_empty"), str(path))]
    if problems:
        raise BadTrace(problems)
    return arrivals


def _read(line: bytes, seen: set[str | int], locale: str) -> Arrival | str:
    """One line, or what is wrong with it."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        return word(locale, "trace_no_json", why=error)
    if not isinstance(said, dict):
        return word(locale, "trace_no_object")
    return next(iter(_wrong(said, seen, locale)), None) or _arrival(said)


def _arrival(said: Mapping[str, Any]) -> Arrival:
    patience = said.get("patience")
    return Arrival(
        said["id"], float(said["at"]), said["channel"], said["queue"], said.get("need") or {}, said.get("tier") or "",
        float(said["work"]), None if patience is None else float(patience), said.get("owner") or "", said.get("last_agent") or "",
    )  # fmt: skip


def _wrong(said: Mapping[str, Any], seen: set[str | int], locale: str) -> Iterable[str]:
    id = said.get("id")
    if not isinstance(id, (str, int)) or isinstance(id, bool):
        yield word(locale, "trace_id")
    elif id in seen:
        yield word(locale, "trace_twice", id=repr(id))
    for name in ("at", "work"):
        if not _number(said.get(name)):
            yield word(locale, "trace_seconds", name=name)
    if said.get("patience") is not None and not _number(said["patience"]):
        yield word(locale, "trace_patience")
    for name in ("channel", "queue"):
        if not isinstance(said.get(name), str) or not said[name]:
            yield word(locale, "trace_text", name=name)
    for name in ("tier", "owner", "last_agent"):
        if said.get(name) is not None and not isinstance(said[name], str):
            yield word(locale, "trace_text", name=name)
    need = said.get("need")
    if need is not None and not (isinstance(need, dict) and all(_level(one) for one in need.values())):
        yield word(locale, "trace_need", like='{"refund": 3}')
    unknown = sorted(set(said) - set(_KNOWN))
    if unknown:
        yield word(locale, "trace_unknown", name=repr(unknown[0]), known=", ".join(_KNOWN))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LATEST


def _level(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 9
