"""Reads one YAML file into a tree of values with positions, within limits."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hub.calling import attempt
from hub.config.substitution import Substitution, text_of
from hub.config.tree import Place, Value
from hub.config.words import fault, say
from hub.errors import ConfigError, Problem

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 40
MAX_VALUES: Final = 20_000
_STANDARD: Final = "tag:yaml.org,2002:"


def read(path: Path, substitution: Substitution) -> Value:
    """The document in `path`. ConfigError where it cannot be read at all.

    What is wrong with single values stays in the tree as their faults, so that it is told together with the rest.
    """
    locale, file = substitution.locale, str(path)
    try:
        text = text_of(path, MAX_BYTES, locale)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError([Problem(say(locale, "unreadable", why=why), file)]) from None
    try:
        _check_depth(text, file, locale)
        node = YAML(typ="rt", pure=True).compose(text)
    except YAMLError as error:
        why, line, column = _what_and_where(error, text)
        raise ConfigError([Problem(say(locale, "syntax", why=why), file, line, column)]) from None
    if node is None:
        return Value(Place(file), {})
    value = _Builder(file, substitution).value(node, 0)
    if not isinstance(value.data, dict):
        raise ConfigError([fault(locale, value.place, "no_mapping")])
    return value


def _check_depth(text: str, file: str, locale: str) -> None:
    """Before anything that calls itself (or takes long) sees a deep document."""
    depth = 0
    for event in YAML(typ="rt", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ConfigError([Problem(say(locale, "too_deep", limit=MAX_DEPTH), file, event.start_mark.line + 1)])


def _what_and_where(error: YAMLError, text: str) -> tuple[str, int, int]:
    """Why it is no YAML, with line and column; 0 where they are not known."""
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        why = "; ".join(part for part in (error.problem, error.context) if part)
        return why, *((mark.line + 1, mark.column + 1) if mark else (0, 0))
    why, at = str(getattr(error, "reason", error)), getattr(error, "position", None)
    if not isinstance(at, int):
        return why, 0, 0
    return why, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


class _Builder:
    """Turns ruamel's nodes into our values. Counts them, because aliases can repeat them without end."""

    def __init__(self, file: str, substitution: Substitution) -> None:
        self._file = file
        self._fill = substitution
        self._locale = substitution.locale
        self._left = MAX_VALUES
        self._plain = YAML(typ="safe", pure=True).constructor

    def value(self, node: Node, depth: int) -> Value:
        place = self._place(node)
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            code, limit = ("too_deep", MAX_DEPTH) if depth > MAX_DEPTH else ("too_many", MAX_VALUES)
            raise ConfigError([fault(self._locale, place, code, limit=limit)])
        tag = str(node.tag or "")
        if isinstance(node, ScalarNode):
            return self._scalar(node, tag, place)
        if isinstance(node, SequenceNode):
            value = Value(place, [self.value(item, depth + 1) for item in node.value])
        else:
            assert isinstance(node, MappingNode)
            value = self._mapping(node, place, depth)
        if not tag.startswith(_STANDARD):
            code = "tag_on_scalar" if tag == "!file" else "unknown_tag"
            value.faults.append(fault(self._locale, place, code, tag=tag))
        return value

    def _place(self, node: Node) -> Place:
        return Place(self._file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _mapping(self, node: MappingNode, place: Place, depth: int) -> Value:
        entries: dict[str, Value] = {}
        value = Value(place, entries)
        for key_node, item in node.value:
            key, at = str(key_node.value), self._place(key_node)
            if not isinstance(key_node, ScalarNode):
                value.faults.append(fault(self._locale, at, "odd_key"))
            elif key_node.tag == f"{_STANDARD}merge":
                value.faults.append(fault(self._locale, at, "merge_key", key=key))
            elif key in entries:
                value.faults.append(fault(self._locale, at, "duplicate", key=key, first=value.keys[key]))
            else:
                entries[key] = self.value(item, depth + 1)
                value.keys[key] = at
        return value

    def _scalar(self, node: ScalarNode, tag: str, place: Place) -> Value:
        text = str(node.value)
        if tag == "!file":
            return self._fill.file(text, place)
        if not tag.startswith(_STANDARD):
            return Value(place, None, faults=[fault(self._locale, place, "unknown_tag", tag=tag)])
        kind = tag.removeprefix(_STANDARD)
        if kind in ("null", "bool", "int", "float") and node.style is None:
            plain = attempt(self._plain.construct_object, node)
            if plain.error is None:
                return Value(place, plain.value)
        # Dates stay texts, and so does what is not of the kind that its tag says.
        return self._fill.text(text, place)
