"""No hook without a test by its name, and none whose signature the reference has not."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from hub.hooks import Hooks, hook_names, rules_of

HERE = Path(__file__).parent
REFERENCE = HERE.parents[1] / "docs" / "hooks.md"


def written_tests() -> set[str]:
    trees = [ast.parse(path.read_text("utf-8")) for path in HERE.glob("test_*.py")]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.AsyncFunctionDef)}


@pytest.mark.parametrize("hook", hook_names())
def test_each_hook_has_a_test_by_its_name(hook: str) -> None:
    assert [name for name in written_tests() if name.startswith(f"test_{hook}_")], f"no test_{hook}_… in {HERE.name}/"


@pytest.mark.parametrize("hook", hook_names())
def test_the_reference_has_each_hook_as_it_is(hook: str) -> None:
    function, rules = getattr(Hooks, hook), rules_of(hook)
    signature = inspect.signature(function)
    bare = signature.replace(parameters=[one for one in signature.parameters.values() if one.name != "self"])
    section = squeezed(REFERENCE.read_text("utf-8").split(f"\n### {hook}\n")[1].split("\n### ")[0])
    assert squeezed(f"async def {hook}{bare}".replace("'", "")) in section
    assert squeezed(f"mode `{rules.mode}` · deadline {rules.deadline:g} s · on_error `{rules.on_error}`") in section
    assert squeezed(inspect.getdoc(function) or "no docstring") in section


def squeezed(text: str) -> str:
    """Without blanks: lines may be broken anywhere."""
    return "".join(text.split()).replace(",)", ")")
