"""`hub route …`: simulate, compare and export here; what speaks of a running hub is in `hub_routing.stored`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub import ConfigError, HubError, Problem
from hub.commands import HubConfig, load
from hub_routing.policy import RoutingConfig
from hub_routing.simulate import Arrival, Fate, Replay, Replayed, read_trace
from hub_routing.simulate.report import comparison, remarks, summary
from hub_routing.words import word

OK: Final = 0
PLUGIN: Final = "routing"
TOLD_EVERY: Final = 1.0
"""Seconds between two lines of progress."""


def add_route(parser: argparse.ArgumentParser, locale: str) -> None:
    """The words below `hub route`."""
    from hub_routing import stored

    parser.description = word(locale, "route")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = _added(commands, "simulate", locale)
    _traced(one, locale)
    one.add_argument("--policy", required=True, type=Path, metavar="FILE", help=word(locale, "policy_help"))
    one.add_argument("--out", type=Path, metavar="FILE", help=word(locale, "out_help"))
    one.set_defaults(command=simulate)
    two = _added(commands, "compare", locale)
    _traced(two, locale)
    two.add_argument("--policy", required=True, action="append", type=Path, metavar="FILE", help=word(locale, "policy_help"))
    two.set_defaults(command=compare)
    stored.add(lambda name, text="": _added(commands, name, locale, text), locale)


def _added(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, locale: str, code: str = ""
) -> argparse.ArgumentParser:
    text = word(locale, code or name)
    return commands.add_parser(name, help=text, description=text)


def _traced(parser: argparse.ArgumentParser, locale: str) -> None:
    parser.add_argument("--trace", required=True, type=Path, metavar="FILE", help=word(locale, "trace_help"))


@dataclass(frozen=True, slots=True)
class Document:
    """What a simulation takes of a configuration."""

    name: str
    policy: RoutingConfig
    settings: HubConfig

    def replay(self) -> Replay:
        """A replay with the agents and teams of the document."""
        teams = [(team.id, team.members) for team in self.settings.teams] if "teams" in self.settings.model_fields_set else []
        return Replay(self.policy, self.settings.agents, teams=teams)


def read_policy(path: Path, locale: str, *, agents: bool = True) -> Document:
    """The routing of a configuration document; all defaults where it has none. Raises ConfigError."""
    loaded = load(path, locale=locale)
    found = [one.config for one in loaded.instances if one.enabled and isinstance(one.config, RoutingConfig)]
    if agents and not loaded.settings.agents:
        raise ConfigError([Problem(word(locale, "no_agents"), str(path))])
    return Document(str(path), found[0] if found else RoutingConfig(), loaded.settings)


class Progress:
    """Now and then a line on standard error, for whoever waits."""

    def __init__(self, locale: str, code: str, **facts: object) -> None:
        self._say: Callable[[int], str] = lambda count: word(locale, code, count=count, **facts)
        self._told = time.monotonic()

    def __call__(self, count: int) -> None:
        """So many are done."""
        now = time.monotonic()
        if now - self._told >= TOLD_EVERY:
            self._told = now
            sys.stderr.write(f"{self._say(count)}\n")
            sys.stderr.flush()


def _run(document: Document, arrivals: list[Arrival], locale: str) -> Replayed:
    return document.replay().run(arrivals, Progress(locale, "replayed", all=len(arrivals)))


def simulate(options: argparse.Namespace) -> int:
    """`hub route simulate`."""
    document = read_policy(options.policy, options.locale)
    if options.out is not None:
        check_folder(options.out, options.locale)
    arrivals = read_trace(options.trace, options.locale, told=Progress(options.locale, "read"))
    done = _run(document, arrivals, options.locale)
    if options.out is not None:
        write(options.out, map(fate_line, done.fates), options.locale)
    _say(summary(done, document.policy, options.locale))
    _say(remarks(done, document.policy, document.settings.agents, options.locale))
    return OK


def compare(options: argparse.Namespace) -> int:
    """`hub route compare`."""
    if len(options.policy) < 2:
        raise HubError(word(options.locale, "two_policies"))
    documents = [read_policy(path, options.locale) for path in options.policy]
    arrivals = read_trace(options.trace, options.locale, told=Progress(options.locale, "read"))
    runs = [(_run(one, arrivals, options.locale), one.policy) for one in documents]
    _say(comparison([one.name for one in documents], runs, options.locale))
    for document, (done, policy) in zip(documents, runs, strict=True):
        if said := remarks(done, policy, document.settings.agents, options.locale):
            _say(["", document.name, *said[1:]])
    return OK


def fate_line(fate: Fate) -> str:
    """The line of one customer."""
    times = {"assigned_at": fate.assigned_at, "abandoned_at": fate.abandoned_at, "finished_at": fate.finished_at}
    return json.dumps({"id": fate.arrival.id, **times, "agent": fate.agent}, ensure_ascii=False)


def check_folder(path: Path, locale: str) -> None:
    """Is there a folder for this file? Asked before anything takes long. Raises ConfigError."""
    if not path.parent.is_dir():
        raise ConfigError([Problem(word(locale, "no_folder", folder=path.parent), str(path))])


def write(path: Path, lines: Iterable[str], locale: str) -> int:
    """Write lines to a file; returns how many. Raises ConfigError where it cannot be written."""
    count = 0
    try:
        with path.open("w", encoding="utf-8") as file:
            for line in lines:
                file.write(f"{line}\n")
                count += 1
    except OSError as error:
        raise ConfigError([Problem(word(locale, "not_written", why=error.strerror), str(path))]) from error
    return count


def _say(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
