"""Holds a document against a pydantic model and tells what is wrong, where, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from hub.calling import attempt
from hub.config.tree import Loc, Place, Value, dotted
from hub.config.words import did_you_mean, has, say
from hub.errors import Problem
from hub.log import HIDDEN

M = TypeVar("M", bound=BaseModel)
MANY: Final = 12
WHOLE_WORDS: Final = 4
_SECRETS: Final = frozenset({SecretStr, SecretBytes})


def checked(model: type[M], value: Value, loc: Loc, locale: str) -> tuple[M | None, list[Problem]]:
    """The model filled from `value`, or the problems. `loc` is the way to `value` in the whole document."""
    tried = attempt(partial(model.model_validate, value.plain()))
    if tried.error is None:
        return tried.value, []
    secrets = value.all_secrets() | _declared_secrets(model, value)
    if not isinstance(tried.error, ValidationError):
        return None, [problem_at(value.place, hide(f"{type(tried.error).__name__}: {tried.error}", secrets), loc)]
    errors = tried.error.errors(include_url=False, include_input=False)
    problems = [_problem(model, value, loc, error, locale) for error in errors if not _told_already(value, error)]
    return None, [replace(problem, message=hide(problem.message, secrets)) for problem in problems]


def problem_at(place: Place, message: str, loc: Loc, hint: str = "") -> Problem:
    """A problem at a place of the document."""
    return Problem(message, place.file, place.line, place.column, dotted(loc), hint)


def faults_of(value: Value) -> list[tuple[Loc, Problem]]:
    """What was already wrong while reading, each with the way to it."""
    return [
        (loc, problem_at(fault.place, fault.message, (*loc, fault.key) if fault.key else loc, fault.hint))
        for loc, inner in value.walk()
        for fault in inner.faults
    ]


def hide(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of the `secrets`. Very short ones are hidden as whole words only, or nothing could be read."""
    for secret in sorted(secrets, key=len, reverse=True):
        for form in {secret, repr(secret)[1:-1], secret.strip()} - {""}:
            pattern = re.escape(form)
            text = re.sub(pattern if len(form) >= WHOLE_WORDS else rf"(?<!\w){pattern}(?!\w)", HIDDEN, text)
    return text


def _told_already(value: Value, error: ErrorDetails) -> bool:
    """Whether it is about a scalar with a fault: what an unset variable leaves behind is no second problem."""
    inner = value.follow(error["loc"])[1]
    return bool(inner.faults) and not isinstance(inner.data, (dict, list)) and error["type"] != "extra_forbidden"


def _declared_secrets(model: type[BaseModel], value: Value) -> frozenset[str]:
    """The texts that stand where the model has a SecretStr."""
    texts = ((loc, inner.data) for loc, inner in value.walk() if isinstance(inner.data, str))
    return frozenset(text for loc, text in texts if _SECRETS & set(_types_at(model, loc)))


def _problem(model: type[BaseModel], value: Value, loc: Loc, error: ErrorDetails, locale: str) -> Problem:
    kind, context = error["type"], error.get("ctx", {})
    steps, inner, key_place = value.follow(error["loc"])
    place, hint = inner.place, ""
    if kind == "extra_forbidden":
        place = key_place
        known = _keys_at(model, error["loc"][:-1])
        hint = did_you_mean(locale, str(error["loc"][-1]), known) or _known_keys(known, locale)
    elif kind == "missing":
        place, steps = key_place, (*steps, error["loc"][-1])
    elif kind == "string_type" and isinstance(inner.data, (int, float)):
        hint = say(locale, "quote_it")
    elif kind == "timezone":
        hint = say(locale, "timezone_hint")
    message = say(locale, kind, **context) if has(kind) else str(context.get("error", error["msg"]))
    return problem_at(place, message, (*loc, *steps), hint)


def _known_keys(known: Iterable[str], locale: str) -> str:
    names = sorted(known)
    if not names:
        return say(locale, "no_keys")
    more = ", …" if len(names) > MANY else ""
    return say(locale, "known_keys", names=", ".join(names[:MANY]) + more)


def _keys_at(model: type[BaseModel], loc: Loc) -> set[str]:
    """The keys that may stand in the mapping at `loc` of a document of `model`."""
    models = [kind for kind in _types_at(model, loc) if _is_model(kind)]
    return {field.alias or name for kind in models for name, field in kind.model_fields.items()}


def _types_at(model: type[BaseModel], loc: Loc) -> list[Any]:
    """The types that may stand at `loc` of a document of `model`."""
    here: list[Any] = [model]
    for step in loc:
        # A step that leads nowhere is the branch of a union, which is looked into anyway.
        here = [inner for kind in here for inner in _inside(kind, step)] or here
    return [kind for outer in here for kind in _flat(outer)]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _flat(kind: Any) -> list[Any]:
    """The branches of a union, without annotations around them."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _flat(get_args(kind)[0])
    if origin in (Union, UnionType):
        return [branch for inner in get_args(kind) for branch in _flat(inner)]
    return [kind]


def _inside(kind: Any, step: str | int) -> list[Any]:
    """What stands at `step` in a value of type `kind`."""
    found: list[Any] = []
    for branch in _flat(kind):
        arguments = get_args(branch)
        origin = get_origin(branch)
        if _is_model(branch):
            fields = branch.model_fields.items()
            found += [field.annotation for name, field in fields if step in (name, field.alias)]
        elif isinstance(origin, type) and issubclass(origin, Mapping) and len(arguments) == 2:
            found.append(arguments[1])
        elif isinstance(step, int) and arguments:
            found.append(arguments[0])
    return found
