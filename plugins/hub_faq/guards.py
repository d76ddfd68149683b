"""What a sentence encoder cannot see: "not" and numbers.

可以退款 and 不可以退款 lie at 0.975, 3天 and 7天 above 0.9. So a stored question that is almost the same in words but
differs in a negation or in a quantity is in conflict with the question asked, however similar it looks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from hub_faq.language import language_of

Conflict = Literal["negation", "number"]

_NEUTRAL_ZH: Final = re.compile(
    r"(.)不\1|([\u4e00-\u9fff])没\2|有没有|是不是|能不能|可不可以|要不要|会不会|好不好|行不行|对不起|不好意思|不客气|没关系|没问题|没事|差不多|"
    r"不小心|不仅|不但|不过|不管|不然|要不|只不过|(?<=.)[不没](?=$|\s)"
)
"""Where 不 and 没 deny nothing: A-not-A questions, set phrases, a closing 不 that only asks."""

_NEGATION_ZH: Final = re.compile(r"不|没有?|无法|无需|未|别(?!人|的|处)|甭|拒绝|勿|莫(?!名)")
_NEGATION_EN: Final = re.compile(r"\b(?:not|no|never|without|cannot|none|neither|nor|unable|refuse)\b|\bn't\b|n't\b")
_NEUTRAL_EN: Final = re.compile(r"\b(?:why (?:not|don't)|no problem|tracking no|order no|no idea|not only)\b")
_CONTRACTED: Final = re.compile(r"\b(do|did|does|is|was|are|ca|wo|would|could|should|has|have|had)nt\b")

_DIGITS: Final[Mapping[str, int]] = {**{c: i for i, c in enumerate("零一二三四五六七八九")}, "两": 2, "〇": 0}
_SCALES: Final[Mapping[str, int]] = {"十": 10, "百": 100, "千": 1000}
_UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("天", "日", "day", "days"), "day"),
    **dict.fromkeys(("小时", "钟头", "个小时", "hour", "hours", "h"), "hour"),
    **dict.fromkeys(("分钟", "minute", "minutes", "min"), "minute"),
    **dict.fromkeys(("周", "星期", "个星期", "礼拜", "week", "weeks"), "week"),
    **dict.fromkeys(("个月", "月", "month", "months"), "month"),
    **dict.fromkeys(("年", "year", "years"), "year"),
    **dict.fromkeys(("元", "块", "块钱", "yuan", "rmb"), "yuan"),
    **dict.fromkeys(("公斤", "千克", "kg", "kilo", "kilos", "kilogram", "kilograms"), "kg"),
    **dict.fromkeys(("斤",), "jin"),
    **dict.fromkeys(("件", "单", "个", "parcel", "parcels", "item", "items"), "piece"),
    **dict.fromkeys(("次", "遍", "time", "times"), "time"),
    **dict.fromkeys(("%", "折", "percent"), "percent"),
    **dict.fromkeys(("米", "m", "meter", "meters"), "metre"),
}
_UNIT: Final = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_QUANTITY: Final = re.compile(rf"(?<!第)(\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千万]+)\s*({_UNIT})(?![a-z])")
_WORDS_EN: Final[Mapping[str, str]] = {
    word: str(number)
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
} | {"fifteen": "15", "twenty": "20", "thirty": "30", "fifty": "50", "hundred": "100"}
_NUMBER_WORD: Final = re.compile(rf"\b(?:{'|'.join(_WORDS_EN)})\b")

_NOT: Final = frozenset(("", "n't", "not", "no", "never", "without", "don't", "doesn't", "didn't", "can't", "won't"))
_SAME_SUBJECT: Final = 0.5
"""From this share of common words on two texts are about the same statement, and a missing "not" matters."""


def conflict(query: str, stored: str, shared: float) -> Conflict | None:
    """Why `stored` is not what `query` asks, or None. Both normalised; `shared` is their `shared_words`.

    A negation counts only where both are about the same words: 物流不动 and 好几天没更新 may well mean the same as a
    sentence without any "not".
    """
    asked, known = quantities(query), quantities(stored)
    if any(asked[unit].isdisjoint(known[unit]) for unit in asked.keys() & known.keys()):
        return "number"
    if shared >= _SAME_SUBJECT and negated(query) != negated(stored):
        return "negation"
    return None


def negated(text: str) -> bool:
    """Does the text deny or refuse something? Two negations are none."""
    if language_of(text) == "zh":
        return len(_NEGATION_ZH.findall(_NEUTRAL_ZH.sub("", text))) % 2 == 1
    text = _CONTRACTED.sub(r"\1n't", text)
    return len(_NEGATION_EN.findall(_NEUTRAL_EN.sub("", text))) % 2 == 1


def quantities(text: str) -> dict[str, set[float]]:
    """The numbers that stand before a unit, by unit: ``{"day": {7.0}}`` for 七天, 7 天 and seven days."""
    found: dict[str, set[float]] = {}
    text = _NUMBER_WORD.sub(lambda word: _WORDS_EN[word.group()], text)
    for number, unit in _QUANTITY.findall(text):
        found.setdefault(_UNITS[unit], set()).add(_value(number))
    found.get("piece", set()).discard(1.0)  # 一个 and 一件 are articles, not counts
    return {unit: values for unit, values in found.items() if values}


def _value(number: str) -> float:
    if number[0].isdigit():
        return float(number)
    total, digit = 0, 0
    for character in number:
        if character == "万":
            total, digit = (total + digit or 1) * 10000, 0
        elif character in _SCALES:
            total, digit = total + (digit or 1) * _SCALES[character], 0
        else:
            digit = _DIGITS[character]
    return float(total + digit)


def shared_words(first: Sequence[str], second: Sequence[str]) -> float:
    """The share (0 to 1) of the shorter text's words that both have, their negations aside. Cut by `lexical.Words`."""
    one, two = (frozenset(_NEGATION_ZH.sub("", word) for word in words) - _NOT for words in (first, second))
    return len(one & two) / min(len(one), len(two)) if one and two else 0.0
