"""Messages as OneBot writes them: a list of segments, or one string with CQ codes.

Both forms of one message read the same: `segments_of` gives parameters as text, joins texts that follow each other and
leaves empty ones out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

_CODE: Final = re.compile(r"\[CQ:([\w.-]+)((?:,[\w.-]+=[^,\[\]]*)*)\]", re.ASCII)
_NAME: Final = re.compile(r"[\w.-]+", re.ASCII)


class Segment(msgspec.Struct, frozen=True):
    """A piece of a message: its type (text, image, at …) and its parameters."""

    type: str
    data: dict[str, str] = {}

    @property
    def text(self) -> str:
        """The words of a text."""
        return self.data.get("text", "")


def text(words: str) -> Segment:
    """A piece of text."""
    return Segment("text", {"text": words})


def segments_of(message: Any) -> tuple[Segment, ...]:
    """A message in either form. Raises ValueError where it is neither."""
    if isinstance(message, str):
        return _joined(_codes(message))
    if isinstance(message, Mapping):
        message = [message]
    if isinstance(message, Sequence):
        return _joined(_segment(piece) for piece in message)
    raise ValueError("a message is a text or a list of segments")


def to_string(segments: Iterable[Segment]) -> str:
    """The message with CQ codes. Raises ValueError for a type or parameter that no code can have."""
    return "".join(escape(one.text) if one.type == "text" else _code(one) for one in segments)


def escape(words: str) -> str:
    """Text as it stands between CQ codes."""
    return words.replace("&", "&amp;").replace("[", "&#91;").replace("]", "&#93;")


def unescape(words: str) -> str:
    """Text and parameters back; the ampersand comes last, or it would make escapes of what was none."""
    return words.replace("&#91;", "[").replace("&#93;", "]").replace("&#44;", ",").replace("&amp;", "&")


def _code(segment: Segment) -> str:
    if not all(_NAME.fullmatch(name) for name in (segment.type, *segment.data)):
        raise ValueError("names in CQ codes are letters, digits and _ . -")
    parameters = (f",{name}={escape(value).replace(',', '&#44;')}" for name, value in segment.data.items())
    return f"[CQ:{segment.type}{''.join(parameters)}]"


def _codes(message: str) -> Iterable[Segment]:
    at = 0
    for found in _CODE.finditer(message):
        yield text(unescape(message[at : found.start()]))
        pairs = (pair.partition("=") for pair in found[2].split(",")[1:])
        yield Segment(found[1], {name: unescape(value) for name, _, value in pairs})
        at = found.end()
    yield text(unescape(message[at:]))


def _segment(piece: Any) -> Segment:
    match piece:
        case {"type": str(type), **rest}:
            data = rest.get("data")
            if data is None:
                data = {}
            if isinstance(data, Mapping):
                values = ((str(name), _written(value)) for name, value in data.items())
                return Segment(type, {name: value for name, value in values if value is not None})
    raise ValueError("a segment has a type and data")


def _written(value: Any) -> str | None:
    """A parameter as a CQ code would have it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value) if isinstance(value, int) else msgspec.json.encode(value).decode()


def _joined(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    joined: list[Segment] = []
    for segment in segments:
        if segment.type != "text":
            joined.append(segment)
        elif joined and joined[-1].type == "text":
            joined[-1] = text(joined[-1].text + segment.text)
        elif segment.text:
            joined.append(text(segment.text))
    return tuple(joined)
