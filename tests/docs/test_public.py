"""Plugins use public names only, and the hub knows no plugin."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PUBLIC: Final = {
    "hub", "hub.commands", "hub.house", "hub.pages", "hub.server", "hub.stores", "hub.tables", "hub.watching",
}  # fmt: skip
FOR_PLUGINS: Final = {"hub_cli", "hub_realtime", "hub_windows"}
"""Packages that are no plugin and that plugins build on."""

PLUGINS: Final = sorted(path for path in (ROOT / "plugins").iterdir() if path.is_dir())


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """The modules a file imports, with the names taken from them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_uses_public_names_only(plugin: Path) -> None:
    foreign, wrong = {path.name for path in PLUGINS} - FOR_PLUGINS - {plugin.name}, []
    for path in plugin.rglob("*.py"):
        for module, name in imported(path):
            top = module.partition(".")[0]
            if (top == "hub" and (module not in PUBLIC or name.startswith("_"))) or top in foreign:
                wrong.append(f"{path.relative_to(ROOT)}: {module} {name}")
    assert wrong == []


def test_the_hub_imports_no_plugin() -> None:
    files = (ROOT / "hub").rglob("*.py")
    assert [path for path in files for module, _ in imported(path) if module.startswith("hub_")] == []
