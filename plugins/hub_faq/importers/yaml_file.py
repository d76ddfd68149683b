"""Knowledge in YAML: both languages of a group side by side. The form we recommend."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ruamel.yaml.nodes import Node

from hub_faq.importers.nodes import Reader
from hub_faq.knowledge import LANGUAGES, Group, KnowledgeError, Language

ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
"""What a group's id may be: it travels in button payloads and reports."""


def read_yaml(path: Path) -> Sequence[Group]:
    """The groups of a file ``{topic: …, groups: [{id, ask, answer, related}, …]}``. Raises KnowledgeError."""
    reader = Reader(path)
    root = reader.mapping(reader.root, known=("topic", "groups"), required=("groups",))
    topic = _by_language(reader, root["topic"]) if "topic" in root else {}
    groups: list[Group] = []
    for node in reader.items(root["groups"]) if "groups" in root else ():
        group = _group(reader, node, topic)
        if group:
            groups.append(group)
    if reader.faults:
        raise KnowledgeError(reader.faults)
    return groups


def _group(reader: Reader, node: Node, topic: Mapping[Language, str]) -> Group | None:
    fields = reader.mapping(node, known=("id", "ask", "answer", "related"), required=("id", "ask", "answer"))
    if not {"id", "ask", "answer"} <= set(fields):
        return None
    name = reader.text(fields["id"])
    if name and not ID.fullmatch(name):
        reader.fault(fields["id"], f"{name!r} is no id: use small letters, digits, '-', '_' and '.'")
    asks = reader.mapping(fields["ask"], known=LANGUAGES)
    return Group(
        id=name,
        questions={language: tuple(reader.texts(asks[language])) for language in LANGUAGES if language in asks},
        answers=_by_language(reader, fields["answer"]),
        place=reader.place(node),
        related=tuple(reader.texts(fields["related"])) if "related" in fields else (),
        topic=topic,
    )


def _by_language(reader: Reader, node: Node) -> dict[Language, str]:
    entries = reader.mapping(node, known=LANGUAGES)
    return {language: reader.text(entries[language]) for language in LANGUAGES if language in entries}
