"""Every name people meet is explained: public names, what channels can, commands, services of the context."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import hub
from hub.hooks import hook_names
from hub.plugin import Limits
from hub_cli.command_line import Word, make_parser

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "writing-a-plugin.md").read_text("utf-8")


def made_here(name: str) -> bool:
    """Classes and functions have docstrings; aliases such as `Body` are explained where they are defined."""
    value = getattr(hub, name)
    return isinstance(value, type) or (callable(value) and hasattr(value, "__code__"))


@pytest.mark.parametrize("name", [name for name in hub.__all__ if made_here(name)])
def test_each_public_name_has_a_docstring_of_its_own(name: str) -> None:
    value: Any = getattr(hub, name)
    text = vars(value).get("__doc__") if isinstance(value, type) else value.__doc__
    assert text
    # What dataclasses write by themselves explains nothing.
    assert not text.startswith(f"{name}(")


@pytest.mark.parametrize("name", [name for name in hub.__all__ if made_here(name)])
def test_each_public_method_has_a_docstring(name: str) -> None:
    value: Any = getattr(hub, name)
    if isinstance(value, type):
        own = {key: method for key, method in vars(value).items() if not key.startswith("_")}
        methods = {key: method for key, method in own.items() if callable(method) or isinstance(method, property | classmethod)}
        assert [key for key, method in methods.items() if not isinstance(method, type) and not method.__doc__] == []


def fields(struct: Any) -> Iterator[str]:
    found = msgspec.structs.fields(struct) if hasattr(struct, "__struct_fields__") else dataclasses.fields(struct)
    return (field.name for field in found)


def test_what_a_channel_can_and_may_is_documented() -> None:
    can = ("send", *hub.plugin._OPTIONAL)
    assert [name for name in sorted(can) if f"| `{name}` |" not in GUIDE] == []
    assert [name for name in fields(Limits) if f"| `{name}` |" not in GUIDE] == []


def test_what_a_context_gives_is_documented() -> None:
    services = [name for name in vars(hub.Context) if not name.startswith("_")]
    table = GUIDE.split("## What the context gives")[1].split("\n## ")[0]
    assert [name for name in services if f"`{name}`" not in table] == []


def commands(parser: argparse.ArgumentParser, before: str = "hub") -> Iterator[str]:
    assert isinstance(parser, Word)
    parser.fill()
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield before
    for group in groups:
        for name, inner in group.choices.items():
            yield from commands(inner, f"{before} {name}")


@pytest.mark.parametrize("command", list(commands(make_parser("en"))))
def test_each_command_is_documented(command: str) -> None:
    assert f"`{command}" in (DOCS / "configuration.md").read_text("utf-8")


def test_each_hook_is_documented() -> None:
    assert [name for name in hook_names() if f"### {name}\n" not in (DOCS / "hooks.md").read_text("utf-8")] == []
