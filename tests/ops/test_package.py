"""hub_ops is written as a third party would write it."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import hub_ops

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-plugin.md"


def test_it_uses_only_public_names_of_documented_modules() -> None:
    page = PAGE.read_text("utf-8")
    used: set[tuple[str, str]] = set()
    for file in Path(hub_ops.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "hub":
                used |= {(node.module, alias.name) for alias in node.names}
    assert {module for module, _ in used} == {"hub", "hub.commands", "hub.pages", "hub.watching"}
    assert [module for module, _ in used if module != "hub" and f"`{module}`" not in page] == []
    assert [name for module, name in used if name not in importlib.import_module(module).__all__] == []
