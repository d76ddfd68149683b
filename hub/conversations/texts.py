"""What the house itself says to customers, in their language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {
    "handed_over": {
        "zh-CN": "正在为您转接人工客服，之前的对话客服都能看到，请稍候。",
        "en": "I am connecting you to a colleague, who sees our whole conversation. One moment, please.",
    },
    "joined": {"zh-CN": "{name} 为您服务。", "en": "{name} has joined and will help you."},
    "closed": {
        "zh-CN": "本次服务已结束，感谢您的咨询。需要时直接发消息即可。",
        "en": "This conversation is closed. Thank you! Just write again whenever you need us.",
    },
    "failed": {
        "zh-CN": "抱歉，刚才出了点问题，已为您转接人工客服。",
        "en": "Sorry, something went wrong. I am bringing in a colleague.",
    },
}


class Texts:
    """The lines of the house; a configuration may word them anew. `locale` is the hub's own."""

    def __init__(self, locale: str, worded: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._locale = locale
        self._worded = worded or {}

    def line(self, code: str, locale: str, **values: str) -> str:
        """The line `code` for somebody who reads `locale` ("" is the hub's language)."""
        words = {**DEFAULTS[code], **self._worded.get(code, {})}
        text = words["zh-CN" if (locale or self._locale).startswith("zh") else "en"]
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        return text
