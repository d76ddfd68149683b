"""What is wrong with a command line, in the language of whoever wrote it and with what would be right.

argparse says it in English, in sentences of its own, and gives its parsers nothing else to go by.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final

from hub_cli.words import word

_SENTENCES: Final = (
    ("missing", re.compile(r"the following arguments are required: (?P<names>.+)")),
    ("unknown", re.compile(r"unrecognized arguments: (?P<said>.+)")),
    ("no_choice", re.compile(r"argument (?P<name>.+?): invalid choice: (?P<said>.+?) \(choose from (?P<choices>.+)\)")),
    ("no_integer", re.compile(r"argument (?P<name>.+?): invalid int value: (?P<said>.+)")),
    ("no_value", re.compile(r"argument (?P<name>.+?): expected one argument")),
    ("not_both", re.compile(r"argument (?P<name>.+?): not allowed with argument (?P<other>.+)")),
    ("one_of", re.compile(r"one of the arguments (?P<names>.+) is required")),
    ("of_one", re.compile(r"argument (?P<name>.+?): (?P<why>.+)")),
)


def complaint(locale: str, message: str) -> str:
    """The sentence of argparse in `locale`, with the word that was probably meant."""
    for code, pattern in _SENTENCES:
        found = pattern.fullmatch(message)
        if found is not None:
            return word(locale, code, **found.groupdict()) + _meant(locale, found.groupdict())
    return message


def _meant(locale: str, facts: dict[str, str]) -> str:
    if "choices" not in facts:
        return ""
    choices = [one.strip("'") for one in facts["choices"].split(", ")]
    close = get_close_matches(facts["said"].strip("'"), choices, n=1)
    return word(locale, "meant", word=close[0]) if close else ""
