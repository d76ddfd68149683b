"""Words that mean the same in this business, from a small YAML file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from ruamel.yaml.nodes import SequenceNode

from hub_faq.importers.nodes import Reader
from hub_faq.knowledge import LANGUAGES, Fault, KnowledgeError, Language, Place
from hub_faq.language import language_of

_SHORTEST: Final = 2


class Synonyms:
    """Replaces every word of a set by its first one. `clean` spells the words as the texts are spelt."""

    def __init__(self, sets: Mapping[Language, Sequence[Sequence[str]]], clean: Callable[[str], str]) -> None:
        spelt = {language: [[clean(word) for word in words] for words in sets[language]] for language in sets}
        self._standard = {word: words[0] for one in spelt.values() for words in one for word in words}
        self._patterns = {language: _pattern(spelt.get(language, ()), language) for language in LANGUAGES}

    @property
    def words(self) -> Sequence[str]:
        """All words, so that a word cutter keeps them whole."""
        return list(self._standard)

    def apply(self, text: str) -> str:
        """`text` (normalised) in standard words. Longer words win: 快递员 is not 快递 + 员."""
        pattern = self._patterns[language_of(text)]
        return pattern.sub(lambda found: self._standard[found.group()], text) if pattern else text


def _pattern(sets: Sequence[Sequence[str]], language: Language) -> re.Pattern[str] | None:
    words = sorted((re.escape(word) for words in sets for word in words), key=len, reverse=True)
    if not words:
        return None
    alternatives = "|".join(words)
    return re.compile(alternatives if language == "zh" else rf"\b(?:{alternatives})\b")


def read_synonyms(path: Path, clean: Callable[[str], str]) -> Synonyms:
    """Read a file of the form ``zh: [[standard, other, …], …]``, ``en: …``. Raises KnowledgeError.

    `clean` brings the words into the spelling of the texts they are looked for in.
    """
    reader = Reader(path)
    root = reader.mapping(reader.root, known=LANGUAGES)
    sets: dict[Language, list[list[str]]] = {language: [] for language in LANGUAGES}
    seen: dict[str, int] = {}
    for language in LANGUAGES:
        for node in reader.items(root[language]) if language in root else ():
            words = reader.texts(node)
            line = node.start_mark.line + 1
            if len(words) < _SHORTEST and isinstance(node, SequenceNode):
                reader.fault(node, "a set of synonyms needs at least two words")
            for word in words:
                if (first := seen.setdefault(word.casefold(), line)) != line:
                    reader.faults.append(
                        Fault(Place(reader.file, line), f"{word!r} is already in the set of line {first}")
                    )
            sets[language].append(words)
    if reader.faults:
        raise KnowledgeError(reader.faults)
    return Synonyms(sets, clean)
