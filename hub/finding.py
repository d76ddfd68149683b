"""Which plugins there are, whether one fits this hub, and in which order instances start."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from hub.calling import attempt
from hub.errors import ConfigError, Problem
from hub.implementations import check_hooks, did_you_mean
from hub.plugin import Plugin

GROUP: Final = "hub.plugins"


def installed() -> dict[str, EntryPoint]:
    """The plugins that are installed, by name, none of them imported."""
    return {point.name: point for point in entry_points(group=GROUP)}


def load_plugin(name: str, known: Mapping[str, EntryPoint | type[Plugin[Any]]]) -> type[Plugin[Any]]:
    """Import the plugin `name`. Raises ConfigError when there is none, or when it cannot be imported."""
    found = known.get(name)
    if found is None:
        raise ConfigError([Problem(f"there is no plugin {name!r}", hint=did_you_mean(name, sorted(known)))])
    if isinstance(found, EntryPoint):
        loaded = attempt(found.load)
        if loaded.error is not None:
            distribution = found.dist.name if found.dist is not None else "its distribution"
            missing = isinstance(loaded.error, ModuleNotFoundError)
            hint = f"is the extra installed? {distribution}[{name}]" if missing else ""
            why = f"{type(loaded.error).__name__}: {loaded.error}"
            raise ConfigError([Problem(f"the plugin {name!r} cannot be imported: {why}", hint=hint)]) from loaded.error
        found = loaded.value
    if not (inspect.isclass(found) and issubclass(found, Plugin)):
        raise ConfigError(f"the plugin {name!r} is {found!r}, not a subclass of hub.Plugin")
    return found


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
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        raise ConfigError(f"these instances need each other in a circle: {', '.join(error.args[1])}") from None
    order: list[str] = []
    while len(order) < len(classes):
        order.append(next(name for name in classes if name not in order and needs[name] <= set(order)))
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
