"""What a plugin class implements, and what is wrong with it, found before anything is called.

pluggy keeps marks, registrations and order options; the checks are made here because its messages name
neither the file nor the line, and it does not check the colour of a function.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Final, cast

import pluggy

from hub.errors import ConfigError, Problem
from hub.hooks import PROJECT, Hooks, hook_names

_MARK: Final = f"{PROJECT}_impl"
_HOOKS: Final = hook_names()


@dataclass(frozen=True, slots=True)
class Implementation:
    """A marked method: `attribute` of the class, the `hook` it implements and the marker's `options`."""

    attribute: str
    hook: str
    method: Any
    options: pluggy.HookimplOpts


class Manager(pluggy.PluginManager):
    """pluggy's manager for `Hooks`; an override of a marked method is an implementation without a mark of its own."""

    def __init__(self) -> None:
        super().__init__(PROJECT)
        self.add_hookspecs(Hooks)

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        """The options of the method `name`, from the nearest class that marked it."""
        return options_of(type(plugin), name)


def options_of(cls: type, name: str) -> pluggy.HookimplOpts | None:
    """The hookimpl options of ``cls.name``; None when it is not marked, or a subclass put it out of use by None."""
    found = [vars(base)[name] for base in cls.__mro__ if name in vars(base)]
    if not found or found[0] is None:
        return None
    for value in found:
        options = getattr(getattr(value, "__func__", value), _MARK, None)
        if isinstance(options, dict):
            return cast("pluggy.HookimplOpts", options)
    return None


def implementations(cls: type) -> Iterator[Implementation]:
    """The marked methods of `cls`, by name."""
    for attribute in dir(cls):
        options = options_of(cls, attribute)
        if options is not None:
            method = inspect.getattr_static(cls, attribute)
            yield Implementation(attribute, options.get("specname") or attribute, method, options)


def takes_part(cls: type, hook: str) -> bool:
    """Does `cls` implement `hook`?"""
    return any(found.hook == hook for found in implementations(cls))


def arguments_of(hook: str) -> tuple[str, ...]:
    """The names of the hook's arguments, in order."""
    return tuple(inspect.signature(getattr(Hooks, hook)).parameters)[1:]


def taken_by(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the arguments a bound implementation takes."""
    return tuple(inspect.signature(function).parameters)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint with the nearest known name, or the known names when none is near."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names) or 'none'}"


def check_hooks(instance: str, cls: type) -> None:
    """Raise ConfigError with everything that is wrong with the hooks of `cls`, each with file and line."""
    problems = [problem for found in implementations(cls) for problem in _wrong_with(instance, cls, found)]
    problems += [problem for hook in _HOOKS for problem in _unmarked(instance, cls, hook)]
    if problems:
        raise ConfigError(problems)


def _wrong_with(instance: str, cls: type, found: Implementation) -> Iterator[Problem]:
    who = f"instance {instance!r}: {cls.__name__}.{found.attribute}"
    if found.hook not in _HOOKS:
        message = f"{who} implements the unknown hook {found.hook!r}"
        yield _problem(found.method, message, did_you_mean(found.hook, _HOOKS))
        return
    if not inspect.iscoroutinefunction(found.method):
        yield _problem(found.method, f"{who}: the hook {found.hook!r} is async", "write 'async def', as a plain method")
        return
    if found.options.get("hookwrapper") or found.options.get("wrapper"):
        yield _problem(found.method, f"{who}: wrappers cannot await", "mark a plain implementation")
    known = arguments_of(found.hook)
    for parameter in list(inspect.signature(found.method).parameters.values())[1:]:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.KEYWORD_ONLY):
            message = f"{who}: {parameter} is not a plain argument"
            yield _problem(found.method, message, f"the hook has: {', '.join(known)}")
        elif parameter.name not in known:
            message = f"{who} takes the unknown argument {parameter.name!r}"
            yield _problem(found.method, message, did_you_mean(parameter.name, known))


def _unmarked(instance: str, cls: type, hook: str) -> Iterator[Problem]:
    """A coroutine method with the name of a hook and no mark would silently never be called."""
    method = inspect.getattr_static(cls, hook, None)
    if inspect.iscoroutinefunction(method) and options_of(cls, hook) is None:
        message = f"instance {instance!r}: {cls.__name__}.{hook} has the name of a hook but no mark"
        yield _problem(method, message, "add @hookimpl, or choose another name")


def _problem(method: Any, message: str, hint: str) -> Problem:
    function = inspect.unwrap(getattr(method, "__func__", method))
    if isinstance(function, FunctionType):
        return Problem(message, file=function.__code__.co_filename, line=function.__code__.co_firstlineno, hint=hint)
    return Problem(message, hint=hint)
