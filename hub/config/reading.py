"""Reads one YAML file into a tree of values with positions, within limits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hub.config.substitution import Substitution
from hub.config.tree import Fault, Place, Scalar, Value
from hub.config.words import say
from hub.errors import ConfigError, Problem

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 40
MAX_VALUES: Final = 20_000
_STANDARD: Final = "tag:yaml.org,2002:"
_DECIMAL: Final = re.compile(r"[-+]?[0-9_]+")


def read(path: Path, substitution: Substitution, shown: str = "") -> Value:
    """The document in `path`; problems call the file `shown`. ConfigError where it cannot be read at all.

    What is wrong with single values stays in the tree as their faults, so that it is told together with the rest.
    """
    locale, file = substitution.locale, shown or str(path)
    text = _text_of(path, file, locale)
    try:
        for depth, line in _depths(text):
            if depth > MAX_DEPTH:
                raise ConfigError([Problem(say(locale, "too_deep", limit=MAX_DEPTH), file, line)])
        node = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        why = "; ".join(part for part in (error.problem, error.context) if part)
        raise ConfigError([Problem(say(locale, "syntax", why=why), file, line, column)]) from None
    except YAMLError as error:
        why = str(getattr(error, "reason", error))
        raise ConfigError([Problem(say(locale, "syntax", why=why), file, *_position(text, error))]) from None
    if node is None:
        return Value(Place(file), {})
    value = _Builder(file, substitution).value(node, 0)
    if not isinstance(value.data, dict):
        raise ConfigError([Problem(say(locale, "no_mapping"), file, value.place.line, value.place.column)])
    return value


def _text_of(path: Path, file: str, locale: str) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError([Problem(say(locale, "unreadable", why=why), file)]) from None
    if len(content) > MAX_BYTES:
        raise ConfigError([Problem(say(locale, "too_big", limit=MAX_BYTES), file)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(say(locale, "no_utf8"), file, line)]) from None


def _depths(text: str) -> Any:
    """Each collection's depth and line, before anything that calls itself (or takes long) sees a deep document."""
    depth = 0
    for event in YAML(typ="rt", pure=True).parse(text):
        if isinstance(event, CollectionStartEvent):
            depth += 1
            yield depth, event.start_mark.line + 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1


def _position(text: str, error: YAMLError) -> tuple[int, int]:
    """Line and column of a character that must not stand in YAML."""
    at = getattr(error, "position", None)
    if not isinstance(at, int):
        return 0, 0
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


class _Builder:
    """Turns ruamel's nodes into our values. Counts them, because aliases can repeat them without end."""

    def __init__(self, file: str, substitution: Substitution) -> None:
        self._file = file
        self._fill = substitution
        self._locale = substitution.locale
        self._left = MAX_VALUES

    def value(self, node: Node, depth: int) -> Value:
        place = self._place(node)
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            code, limit = ("too_deep", MAX_DEPTH) if depth > MAX_DEPTH else ("too_many", MAX_VALUES)
            raise ConfigError([Problem(say(self._locale, code, limit=limit), place.file, place.line, place.column)])
        tag = str(node.tag or "")
        if isinstance(node, ScalarNode):
            return self._scalar(node, tag, place)
        if isinstance(node, SequenceNode):
            value = Value(place, [self.value(item, depth + 1) for item in node.value])
        else:
            assert isinstance(node, MappingNode)
            value = self._mapping(node, place, depth)
        if tag == "!file":
            value.faults.append(Fault(place, say(self._locale, "tag_on_scalar")))
        elif not tag.startswith(_STANDARD):
            value.faults.append(self._unknown(tag, place))
        return value

    def _place(self, node: Node) -> Place:
        return Place(self._file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _unknown(self, tag: str, place: Place) -> Fault:
        return Fault(place, say(self._locale, "unknown_tag", tag=tag), say(self._locale, "unknown_tag_hint"))

    def _mapping(self, node: MappingNode, place: Place, depth: int) -> Value:
        entries: dict[str, Value] = {}
        value = Value(place, entries)
        for key_node, item in node.value:
            at = self._place(key_node)
            if not isinstance(key_node, ScalarNode):
                value.faults.append(Fault(at, say(self._locale, "odd_key")))
                continue
            key = str(key_node.value)
            if key_node.tag == f"{_STANDARD}merge":
                value.faults.append(Fault(at, say(self._locale, "merge_key"), say(self._locale, "merge_key_hint"), key))
            elif key in entries:
                message = say(self._locale, "duplicate", key=key, first=value.keys[key])
                value.faults.append(Fault(at, message, key=key))
            else:
                entries[key] = self.value(item, depth + 1)
                value.keys[key] = at
        return value

    def _scalar(self, node: ScalarNode, tag: str, place: Place) -> Value:
        text = str(node.value)
        if tag == "!file":
            return self._fill.file(text, place)
        if not tag.startswith(_STANDARD):
            return Value(place, None, faults=[self._unknown(tag, place)])
        kind = tag.removeprefix(_STANDARD)
        if kind in ("null", "bool", "int", "float") and node.style is None:
            return Value(place, _plain(kind, text))
        return self._fill.text(text, place)


def _plain(kind: str, text: str) -> Scalar:
    """A scalar of the YAML 1.2 kinds; dates stay texts."""
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    digits = text.replace("_", "")
    if kind == "int":
        return int(digits) if _DECIMAL.fullmatch(text) else int(digits, 0)
    return float(digits.lower().replace(".inf", "inf").replace(".nan", "nan"))
