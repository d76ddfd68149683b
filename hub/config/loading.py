"""From the file to a checked configuration: everything that is wrong is told at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Final

from hub.config.checking import checked
from hub.config.including import Including
from hub.config.models import NAME, HubConfig, PluginEntry
from hub.config.substitution import Substitution
from hub.config.tree import Loc, Place, Value, below, problem
from hub.config.words import did_you_mean, fault, say
from hub.errors import ConfigError, Problem
from hub.finding import check_plugin, installed, load_plugin, start_order
from hub.life import InstanceSpec
from hub.plugin import Plugin, PluginConfig
from hub.version import VERSION

Plugins = Mapping[str, EntryPoint | type[Plugin[Any]]]
OURS: Final = (
    "demo", "desk", "faq", "media", "onebot", "ops", "people", "qq", "routing", "web", "wechat", "wecom",
)  # fmt: skip
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
    plugins = installed() if plugins is None else plugins
    check = _Check(_spelt_out(including.document(Path(path)), plugins), plugins, locale)
    settings, instances = check.everything()
    if check.problems or settings is None:
        # Once each, in the order in which somebody reads the files.
        order = {str(file): number for number, file in enumerate(including.files)}
        places = {one: (order.get(str(Path(one.file).resolve()), len(order)), one.line, one.column) for one in check.problems}
        raise ConfigError(sorted(places, key=places.__getitem__))
    return LoadedConfig(settings, instances, tuple(including.files))


def _spelt_out(document: Value, plugins: Plugins) -> Value:
    """The document with the sections that are named after a plugin among its ``plugins:``, at the end."""
    short = [key for key in document.mapping if key in plugins and key not in HubConfig.model_fields]
    listed = document.mapping.get("plugins", Value(document.place, []))
    if not short or not isinstance(listed.data, list):
        return document
    at = {key: document.keys[key] for key in short}
    said = {key: {"use": Value(place, key), "config": document.mapping[key]} for key, place in at.items()}
    entries = [Value(place, said[key], {"use": place, "config": place}) for key, place in at.items()]
    kept = {key: value for key, value in document.mapping.items() if key not in short}
    plugins_place = {"plugins": document.keys.get("plugins", listed.place)}
    listed = replace(listed, data=[*listed.data, *entries])
    return replace(document, data={**kept, "plugins": listed}, keys={**document.keys, **plugins_place})


@dataclass(frozen=True, slots=True)
class _Entry:
    """One item of ``plugins:``, at `index`."""

    index: int
    value: Value
    said: PluginEntry

    @property
    def way(self) -> Loc:
        """The way to its configuration: a section of its own, or the key ``config``."""
        keys = self.value.keys
        return (self.said.use,) if keys.get("use") == keys.get("config") else ("plugins", self.index, "config")

    def at(self, key: str) -> tuple[Place, Loc]:
        """Where `key` stands in the file and in the document; the entry itself where it is left out."""
        return self.value.follow((key,))[1].place, ("plugins", self.index, key)


class _Check:
    """One check of one document; `problems` grow while it goes on."""

    def __init__(self, document: Value, plugins: Plugins, locale: str) -> None:
        self._document = document
        self._plugins = plugins
        self._locale = locale
        self.problems: list[Problem] = []

    def everything(self) -> tuple[HubConfig | None, tuple[InstanceSpec, ...]]:
        """The settings and the instances, as far as they are right."""
        settings, self.problems = checked(HubConfig, self._document, (), self._locale)
        entries = list(self._listed())
        off = {("plugins", one.index) for one in entries if not one.said.enabled}
        read = (item for item in self._document.walk() if item[0][:2] not in off)
        self.problems += [below(loc, one) for loc, value in read for one in value.faults]
        self._teams()
        self._names(entries)
        instances = tuple(spec for spec in map(self._instance, entries) if spec is not None)
        if settings is not None:
            for spec in (one for one in instances if one.enabled):
                for way, message in spec.cls.misfits(spec.config, settings, self._locale):
                    steps, _, place = self._document.follow(("plugins", spec.position, "config", *way))
                    self.problems.append(problem(place, message, steps))
        if not self.problems:
            try:
                start_order({spec.name: spec.cls for spec in instances if spec.enabled})
            except ConfigError as error:
                self._pass_on(error, self._document.follow(("plugins",))[2], ("plugins",))
        return settings, instances

    def _listed(self) -> Iterator[_Entry]:
        """The plugins of the document, those left out that do not say which they are.

        An entry with other mistakes is kept, so that its configuration is checked as well.
        """
        for index, item in enumerate(self._document.follow(("plugins",))[1].items):
            said, problems = checked(PluginEntry, item, (), self._locale)
            if problems:
                names = {key: value for key, value in item.mapping.items() if key in ("use", "as")}
                said, _ = checked(PluginEntry, replace(item, data=names), (), self._locale)
            if said is not None:
                yield _Entry(index, item, said)

    def _tell(self, at: tuple[Place, Loc], code: str, hint: str = "", **facts: object) -> None:
        self.problems.append(below(at[1], fault(self._locale, at[0], code, hint, **facts)))

    def _pass_on(self, error: ConfigError, place: Place, loc: Loc, hint: str = "") -> None:
        """Tell of a plugin's code where the document names the plugin; its own place goes into the text."""
        for one in error.problems:
            source = f"{one.file}:{one.line}: " if one.file else ""
            self.problems.append(problem(place, source + one.message, loc, hint or one.hint))

    def _unique(self, names: Iterable[tuple[str, Place, Loc]], code: str) -> dict[str, Place]:
        """Where each name stands first; standing once more it is a problem."""
        first: dict[str, Place] = {}
        for name, place, loc in names:
            if first.setdefault(name, place) is not place:
                self._tell((place, loc), code, name=name, other=first[name])
        return first

    def _teams(self) -> None:
        ids = [team.mapping.get("id") for team in self._document.follow(("teams",))[1].items]
        written = ((at, one) for at, one in enumerate(ids) if one is not None and isinstance(one.data, str))
        known = self._unique(((str(one.data), one.place, ("teams", at, "id")) for at, one in written), "same_team")
        teams = [*known] if ids else HubConfig().team_ids
        for way, wanted in self._document.walk():
            named = way == ("service", "default_team") or (way[0:3:2] == ("agents", "teams") and len(way) == 4)
            if named and isinstance(wanted.data, str) and wanted.data not in ("", *teams) and not wanted.faults:
                hint = did_you_mean(self._locale, wanted.data, teams)
                self._tell((wanted.place, way), "unknown_team", hint, name=wanted.data)

    def _names(self, entries: list[_Entry]) -> None:
        named = [(one.said.name, one.at("as" if "as" in one.value.mapping else "use")) for one in entries]
        for name, at in named:
            if not re.fullmatch(NAME, name):
                self._tell(at, "bad_name", name=repr(name))
        self._unique(((name, *at) for name, at in named if re.fullmatch(NAME, name)), "same_name")

    def _instance(self, entry: _Entry) -> InstanceSpec | None:
        """The instance; None where it is wrong, or switched off and incomplete."""
        before, said = len(self.problems), entry.said
        cls = self._plugin(entry)
        config = None if cls is None else self._config(cls, entry)
        if not said.enabled:
            del self.problems[before:]
        if cls is None or config is None:
            return None
        folder = entry.value.place.folder.resolve()
        return InstanceSpec(said.name, said.use, cls, config, folder, entry.index, said.required, said.enabled)

    def _plugin(self, entry: _Entry) -> type[Plugin[Any]] | None:
        name, at = entry.said.use, entry.at("use")
        install = say(self._locale, "install", extra=name) if name in OURS else ""
        if name not in self._plugins:
            known = ", ".join(sorted(self._plugins))
            others = say(self._locale, "known_plugins", names=known) if known else say(self._locale, "no_plugins")
            hint = install or did_you_mean(self._locale, name, self._plugins) or others
            self._tell(at, "unknown_plugin", hint, name=name)
            return None
        try:
            cls = load_plugin(name, self._plugins)
            check_plugin(entry.said.name, cls, VERSION)
        except ConfigError as error:
            missing = isinstance(error.__cause__, ModuleNotFoundError)
            self._pass_on(error, *at, install if missing else "")
            return None
        return cls

    def _config(self, cls: type[Plugin[Any]], entry: _Entry) -> PluginConfig | None:
        given = entry.value.mapping.get("config", Value(entry.value.place, {}))
        if given.data is None:
            given = replace(given, data={})
        config, problems = checked(cls.Config, given, entry.way, self._locale)
        self.problems += problems
        return config
