"""Small conditions in a policy: ``customer.tier in ['black', 'gold']``, ``ewt > 300s or waiting > 50``.

A condition is looked at when the policy is loaded: what it may name and call is known then, so a wrong name is an error of the
document and not of a customer's evening.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter, WithJsonSchema
from pydantic_core import PydanticCustomError
from simpleeval import EvalWithCompoundTypes, InvalidExpression

from hub import Duration

LONGEST: Final = 500
_SECONDS: Final = TypeAdapter[float](Duration)
_DURATION: Final = re.compile(r"(?<![\w.'\"])(\d+(?:\.\d+)?)(ms|s|m|h|d|w)\b")
_TEXTS: Final = re.compile(r"('[^'\\]*'|\"[^\"\\]*\")")
_ALLOWED: Final = (
    ast.Expression, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Compare, ast.Constant, ast.Name, ast.Attribute, ast.List, ast.Tuple,
    ast.Load, ast.boolop, ast.unaryop, ast.cmpop, ast.Add, ast.Sub, ast.Mult, ast.Div,
)  # fmt: skip


class _Facts:
    """What may be asked of a customer or a case: known facts, and "" for those nobody knows."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._facts.get(name, "")


class Condition:
    """One condition; `text` is as it was written."""

    def __init__(self, text: str) -> None:
        self.text = text
        parts = _TEXTS.split(text)
        # What stands between quotes is a text, also where it looks like a duration.
        parts[::2] = [_DURATION.sub(lambda one: repr(_SECONDS.validate_python(one[0])), part) for part in parts[::2]]
        self._source = "".join(parts).strip()
        self._tree = ast.parse(self._source, mode="eval").body if self._source else None
        # One for all questions: to make it costs more than to ask.
        self._asked = EvalWithCompoundTypes(names={}, functions={})

    def names(self) -> set[str]:
        """What it asks for, such as ``customer`` and ``ewt``."""
        return {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)} if self._tree is not None else set()

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Is it so? A comparison that makes no sense (a text with a number) does not hold; an empty condition always does."""
        if self._tree is None:
            return True
        names = {name: _Facts(fact) if isinstance(fact, Mapping) else fact for name, fact in facts.items()}
        try:
            self._asked.names = names
            return bool(self._asked.eval(self._source, previously_parsed=self._tree))
        except (InvalidExpression, TypeError, ZeroDivisionError):
            return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def condition(text: Any, known: frozenset[str]) -> Condition:
    """A condition that names only what is `known`. Raises PydanticCustomError that says what is wrong."""
    if isinstance(text, Condition):
        return text
    if not isinstance(text, str):
        raise PydanticCustomError("condition", "Input should be a condition in quotes")
    if len(text) > LONGEST:
        raise PydanticCustomError("condition", "A condition has at most {most} characters", {"most": LONGEST})
    try:
        made = Condition(text)
    except (SyntaxError, ValueError) as error:
        why = error.msg if isinstance(error, SyntaxError) else str(error)
        raise PydanticCustomError("condition", "This condition cannot be read: {why}", {"why": why}) from error
    tree = ast.parse(made._source, mode="eval") if made._source else None
    for node in ast.walk(tree) if tree is not None else ():
        if not isinstance(node, _ALLOWED):
            what = type(node).__name__
            told = "A condition may compare, count and combine, but not use {what}"
            raise PydanticCustomError("condition", told, {"what": what})
    unknown = sorted(made.names() - known - {"True", "False", "None"})
    if unknown:
        facts = {"name": unknown[0], "known": ", ".join(sorted(known))}
        raise PydanticCustomError("condition", "{name} is nothing a condition knows here; it knows {known}", facts)
    return made


def _typed(*known: str) -> Any:
    names = frozenset(known)
    return Annotated[
        Any,
        BeforeValidator(lambda text: condition(text, names)),
        PlainSerializer(lambda made: made.text, return_type=str),
        WithJsonSchema({"type": "string"}),
    ]


WhoCondition = _typed("customer", "case")
"""About a customer and a case: ``customer.tier``, ``customer.<attribute>``, ``case.channel``, ``case.queue``, ``case.lang``."""

QueueCondition = _typed("ewt", "waiting", "longest", "agents", "customer", "case")
"""About a queue, also: ``ewt`` and ``longest`` in seconds, ``waiting`` customers, ``agents`` who could serve."""
