"""Flat XML as the platform writes it; everything cleverer is refused."""

from __future__ import annotations

from typing import Final
from xml.parsers import expat

from hub import Refused

MAX_FIELDS: Final = 100


class _Fields:
    """Collects the children of the root that hold nothing but text."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._depth = 0
        self._text: list[str] = []

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._text = []
        if self._depth > 2 or len(self.found) > MAX_FIELDS:
            raise malformed("it has more levels or fields than any callback")

    def text(self, data: str) -> None:
        self._text.append(data)

    def end(self, name: str) -> None:
        if self._depth == 2:
            self.found[name] = "".join(self._text)
        self._depth -= 1

    def refuse(self, *declared: object) -> None:
        """Entities, which can grow without end, need a document type; callbacks have none."""
        raise malformed("it declares a document type")


def malformed(why: str) -> Refused:
    """The refusal of something that is no callback."""
    return Refused(400, "malformed", f"this is no callback: {why}")


def fields_of(xml: str | bytes) -> dict[str, str]:
    """The fields of ``<xml><Name>text</Name>…</xml>``. Raises Refused (400)."""
    fields, parser = _Fields(), expat.ParserCreate()
    parser.StartElementHandler = fields.begin
    parser.EndElementHandler = fields.end
    parser.CharacterDataHandler = fields.text
    parser.StartDoctypeDeclHandler = fields.refuse
    parser.EntityDeclHandler = fields.refuse
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise malformed("it is not well-formed XML") from error
    except (ValueError, UnicodeError) as error:
        raise malformed("its characters cannot be read") from error
    return fields.found
