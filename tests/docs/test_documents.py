"""The documents say what the code does."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

import hub
from hub.config import HubConfig
from hub.message import Body

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CONTRIBUTING.md"])
TEXTS = {".py", ".md", ".json", ".toml", ".yaml", ".lock", ".ts", ".tsx", ".vue", ".txt", ""}


def module_at(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_hook_reference_is_the_code() -> None:
    assert (DOCS / "hooks.md").read_text("utf-8") == module_at(DOCS / "generate_hooks.py").render()


def fields(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from fields(inner)


def test_every_key_of_the_configuration_is_documented() -> None:
    text = (DOCS / "configuration.md").read_text("utf-8")
    assert [name for name in fields(HubConfig) if not re.search(rf"[`.#\s]{name}\b", text)] == []


def test_every_public_name_exists_and_is_documented() -> None:
    text = (DOCS / "writing-a-plugin.md").read_text("utf-8")
    assert [name for name in hub.__all__ if not hasattr(hub, name)] == []
    assert [name for name in hub.__all__ if f"`{name}`" not in text] == []


def test_every_element_is_documented() -> None:
    text = (DOCS / "concepts.md").read_text("utf-8")
    kinds: Any = Body.__args__[0].__args__  # type: ignore[attr-defined]
    for kind in kinds:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{kind.__struct_config__.tag}`"))
        assert [name for name in kind.__struct_fields__ if f"`{name}`" not in row] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    near = [link for link in links if "://" not in link]
    assert [link for link in near if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_commands_that_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`?make ([a-z]+)", text)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    assert "make demo" in text
    assert "make test" in text
    assert "hub serve --config config/demo.yaml --port 8080 --data var" in text


@pytest.mark.parametrize("pages", ["desk", "widget"])
def test_both_languages_have_the_same_words(pages: str) -> None:
    def keys(value: Any, path: str = "") -> set[str]:
        if isinstance(value, dict):
            return {found for name, inner in value.items() for found in keys(inner, f"{path}.{name}")}
        return {path}

    folder = ROOT / "frontend" / pages / "src" / "locales"
    chinese, english = (json.loads((folder / f"{name}.json").read_text("utf-8")) for name in ("zh-CN", "en"))
    assert keys(chinese) ^ keys(english) == set()


def test_nothing_names_a_machine_or_a_package_host() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    telling = re.compile(r"(?<![\w.])/(?:wor[k]|far[m]|roo[t])/|file[s]\.pythonhosted|registry\.npm[j]s|pypi\.or[g]/simple")
    found = []
    for name in listed.split("\n"):
        path = ROOT / name
        if path.is_file() and path.suffix in TEXTS:
            found += [name] if telling.search(path.read_text("utf-8", "replace")) else []
    assert found == []
