"""One spelling for everything: what is compared is compared in this form."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from opencc import OpenCC

from hub_faq.language import language_of

MAX_QUERY: Final = 300
"""Characters of a question that are looked at; who writes more has said it by then."""

_NOISE: Final = re.compile(r"https?://\S+|\S+@\S+\.\S+|(?<![a-z0-9])[a-z]{0,4}\d{8,}(?!\d)")
_APOSTROPHE: Final = re.compile(r"[’‘`´]")
_PUNCTUATION: Final = re.compile(r"[^\w\s'%.-]|_|(?<!\d)[.-]|[.-](?!\w)")
_SPACES: Final = re.compile(r"\s+")
_POLITE_ZH: Final = re.compile(
    r"^(?:(?:你好|您好|哈喽|在吗|在不在|亲|亲亲|请问|问一下|问下|想问一下|想问下|我想问一下|我想问|咨询一下|咨询下|麻烦问一下|"
    r"打扰一下|打扰了|请教一下|请帮我看看|那个|客服|一下|啊|呀|哈)\s*)+|(?:\s*(?:谢谢您?|多谢|谢了|拜托了?|呀|啊|呢|哈|哦|亲))+$"
)
_POLITE_EN: Final = re.compile(
    r"^(?:(?:hi|hello|hey|hi there|hello there|excuse me|please|sorry|quick question|good morning|good afternoon|"
    r"i was wondering|i would like to know|i want to know|could you (?:please )?tell me|can you (?:please )?tell me|"
    r"do you know|just wondering)\b\s*)+|(?:\s*\b(?:please|thanks|thank you|thx|cheers))+$"
)


class Normaliser:
    """Full-width to half-width, traditional to simplified, lower case, no noise and no politeness."""

    def __init__(self) -> None:
        self._simplify = OpenCC("t2s")

    def spell(self, text: str) -> str:
        """`text` in plain spelling, words and punctuation kept: for phrases that are matched as written."""
        text = unicodedata.normalize("NFKC", text).casefold()
        text = _APOSTROPHE.sub("'", text)
        return str(self._simplify.convert(text)) if language_of(text) == "zh" else text

    def clean(self, text: str) -> str:
        """`text` as it is compared; at most `MAX_QUERY` characters of it.

        Parcel numbers, links and addresses go: they say nothing about what is asked. When nothing would
        be left, the words of politeness stay.
        """
        text = _NOISE.sub(" ", self.spell(text[: 4 * MAX_QUERY]))
        text = _SPACES.sub(" ", _PUNCTUATION.sub(" ", text)).strip()[:MAX_QUERY]
        kept = _POLITE_ZH.sub("", _POLITE_EN.sub("", text)).strip()
        return kept or text
