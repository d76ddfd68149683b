"""From the file to a checked configuration: everything that is wrong is told at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Final

from hub.config.checking import checked, faults_of, problem_at
from hub.config.including import Including
from hub.config.models import NAME, HubConfig, PluginEntry
from hub.config.substitution import Substitution
from hub.config.tree import Loc, Place, Value
from hub.config.words import did_you_mean, say
from hub.errors import ConfigError, Problem
from hub.finding import check_plugin, installed, load_plugin, start_order
from hub.life import InstanceSpec
from hub.plugin import Plugin, PluginConfig
from hub.version import VERSION

Plugins = Mapping[str, EntryPoint | type[Plugin[Any]]]
OURS: Final = ("demo", "desk", "faq", "ops", "web")
"""The plugins of this distribution; each has an extra of its name."""


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A checked configuration: the hub's `settings` and its `instances` in the order of the YAML.

    `files` are all files it was read from, the named one first.
    """

    settings: HubConfig
    instances: tuple[InstanceSpec, ...] = ()
    files: tuple[Path, ...] = ()


def load(
    path: Path | str, env: Mapping[str, str] | None = None, plugins: Plugins | None = None, *, locale: str = "en"
) -> LoadedConfig:
    """Read and check the document in `path`.

    `env` holds the variables it may use (the process's own when left out), `plugins` those it may name (the installed
    ones). Raises ConfigError with all problems of all sections and plugins, in `locale`, sorted by file and line.
    """
    including = Including(Substitution(os.environ if env is None else env, locale))
    document = including.document(Path(path))
    check = _Check(document, installed() if plugins is None else plugins, locale)
    settings, instances = check.everything()
    if check.problems or settings is None:
        raise ConfigError(check.sorted_problems(including.files))
    return LoadedConfig(settings, instances, tuple(including.files))


_DEFAULT_TEAM: Final[Loc] = ("service", "default_team")


class _Check:
    """One check of one document; `problems` grow while it goes on."""

    def __init__(self, document: Value, plugins: Plugins, locale: str) -> None:
        self._document = document
        self._plugins = plugins
        self._locale = locale
        self.problems: list[Problem] = []

    def sorted_problems(self, files: list[Path]) -> list[Problem]:
        """All problems once, in the order in which somebody reads the files."""
        order = {file: number for number, file in enumerate(files)}
        unique = dict.fromkeys(self.problems)
        return sorted(unique, key=lambda one: (order.get(Path(one.file).resolve(), len(order)), one.line, one.column))

    def everything(self) -> tuple[HubConfig | None, tuple[InstanceSpec, ...]]:
        """The settings and the instances, as far as they are right."""
        settings, problems = checked(HubConfig, self._document, (), self._locale)
        self.problems += problems
        entries = list(self._listed())
        off: list[Loc] = [("plugins", index) for index, _, entry in entries if not entry.enabled]
        self.problems += [problem for loc, problem in faults_of(self._document) if not _below(loc, off)]
        self._teams()
        self._names(entries)
        specs = [self._instance(index, value, entry) for index, value, entry in entries]
        instances = tuple(spec for spec in specs if spec is not None)
        if not self.problems:
            self._order(instances)
        return settings, instances

    def _listed(self) -> Iterator[tuple[int, Value, PluginEntry]]:
        """The plugins of the document, those left out that do not say which they are.

        An entry with other mistakes is kept, so that its configuration is checked as well.
        """
        listed = self._document.mapping.get("plugins")
        for index, item in enumerate(listed.items if listed is not None else ()):
            entry, problems = checked(PluginEntry, item, (), self._locale)
            if problems:
                names = {key: value for key, value in item.mapping.items() if key in ("use", "as")}
                entry, _ = checked(PluginEntry, replace(item, data=names), (), self._locale)
            if entry is not None:
                yield index, item, entry

    def _tell(self, place: Place, loc: Loc, code: str, hint: str = "", **facts: object) -> None:
        self.problems.append(problem_at(place, say(self._locale, code, **facts), loc, hint))

    # -- sections -------------------------------------------------------------------------------

    def _teams(self) -> None:
        listed = self._document.mapping.get("teams")
        ids = [(index, team.mapping.get("id")) for index, team in enumerate(listed.items if listed else ())]
        known: dict[str, Place] = {}
        for index, name in ids:
            if name is None or not isinstance(name.data, str):
                continue
            if name.data in known:
                self._tell(name.place, ("teams", index, "id"), "same_team", name=name.data, other=known[name.data])
            known.setdefault(name.data, name.place)
        steps, wanted, _ = self._document.follow(_DEFAULT_TEAM)
        teams = [*known] if ids else [team.id for team in HubConfig().teams]
        if steps == _DEFAULT_TEAM and wanted.data and wanted.data not in teams and not wanted.faults:
            hint = did_you_mean(self._locale, str(wanted.data), teams)
            self._tell(wanted.place, steps, "unknown_team", hint, name=wanted.data)

    # -- plugins --------------------------------------------------------------------------------

    def _names(self, entries: list[tuple[int, Value, PluginEntry]]) -> None:
        first: dict[str, Place] = {}
        for index, value, entry in entries:
            key = "as" if "as" in value.mapping else "use"
            loc = ("plugins", index, key)
            place = value.follow((key,))[1].place
            if not re.fullmatch(NAME, entry.name):
                self._tell(place, loc, "bad_name", say(self._locale, "bad_name_hint"), name=repr(entry.name))
            elif entry.name in first:
                hint = say(self._locale, "same_name_hint")
                self._tell(place, loc, "same_name", hint, name=entry.name, other=first[entry.name])
            first.setdefault(entry.name, place)

    def _instance(self, index: int, value: Value, entry: PluginEntry) -> InstanceSpec | None:
        """The instance; None where it is wrong, or switched off and incomplete."""
        before = len(self.problems)
        cls = self._plugin(index, value, entry)
        config = None if cls is None else self._config(cls, index, value)
        if not entry.enabled:
            del self.problems[before:]
        if cls is None or config is None:
            return None
        folder = value.place.folder.resolve()
        return InstanceSpec(entry.name, entry.use, cls, config, folder, index, entry.required, entry.enabled)

    def _plugin(self, index: int, value: Value, entry: PluginEntry) -> type[Plugin[Any]] | None:
        place, loc = value.follow(("use",))[1].place, ("plugins", index, "use")
        if entry.use not in self._plugins:
            self._tell(place, loc, "unknown_plugin", self._unknown_hint(entry.use), name=entry.use)
            return None
        try:
            cls = load_plugin(entry.use, self._plugins)
            check_plugin(entry.name, cls, VERSION)
        except ConfigError as error:
            found = self._plugins[entry.use]
            missing = isinstance(found, EntryPoint) and isinstance(error.__cause__, ModuleNotFoundError)
            install = say(self._locale, "install", extra=entry.use) if missing and entry.use in OURS else ""
            self.problems += [_placed(problem, place, loc, install) for problem in error.problems]
            return None
        return cls

    def _unknown_hint(self, name: str) -> str:
        if name in OURS:
            return say(self._locale, "install", extra=name)
        close = did_you_mean(self._locale, name, self._plugins)
        if close:
            return close
        if not self._plugins:
            return say(self._locale, "no_plugins")
        return say(self._locale, "known_plugins", names=", ".join(sorted(self._plugins)))

    def _config(self, cls: type[Plugin[Any]], index: int, value: Value) -> PluginConfig | None:
        given = value.mapping.get("config", Value(value.place, {}))
        if given.data is None:
            given = replace(given, data={})
        config, problems = checked(cls.Config, given, ("plugins", index, "config"), self._locale)
        self.problems += problems
        return config

    def _order(self, instances: tuple[InstanceSpec, ...]) -> None:
        try:
            start_order({spec.name: spec.cls for spec in instances if spec.enabled})
        except ConfigError as error:
            _, _, place = self._document.follow(("plugins",))
            self.problems += [_placed(problem, place, ("plugins",)) for problem in error.problems]


def _below(loc: Loc, above: list[Loc]) -> bool:
    """Whether `loc` lies below one of `above`."""
    return any(loc[: len(one)] == one for one in above)


def _placed(problem: Problem, place: Place, loc: Loc, hint: str = "") -> Problem:
    """A problem with a plugin's code, told where the document names the plugin; its own place goes into the text."""
    source = f"{problem.file}:{problem.line}: " if problem.file else ""
    return problem_at(place, source + problem.message, loc, hint or problem.hint)
