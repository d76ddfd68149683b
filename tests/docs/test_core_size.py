"""The core stays small: what it has more than this belongs to a plugin."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

CORE = Path(__file__).parents[2] / "hub"
APART = ("testing", "migrations")
MOST = 6000
LAYOUT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def lines_of_code(source: str) -> int:
    """Lines that hold code: no blank lines, no comments, no docstrings."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    code = {line for token in tokens if token.type not in LAYOUT for line in range(token.start[0], token.end[0] + 1)}
    return len(code - set(docstring_lines(source)))


def docstring_lines(source: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)


def test_only_code_is_counted() -> None:
    assert lines_of_code('"""What it is."""\n\n# why\nx = (\n    1,  # one\n)\n') == 3


def test_the_core_is_small() -> None:
    files = [path for path in CORE.rglob("*.py") if not set(APART) & set(path.relative_to(CORE).parts)]
    assert sum(lines_of_code(path.read_text("utf-8")) for path in files) <= MOST
