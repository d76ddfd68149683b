"""Knowledge in Markdown: a document people read, one heading per group.

::

    # Sending                         the topic
    ## How do I send a parcel {#send-how}
    - I want to ship a package        more ways of asking
    - Where can I send something

    Open the app and tap “Send”.      the answer, any number of paragraphs

    Related: pickup-book, packing     (or 相关：…)

The language is seen from the heading. A second file may give the same ids in the other language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hub_faq.importers.text_file import read_text
from hub_faq.importers.yaml_file import ID
from hub_faq.knowledge import Fault, Group, KnowledgeError, Place
from hub_faq.language import language_of

_TOPIC: Final = re.compile(r"#\s+(.+)")
_HEADING: Final = re.compile(r"##\s+(.+?)\s*(?:\{#([^}]*)\})?\s*")
_ITEM: Final = re.compile(r"[-*]\s+(.+)")
_RELATED: Final = re.compile(r"(?:Related|相关)\s*[:\uff1a]\s*(.+)", re.IGNORECASE)
_COMMA: Final = re.compile(r"\s*[,\uff0c\u3001]\s*")


@dataclass(slots=True)
class _Section:
    place: Place
    id: str
    topic: str
    questions: list[str]
    answer: list[str] = field(default_factory=list)
    related: list[str] = field(default_factory=list)


def read_markdown(path: Path) -> Sequence[Group]:
    """The groups of a Markdown file of the form above. Raises KnowledgeError."""
    faults: list[Fault] = []
    sections: list[_Section] = []
    topic = ""
    for number, raw in enumerate(read_text(path).splitlines(), 1):
        line, place = raw.strip(), Place(str(path), number)
        if heading := _HEADING.fullmatch(line):
            sections.append(_section(heading, place, topic, faults))
        elif title := _TOPIC.fullmatch(line):
            topic = title.group(1)
        elif sections:
            _add(sections[-1], line)
        elif line and not line.startswith(("<!--", ">")):
            faults.append(Fault(place, "text before the first '## question {#id}' heading belongs to no group"))
    faults += [
        Fault(section.place, f"group {section.id!r} has no answer under its questions")
        for section in sections
        if not "".join(section.answer)
    ]
    if faults:
        raise KnowledgeError(faults)
    return [_group(section) for section in sections]


def _section(heading: re.Match[str], place: Place, topic: str, faults: list[Fault]) -> _Section:
    question, name = heading.group(1), heading.group(2) or ""
    if not ID.fullmatch(name):
        faults.append(Fault(place, f"the heading {question!r} needs an id such as {{#send-how}} at its end"))
    return _Section(place, name, topic, [question])


def _add(section: _Section, line: str) -> None:
    if not section.answer and (item := _ITEM.fullmatch(line)):
        section.questions.append(item.group(1))
    elif related := _RELATED.fullmatch(line):
        section.related += [other for other in _COMMA.split(related.group(1).strip()) if other]
    elif line or section.answer:
        section.answer.append(line)


def _group(section: _Section) -> Group:
    language = language_of(section.questions[0])
    return Group(
        id=section.id,
        questions={language: tuple(section.questions)},
        answers={language: "\n".join(section.answer).strip()},
        place=section.place,
        related=tuple(section.related),
        topic={language: section.topic} if section.topic else {},
    )
