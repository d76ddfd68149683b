"""Why nothing may be sent, in Chinese and English."""

from __future__ import annotations

from typing import Final

from hub import worded

WORDS: Final[dict[str, tuple[str, str]]] = {
    "never": ("客户先发来消息后才能回复", "the customer has to write first, then an answer may be sent"),
    "over": (
        "平台规定的回复时限已过，客户再次发来消息后才能回复",
        "the platform's time for an answer is over; the customer has to write again",
    ),
    "used": (
        "平台允许的 {count} 条回复已用完，客户再次发来消息后才能继续回复",
        "all {count} answers the platform allows are used; the customer has to write again",
    ),
    "spent": (
        "平台提示回复条数已用完，客户再次发来消息后才能继续回复",
        "the platform says that no answer is left; the customer has to write again",
    ),
}


def word(locale: str, code: str, **facts: object) -> str:
    """The sentence `code` in `locale` (zh-CN, else English)."""
    return worded(WORDS[code], locale, **facts)
