"""Whose tables there are: the hub's own, and those of the plugins that have some."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from tortoise.models import Model

from hub.calling import attempt
from hub.errors import ConfigError
from hub.plugin import Plugin

OWN: Final = "hub"

Apps = dict[str, str]
"""Modules of models, by the label their migrations are kept under."""


def apps_of(plugins: Iterable[type[Plugin[Any]]]) -> Apps:
    """The tables of a hub with these plugins.

    Raises ConfigError for a module that cannot be imported, for a table that is not named after its plugin's package
    (``hub_desk``: ``desk_…``), so that no two plugins want the same, and for one that no migration could make.
    """
    apps = {OWN: "hub.store.models"}
    for cls in plugins:
        for module in (cls.tables,) if isinstance(cls.tables, str) else cls.tables:
            label = module.partition(".")[0]
            if apps.setdefault(label, module) != module:
                raise ConfigError(f"{cls.__name__}: the tables of {label} are in {apps[label]} already, not in {module}")
            _check(cls, label, module)
    return apps


def _check(cls: type[Plugin[Any]], label: str, module: str) -> None:
    loaded = attempt(importlib.import_module, module)
    if loaded.value is None:
        raise ConfigError(f"the tables {module!r} of {cls.__name__} cannot be imported: {loaded.error}") from loaded.error
    start = label.removeprefix("hub_") + "_"
    for meta in (model._meta for model in models_of({label: module})):
        if not meta.db_table.startswith(start):
            raise ConfigError(f"the table {meta.db_table!r} of {cls.__name__} should be called {start}{meta.db_table}")
        # They become comments in SQL, which Tortoise cuts into statements at every semicolon.
        told = (meta.table_description, *(field.description for field in meta.fields_map.values()))
        if any(";" in (text or "") for text in told):
            raise ConfigError(f"the docstring and descriptions of {meta.db_table!r} of {cls.__name__} must be without ';'")


def models_of(apps: Apps) -> Sequence[type[Model]]:
    """The tables of all these modules."""
    found = [(name, one) for name in apps.values() for one in vars(importlib.import_module(name)).values()]
    return [one for name, one in found if isinstance(one, type) and issubclass(one, Model) and one.__module__ == name]


def tortoise_apps(apps: Apps) -> dict[str, Any]:
    """The apps as Tortoise's configuration wants them; migrations are beside the models."""
    return {
        label: {"models": [name], "migrations": f"{name.rpartition('.')[0]}.migrations", "default_connection": "default"}
        for label, name in apps.items()
    }
