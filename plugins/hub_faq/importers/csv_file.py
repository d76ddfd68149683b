"""Knowledge in CSV, as a spreadsheet saves it: one row per way of asking.

The columns are ``id, question, answer`` and, if wanted, ``language, related, topic``. The answer stands in the first
row of a group and language; further rows may leave it empty. Without a language column it is seen from the question.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hub_faq.importers.text_file import read_text
from hub_faq.importers.yaml_file import ID
from hub_faq.knowledge import LANGUAGES, Fault, Group, KnowledgeError, Language, Place
from hub_faq.language import language_of

_REQUIRED: Final = ("id", "question", "answer")
_SEPARATOR: Final = re.compile(r"[\s,|;\uff0c\u3001]+")
_COLUMNS: Final = (*_REQUIRED, "language", "related", "topic")


@dataclass(slots=True)
class _Rows:
    place: Place
    questions: dict[Language, list[str]] = field(default_factory=dict)
    answers: dict[Language, str] = field(default_factory=dict)
    topics: dict[Language, str] = field(default_factory=dict)
    related: list[str] = field(default_factory=list)


def read_csv(path: Path) -> Sequence[Group]:
    """The groups of a CSV file with a header. Raises KnowledgeError."""
    text = read_text(path, excel=True)
    separator = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    faults = _header_faults(reader.fieldnames or (), str(path))
    groups: dict[str, _Rows] = {}
    last = 1
    if not faults:
        for row in reader:
            place, last = Place(str(path), last + 1), reader.line_num
            _add(row, place, groups, faults)
    for name, rows in groups.items():
        faults += [
            Fault(rows.place, f"group {name!r} has questions but no answer in language {language!r}")
            for language in rows.questions
            if language not in rows.answers
        ]
    if faults:
        raise KnowledgeError(faults)
    return [_group(name, rows) for name, rows in groups.items()]


def _header_faults(columns: Sequence[str], file: str) -> list[Fault]:
    place = Place(file, 1)
    missing = [Fault(place, f"the column {name!r} is missing") for name in _REQUIRED if name not in columns]
    unknown = [
        Fault(place, f"unknown column {name!r}; known are {', '.join(_COLUMNS)}")
        for name in columns
        if name not in _COLUMNS
    ]
    return missing + unknown


def _add(row: Mapping[str | None, str | None], place: Place, groups: dict[str, _Rows], faults: list[Fault]) -> None:
    if None in row:
        faults.append(Fault(place, "has more cells than the header; put texts with commas in quotes"))
        return
    cell = {name: (row.get(name) or "").strip() for name in _COLUMNS}
    if not any(cell.values()):
        return
    if not ID.fullmatch(cell["id"]):
        faults.append(Fault(place, f"{cell['id']!r} is no id: use small letters, digits, '-', '_' and '.'"))
        return
    if not cell["question"]:
        faults.append(Fault(place, "the question is empty"))
        return
    language = next((known for known in LANGUAGES if cell["language"].lower().startswith(known)), None)
    if cell["language"] and not language:
        faults.append(Fault(place, f"unknown language {cell['language']!r}; known are {', '.join(LANGUAGES)}"))
        return
    language = language or language_of(cell["question"])
    rows = groups.setdefault(cell["id"], _Rows(place))
    rows.questions.setdefault(language, []).append(cell["question"])
    if cell["answer"] and rows.answers.setdefault(language, cell["answer"]) != cell["answer"]:
        faults.append(Fault(place, f"group {cell['id']!r} has a second, different answer in language {language!r}"))
    if cell["topic"]:
        rows.topics[language] = cell["topic"]
    rows.related += [other for other in _SEPARATOR.split(cell["related"]) if other and other not in rows.related]


def _group(id: str, rows: _Rows) -> Group:
    return Group(
        id=id,
        questions={language: tuple(questions) for language, questions in rows.questions.items()},
        answers=rows.answers,
        place=rows.place,
        related=tuple(rows.related),
        topic=rows.topics,
    )
