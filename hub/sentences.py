"""What the core says to people: its sentences stand in the folder `locales`, in one file for each language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("zh-CN", "en")
Sentences = dict[str, tuple[str, str]]
"""Sentences by their codes, each in Chinese and in English."""


def sentences(section: str) -> Sentences:
    """The sentences of one part of the hub."""
    files = (Path(__file__).with_name("locales") / f"{language}.json" for language in LANGUAGES)
    chinese, english = (json.loads(file.read_text(encoding="utf-8"))[section] for file in files)
    return {code: (text, english[code]) for code, text in chinese.items()}


def worded(sentence: tuple[str, str], locale: str, /, **facts: object) -> str:
    """The sentence in `locale` (zh-CN, else English), with the `facts` in it."""
    return sentence[not locale.startswith("zh")].format(**facts)
