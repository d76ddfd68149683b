"""What people write in the YAML: durations (``30s``), sizes (``10MB``), and texts in one language or in both."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, GetPydanticSchema, WithJsonSchema
from pydantic_core import PydanticCustomError, core_schema

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_BYTES: Final = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_PART: Final = r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)"
_DURATION: Final = rf"^\s*(\d+(\.\d+)?|{_PART}(\s*{_PART})*)\s*$"
_SIZE: Final = r"^\s*(\d+(?:\.\d+)?)\s*(?:([KkMmGg])[Ii]?[Bb]|[Bb]?)\s*$"


def seconds_of(value: Any) -> float:
    """Seconds of a number (already seconds) or of a text like ``90s``, ``1.5h`` or ``1h 30m``.

    Raises PydanticCustomError, a ValueError, for anything else.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and re.match(_DURATION, value):
        parts = re.findall(_PART, value)
        return sum(float(number) * _SECONDS[unit] for number, unit in parts) if parts else float(value)
    raise PydanticCustomError("duration", "Input should be a duration like 30s, 10m, 72h or 7d")


def bytes_of(value: Any) -> int:
    """Bytes of a whole number (already bytes) or of a text like ``10MB`` or ``10MiB`` (1 KB is 1024 bytes).

    Raises PydanticCustomError, a ValueError, for anything else.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = re.match(_SIZE, value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("size", "Input should be a size like 512KB, 10MB or 1GB")
    return int(float(found[1]) * _BYTES[(found[2] or "").upper()])


def _number_or(kind: str, pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": kind, "minimum": 0}, {"type": "string", "pattern": pattern}]})


Duration = Annotated[float, BeforeValidator(seconds_of), Field(ge=0, allow_inf_nan=False), _number_or("number", _DURATION)]
"""Seconds, as a float; written ``30s``, ``10m``, ``72h``, ``7d``, ``1h 30m`` or as a plain number of seconds."""

Size = Annotated[int, BeforeValidator(bytes_of), Field(ge=0), _number_or("integer", _SIZE)]
"""Bytes, as an int; written ``512KB``, ``10MB``, ``1GB`` or as a plain number of bytes."""


def word_of(*words: str) -> Any:
    """The type of a mapping's key that is one of `words`; for readers it stays a plain str."""
    return GetPydanticSchema(lambda _, __: core_schema.literal_schema(list(words)))


def _both(value: Any) -> Any:
    if isinstance(value, str):
        return {"zh-CN": value, "en": value}
    if not isinstance(value, dict):
        raise PydanticCustomError("string_type", "Input should be a text")
    return value


def _some(value: dict[str, str]) -> dict[str, str]:
    if not any(text.strip() for text in value.values()):
        raise PydanticCustomError("no_text", "Input should have a text in at least one language")
    return value


Language = Literal["zh-CN", "en"]
_Key = Annotated[str, word_of(*get_args(Language))]
OptionalText = Annotated[dict[_Key, str], BeforeValidator(_both, json_schema_input_type=str | dict[Language, str])]
"""A text for people that may be left empty, written like `LocalText`."""

LocalText = Annotated[OptionalText, AfterValidator(_some)]
"""A text for people: one for everybody, or one for each language (``{zh-CN: 前台, en: Front desk}``)."""


def in_language(text: dict[str, str], locale: str) -> str:
    """The text for somebody who reads `locale`; the other language's where there is none, "" where there is neither."""
    wanted = "zh-CN" if locale.startswith("zh") else "en"
    return text.get(wanted) or next((word for word in text.values() if word.strip()), "")
