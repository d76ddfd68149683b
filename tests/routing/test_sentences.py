"""What people read of routing is right for any number."""

from __future__ import annotations

import re
from typing import Final

from hub_routing.live.sentences import CUSTOMER, SENTENCES
from hub_routing.words import WORDS

COUNTED: Final = re.compile(
    r"\(s\)|\b(?:all|these|those) \{|\{(?:count|able|free|ahead|place|capacity|days|all)\} (?:\w*s|are|do|have|were|people)\b",
    re.IGNORECASE,
)
"""A plural that a number before it makes wrong where the number is one."""

TOGETHER: Final = re.compile(r"\{(?:count|able|free|ahead|place)\} ?(?:位|人|个)\w*都")
"""The same in Chinese, where only "all" asks for more than one."""


def test_no_sentence_is_wrong_in_the_singular() -> None:
    told = {**SENTENCES, **CUSTOMER, **WORDS}
    wrong = {code for code, (chinese, english) in told.items() if COUNTED.search(english) or TOGETHER.search(chinese)}
    assert wrong == set()
    old = ("All {count} who are able", "{count} customer(s) wait", "{count} lines read", "{count} do not take it")
    assert all(COUNTED.search(one) for one in old)
    assert TOGETHER.search("能胜任的 {count} 人都没有接下")
