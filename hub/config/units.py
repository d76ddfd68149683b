"""Durations and sizes as people write them: ``30s``, ``10m``, ``72h``, ``7d``; ``512KB``, ``10MB``."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_BYTES: Final = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
_UNIT: Final = r"(ms|s|m|h|d|w)"
_DURATION: Final = re.compile(rf"(\d+(?:\.\d+)?)\s*{_UNIT}")
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|)", re.IGNORECASE)


def seconds_of(value: Any) -> float:
    """Seconds of a number (already seconds) or of a text like ``90s``, ``1.5h`` or ``1h 30m``.

    Raises PydanticCustomError, a ValueError, for anything else.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return float(text)
        if text and not _DURATION.sub("", text).strip():
            return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))
    raise PydanticCustomError("duration", "Input should be a duration like 30s, 10m, 72h or 7d")


def bytes_of(value: Any) -> int:
    """Bytes of a whole number (already bytes) or of a text like ``10MB`` (1 KB is 1024 bytes).

    Raises PydanticCustomError, a ValueError, for anything else.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("size", "Input should be a size like 512KB, 10MB or 1GB")
    return int(float(found[1]) * _BYTES[found[2].upper()])


_DURATION_TEXT: Final = rf"^\s*\d+(\.\d+)?\s*({_UNIT}(\s*\d+(\.\d+)?\s*{_UNIT})*)?\s*$"
_SIZE_TEXT: Final = r"^\s*\d+(\.\d+)?\s*([Bb]|[KkMmGg][Bb])?\s*$"


def _written(kind: str, pattern: str) -> WithJsonSchema:
    """A plain number, or a text of this `pattern`."""
    return WithJsonSchema({"anyOf": [{"type": kind, "minimum": 0}, {"type": "string", "pattern": pattern}]})


Duration = Annotated[float, BeforeValidator(seconds_of), Field(ge=0, allow_inf_nan=False), _written("number", _DURATION_TEXT)]
"""Seconds, as a float; written ``30s``, ``10m``, ``72h``, ``7d``, ``1h 30m`` or as a plain number of seconds."""

Size = Annotated[int, BeforeValidator(bytes_of), Field(ge=0), _written("integer", _SIZE_TEXT)]
"""Bytes, as an int; written ``512KB``, ``10MB``, ``1GB`` or as a plain number of bytes."""
