"""What a check of a configuration says, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

from hub.config.tree import Place, problem
from hub.errors import Problem
from hub.sentences import sentences, worded

SENTENCES: Final = sentences("config")
_SAME_AS: Final = {
    **dict.fromkeys(("int_parsing", "int_from_float", "int_parsing_size"), "int_type"),
    **dict.fromkeys(("tuple_type", "set_type", "frozen_set_type"), "list_type"),
    **dict.fromkeys(("model_type", "model_attributes_type", "mapping_type"), "dict_type"),
    "float_parsing": "float_type", "bool_parsing": "bool_type", "enum": "literal_error",
}


def say(locale: str, code: str, /, **facts: object) -> str:
    """The sentence `code` in `locale` (zh-CN, else English)."""
    if locale.startswith("zh") and "expected" in facts:
        facts["expected"] = str(facts["expected"]).replace(" or ", "、").replace(", ", "、")
    return worded(SENTENCES[_SAME_AS.get(code, code)], locale, **facts)


def has(code: str) -> bool:
    """Whether there is a sentence for this kind of pydantic error."""
    return _SAME_AS.get(code, code) in SENTENCES


def fault(locale: str, place: Place, code: str, /, hint: str = "", **facts: Any) -> Problem:
    """What is wrong at `place`: the sentence `code`, and as a hint ``code_hint`` where there is none better."""
    if not hint and f"{code}_hint" in SENTENCES:
        hint = say(locale, f"{code}_hint", **facts)
    return problem(place, say(locale, code, **facts), (facts["key"],) if "key" in facts else (), hint)


def did_you_mean(locale: str, word: str, known: Iterable[str]) -> str:
    """A hint with the known word that resembles `word`, or nothing."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return say(locale, "did_you_mean", word=close[0]) if close else ""
