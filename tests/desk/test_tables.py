"""Tables of a plugin's own are named after it, and refused when they are not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from hub import ConfigError, Plugin, PluginConfig
from hub.store.apps import apps_of
from hub.testing.clock import ManualClock
from hub_desk import Desk
from tests.desk.kit import open_house


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


class Wall(Plugin[PluginConfig]):
    tables: ClassVar[tuple[str, ...]] = ("hub_media.tables", "bell_tower.tables")


class OtherTower(Plugin[PluginConfig]):
    tables: ClassVar[str] = "bell_tower.others"


def test_a_hub_has_the_tables_of_all_its_plugins_each_once(package: Path) -> None:
    (package / "tables.py").write_text(MODEL.format(name="bell_tower_ring"))
    apps = apps_of([Desk, Tower, Plugin, Tower])
    assert apps == {"hub": "hub.store.models", "hub_desk": "hub_desk.tables", "bell_tower": "bell_tower.tables"}


def test_a_plugin_may_have_the_tables_of_a_library_it_uses_too(package: Path) -> None:
    (package / "tables.py").write_text(MODEL.format(name="bell_tower_ring"))
    wanted = {"hub": "hub.store.models", "hub_media": "hub_media.tables", "bell_tower": "bell_tower.tables"}
    assert apps_of([Wall, Tower]) == wanted


@pytest.mark.parametrize("name", ["agent", "desk_session", "ring"])
def test_a_table_that_could_be_somebody_elses_is_refused(package: Path, name: str) -> None:
    (package / "tables.py").write_text(MODEL.format(name=name))
    with pytest.raises(ConfigError, match=f"'{name}' of Tower should be called bell_tower_{name}"):
        apps_of([Tower])


@pytest.mark.parametrize("where", ["table", "field"])
def test_a_semicolon_that_would_break_the_migration_is_refused(package: Path, where: str) -> None:
    described = MODEL.format(name="bell_tower_ring").replace("fields.IntField(", "fields.IntField(description='first; last', ")
    documented = MODEL.format(name="bell_tower_ring").replace("(Model):", '(Model):\n    """It rings; often."""')
    (package / "tables.py").write_text(documented if where == "table" else described)
    with pytest.raises(ConfigError, match="descriptions of 'bell_tower_ring' of Tower must be without ';'"):
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


async def test_ids_go_on_after_those_in_a_plugins_tables_too(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await house.agent("root", "admin")
        last = await house.hub.store.reader.value("SELECT max(id) FROM desk_audit")
    async with open_house(tmp_path, clock=ManualClock(1_700_000_000.0)) as house:
        assert house.hub.store.ids.next() > last
