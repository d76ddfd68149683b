"""Tables of a plugin's own: named after it, made by its migrations as its models say, and refused when they are not."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.api import migrate

from hub import ConfigError, Plugin, PluginConfig
from hub.store.apps import apps_of
from hub.store.store import tortoise_config
from hub_desk import Desk

Schema = dict[str, Any]


async def schema(database: str, *, generated: bool) -> Schema:
    """The workbench's tables, with their columns and indexes, made by the models or by the migrations."""

    async def run() -> Schema:
        config = tortoise_config(database, apps_of([Desk]))
        context = TortoiseContext()
        with context:
            if not generated:
                await migrate(config=config)
            await context.init(config=config)
            if generated:
                await context.generate_schemas(safe=False)
            connection = context.connections.get("default")

            async def ask(sql: str) -> list[tuple[Any, ...]]:
                return [tuple(row.values()) for row in await connection.execute_query_dict(sql)]

            found: Schema = {}
            for (name,) in await ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'desk%'"):
                indexes = await ask(f"SELECT i.[unique], x.name FROM pragma_index_list('{name}') i, pragma_index_info(i.name) x")
                found[name] = (await ask(f"PRAGMA table_info({name})"), sorted(indexes))
        await context.close_connections()
        return found

    return await asyncio.create_task(run())


async def test_the_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    wanted = await schema(str(tmp_path / "generated.db"), generated=True)
    assert set(wanted) == {"desk_audit", "desk_invitation", "desk_password", "desk_sent_once", "desk_session"}
    assert await schema(str(tmp_path / "migrated.db"), generated=False) == wanted


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package on the path, to be filled."""
    folder = tmp_path / "bell_tower"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "bell_tower"]:
        del sys.modules[name]


MODEL = """
from tortoise import fields
from tortoise.models import Model

class Ring(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "{name}"
"""


class Tower(Plugin[PluginConfig]):
    tables: ClassVar[str] = "bell_tower.tables"


class OtherTower(Plugin[PluginConfig]):
    tables: ClassVar[str] = "bell_tower.others"


def test_a_hub_has_the_tables_of_all_its_plugins_each_once(package: Path) -> None:
    (package / "tables.py").write_text(MODEL.format(name="bell_tower_ring"))
    apps = apps_of([Desk, Tower, Plugin, Tower])
    assert apps == {"hub": "hub.store.models", "hub_desk": "hub_desk.tables", "bell_tower": "bell_tower.tables"}


@pytest.mark.parametrize("name", ["agent", "desk_session", "ring"])
def test_a_table_that_could_be_somebody_elses_is_refused(package: Path, name: str) -> None:
    (package / "tables.py").write_text(MODEL.format(name=name))
    with pytest.raises(ConfigError, match=f"'{name}' of Tower should be called bell_tower_{name}"):
        apps_of([Tower])


def test_tables_that_cannot_be_imported_are_refused(package: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be imported: No module named"):
        apps_of([Tower])
    (package / "tables.py").write_text("1 / 0")
    with pytest.raises(ConfigError, match="cannot be imported: division by zero"):
        apps_of([Tower])


def test_a_package_has_one_module_of_tables(package: Path) -> None:
    for name in ("tables", "others"):
        (package / f"{name}.py").write_text(MODEL.format(name="bell_tower_ring"))
    with pytest.raises(ConfigError, match=r"are in bell_tower\.tables already"):
        apps_of([Tower, OtherTower])
