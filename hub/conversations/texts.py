"""What the house itself says to customers, in their language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.sentences import LANGUAGES, sentences

Worded = Mapping[str, Mapping[str, str]]
"""Lines by their codes, each by its language."""

DEFAULTS: Final[Worded] = {code: dict(zip(LANGUAGES, said, strict=True)) for code, said in sentences("house").items()}


class Texts:
    """The lines of the house; a configuration may word them anew. `locale` is the hub's own."""

    def __init__(self, locale: str, worded: Worded | None = None) -> None:
        self._locale = locale
        self._worded = worded or {}

    def line(self, code: str, locale: str, **values: str) -> str:
        """The line `code` for somebody who reads `locale` ("" is the hub's language)."""
        words = {**DEFAULTS[code], **self._worded.get(code, {})}
        text = words["zh-CN" if (locale or self._locale).startswith("zh") else "en"]
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        return text
