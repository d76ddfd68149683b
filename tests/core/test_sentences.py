"""What the core says to people stands in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hub.sentences
from hub.sentences import LANGUAGES, sentences, worded

FOLDER = Path(hub.sentences.__file__).with_name("locales")
CHINESE, ENGLISH = (json.loads((FOLDER / f"{language}.json").read_text("utf-8")) for language in LANGUAGES)


def test_both_languages_have_the_same_parts() -> None:
    assert list(CHINESE) == list(ENGLISH)
    assert {file.stem for file in FOLDER.iterdir()} == set(LANGUAGES)


@pytest.mark.parametrize("section", CHINESE)
def test_both_languages_have_the_same_sentences_in_a_part(section: str) -> None:
    assert list(CHINESE[section]) == list(ENGLISH[section])
    assert all(text.strip() for pair in sentences(section).values() for text in pair)


def test_a_sentence_in_words() -> None:
    unreadable = sentences("config")["unreadable"]
    said = [worded(unreadable, locale, why="x") for locale in ("zh-CN", "zh-TW", "en", "fr")]
    assert said == ["无法读取文件：x"] * 2 + ["cannot be read: x"] * 2
