"""Is a text Chinese or English?"""

from __future__ import annotations

import re
from typing import Final

from hub_faq.knowledge import Language

_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_WORD: Final = re.compile(r"[A-Za-z]+")


def language_of(text: str, fallback: Language = "zh") -> Language:
    """The language of `text`; `fallback` where it has no letters at all.

    Chinese sentences often hold English words (``App 打不开``) and English ones a Chinese name, so
    the characters are weighed: two words of English count as much as one Chinese character.
    """
    han, words = len(_HAN.findall(text)), len(_WORD.findall(text))
    if not han and not words:
        return fallback
    return "zh" if han * 2 >= words else "en"


def language_of_locale(locale: str) -> Language:
    """The language a locale such as ``zh-CN`` or ``en`` means."""
    return "zh" if locale.lower().startswith("zh") else "en"
