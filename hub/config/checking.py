"""Holds a document against a pydantic model and tells what is wrong, where, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from hub.calling import attempt
from hub.config.tree import Loc, Value, problem
from hub.config.words import did_you_mean, has, say
from hub.errors import Problem
from hub.log import HIDDEN

M = TypeVar("M", bound=BaseModel)
MANY: Final = 12
WHOLE_WORDS: Final = 4
_SECRETS: Final = frozenset({SecretStr, SecretBytes})


def checked(model: type[M], value: Value, loc: Loc, locale: str) -> tuple[M | None, list[Problem]]:
    """The model filled from `value`, or the problems. `loc` is the way to `value` in the whole document."""
    tried = attempt(model.model_validate, value.plain())
    if tried.error is None:
        return tried.value, []
    if isinstance(tried.error, ValidationError):
        errors = tried.error.errors(include_url=False, include_input=False)
        problems = [found for error in errors for found in _problems(model, value, loc, error, locale)]
    else:
        problems = [problem(value.place, f"{type(tried.error).__name__}: {tried.error}", loc)]
    inside = list(value.walk())
    texts = ((way, inner.data) for way, inner in inside if isinstance(inner.data, str))
    secrets = {text for way, text in texts if _SECRETS & set(_types_at(model, way))}
    secrets.update(secret for _, inner in inside for secret in inner.secrets)
    return None, [replace(one, message=hide(one.message, secrets)) for one in problems]


def hide(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of the `secrets`. Very short ones are hidden as whole words only, or nothing could be read."""
    for secret in sorted(secrets, key=len, reverse=True):
        for form in {secret, repr(secret)[1:-1], secret.strip()} - {""}:
            pattern = re.escape(form)
            text = re.sub(pattern if len(form) >= WHOLE_WORDS else rf"(?<!\w){pattern}(?!\w)", HIDDEN, text)
    return text


def _problems(model: type[BaseModel], value: Value, loc: Loc, error: ErrorDetails, locale: str) -> Iterator[Problem]:
    kind, context, way = error["type"], error.get("ctx", {}), error["loc"]
    steps, inner, key_place = value.follow(way)
    place, hint = inner.place, ""
    if inner.faults and not isinstance(inner.data, (dict, list)) and kind != "extra_forbidden":
        # What an unset variable leaves behind is no second problem.
        return
    if kind == "extra_forbidden":
        place, known = key_place, _keys_at(model, way[:-1])
        hint = did_you_mean(locale, str(way[-1]), known) or _known_keys(known, locale)
    elif kind == "missing":
        place, steps = key_place, (*steps, way[-1])
    elif kind == "string_type" and isinstance(inner.data, (int, float)):
        hint = say(locale, "quote_it")
    elif kind == "timezone":
        hint = say(locale, "timezone_hint")
    message = say(locale, kind, **context) if has(kind) else str(context.get("error", error["msg"]))
    yield problem(place, message, (*loc, *steps), hint)


def _known_keys(known: Iterable[str], locale: str) -> str:
    names = sorted(known)
    if not names:
        return say(locale, "no_keys")
    return say(locale, "known_keys", names=", ".join(names[:MANY] + ["…"] * (len(names) > MANY)))


def _keys_at(model: type[BaseModel], loc: Loc) -> set[str]:
    """The keys that may stand in the mapping at `loc` of a document of `model`."""
    models = [kind for kind in _types_at(model, loc) if _is_model(kind)]
    return {field.alias or name for kind in models for name, field in kind.model_fields.items()}


def _types_at(model: type[BaseModel], loc: Loc) -> list[Any]:
    """The types that may stand at `loc` of a document of `model`, none of them a union or annotated."""
    here: list[Any] = [model]
    for step in loc:
        # A step that leads nowhere is the branch of a union, which is looked into anyway.
        here = [branch for kind in here for inner in _inside(kind, step) for branch in _flat(inner)] or here
    return here


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _flat(kind: Any) -> list[Any]:
    """The branches of a union, without annotations around them."""
    if get_origin(kind) not in (Annotated, Union, UnionType):
        return [kind]
    branches = get_args(kind)[:1] if get_origin(kind) is Annotated else get_args(kind)
    return [inner for branch in branches for inner in _flat(branch)]


def _inside(kind: Any, step: str | int) -> Iterator[Any]:
    """What stands at `step` in a value of type `kind`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if _is_model(kind):
        yield from (field.annotation for name, field in kind.model_fields.items() if step in (name, field.alias))
    elif isinstance(origin, type) and issubclass(origin, Mapping) and len(arguments) == 2:
        yield arguments[1]
    elif isinstance(step, int) and arguments:
        yield arguments[0]
