"""Subjects that are nobody's business at this desk: questions near to them are not guessed at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hub_faq.importers.nodes import Reader
from hub_faq.knowledge import LANGUAGES, KnowledgeError

EVERYDAY: Final = Path(__file__).with_name("elsewhere.yaml")
"""The list shipped with the plugin. A travel agency or a hospital needs another one."""


def read_elsewhere(path: Path = EVERYDAY) -> Sequence[str]:
    """Read a file of the form ``zh: [question, …]``, ``en: [question, …]``. Raises KnowledgeError."""
    reader = Reader(path)
    root = reader.mapping(reader.root, known=LANGUAGES)
    questions = [text for language in LANGUAGES if language in root for text in reader.texts(root[language])]
    if reader.faults:
        raise KnowledgeError(reader.faults)
    return questions
