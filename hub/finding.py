"""Which plugins there are, whether one fits this hub, and in which order instances start."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from hub.calling import attempt
from hub.errors import ConfigError, Problem
from hub.implementations import check_hooks, did_you_mean
from hub.plugin import Plugin

GROUP: Final = "hub.plugins"
WORDS: Final = "hub.commands"


def installed() -> dict[str, EntryPoint]:
    """The plugins that are installed, by name, none of them imported."""
    return {point.name: point for point in entry_points(group=GROUP)}


def brought_words() -> dict[str, list[EntryPoint]]:
    """The words of the command line that installed packages bring, none of them imported; one by several is in doubt."""
    found: dict[str, list[EntryPoint]] = {}
    for point in sorted(entry_points(group=WORDS)):
        found.setdefault(point.name, []).append(point)
    return found


def load_plugin(name: str, known: Mapping[str, EntryPoint | type[Plugin[Any]]]) -> type[Plugin[Any]]:
    """Import the plugin `name`. Raises ConfigError when there is none, or when it cannot be imported."""
    found = known.get(name)
    if found is None:
        raise ConfigError([Problem(f"there is no plugin {name!r}", hint=did_you_mean(name, sorted(known)))])
    if isinstance(found, EntryPoint):
        loaded = attempt(found.load)
        if loaded.error is not None:
            raise ConfigError([_not_loadable(found, loaded.error)]) from loaded.error
        found = loaded.value
    if not (inspect.isclass(found) and issubclass(found, Plugin)):
        raise ConfigError(f"the plugin {name!r} is {found!r}, not a subclass of hub.Plugin")
    return found


def _not_loadable(point: EntryPoint, error: Exception) -> Problem:
    missing = isinstance(error, ModuleNotFoundError)
    distribution = point.dist.name if point.dist is not None else "its distribution"
    hint = f"is the extra installed? {distribution}[{point.name}]" if missing else ""
    return Problem(f"the plugin {point.name!r} cannot be imported: {type(error).__name__}: {error}", hint=hint)


def check_plugin(instance: str, cls: type[Plugin[Any]], version: str) -> None:
    """Raise ConfigError when `cls` does not fit a hub of this `version`, or is written wrongly."""
    try:
        fits = SpecifierSet(cls.requires_hub).contains(version, prereleases=True)
    except InvalidSpecifier as error:
        raise ConfigError(f"instance {instance!r}: {cls.__name__}.requires_hub is not a specifier: {error}") from error
    if not fits:
        raise ConfigError(f"instance {instance!r}: {cls.__name__} needs a hub {cls.requires_hub}, this is {version}")
    if inspect.isasyncgenfunction(cls.run) or inspect.iscoroutinefunction(cls.run):
        code = cls.run.__code__
        problem = f"instance {instance!r}: {cls.__name__}.run is not an async context manager"
        raise ConfigError([Problem(problem, code.co_filename, code.co_firstlineno, hint="add @asynccontextmanager")])
    check_hooks(instance, cls)


def start_order(classes: Mapping[str, type[Plugin[Any]]]) -> list[str]:
    """The instances in the order given, moved behind what they need.

    Raises ConfigError when a needed family has no instance, and for a circle.
    """
    needs = {name: {other for group in groups_of(name, classes).values() for other in group} for name in classes}
    order: list[str] = []
    while len(order) < len(classes):
        ready = next((name for name in classes if name not in order and needs[name] <= set(order)), None)
        if ready is None:
            rest = [name for name in classes if name not in order]
            raise ConfigError(f"these instances need each other in a circle: {', '.join(_circle(rest, needs))}")
        order.append(ready)
    return order


def groups_of(name: str, classes: Mapping[str, type[Plugin[Any]]]) -> dict[str, tuple[str, ...]]:
    """What instance `name` needs: the family's class name, and the instances that can be it."""
    groups: dict[str, tuple[str, ...]] = {}
    for family in classes[name].needs:
        group = tuple(other for other, cls in classes.items() if other != name and issubclass(cls, family))
        if not group:
            raise ConfigError(f"instance {name!r} needs a {family.__name__}, and none is configured")
        groups[family.__name__] = group
    return groups


def _circle(rest: Sequence[str], needs: Mapping[str, set[str]]) -> list[str]:
    """One circle among `rest`, from its first member back to it."""
    way = [rest[0]]
    while True:
        step = min(needs[way[-1]] & set(rest), key=rest.index)
        if step in way:
            return [*way[way.index(step) :], step]
        way.append(step)
