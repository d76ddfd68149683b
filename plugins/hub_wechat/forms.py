"""The two forms of bodies, XML and JSON: told apart by content, read without entities, written so that any text survives."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal
from xml.parsers import expat

import xmltodict

from hub import Refused

Form = Literal["xml", "json"]
Fields = dict[str, Any]

DEEPEST: Final = 12
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def read(body: bytes) -> tuple[Fields, Form]:
    """The fields of a body, and its form. Raises ValueError, or an error of the parser's, for whatever is no message."""
    text = body.decode("utf-8-sig").strip()
    if text.startswith("{"):
        found = json.loads(text)
        return _fields(found), "json"
    _check_xml(text)
    # Spaces belong to what people write.
    return _fields(xmltodict.parse(text, strip_whitespace=False)["xml"]), "xml"


def _fields(found: Any) -> Fields:
    if not isinstance(found, dict):
        raise ValueError("a message is an object of fields")
    return found


def _check_xml(text: str) -> None:
    """No document type, so no entities that grow; and not nested deeper than any message is."""
    depth = 0

    def refuse(*_: object) -> None:
        raise ValueError("a message has no document type and no entities")

    def enter(name: str, attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise ValueError("the message is nested too deep")

    def leave(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = enter, leave
    parser.Parse(text, True)


def text_of(fields: Mapping[str, Any], name: str, most: int = 400_000) -> str:
    """A field's text, "" where there is none. Raises Refused (400) where it is something else or too long."""
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)) > most:
        raise Refused(400, "malformed", f"the message's {name} is not what it should be")
    return str(value)


def write(fields: Mapping[str, Any], form: Form) -> str:
    """Fields as a body in this form; in XML texts are CDATA and numbers bare."""
    if form == "json":
        return json.dumps(fields, ensure_ascii=False)
    return f"<xml>{''.join(_element(name, value) for name, value in fields.items())}</xml>"


def _element(name: str, value: Any) -> str:
    inner = str(value) if isinstance(value, int) else f"<![CDATA[{cdata(str(value))}]]>"
    return f"<{name}>{inner}</{name}>"


def cdata(text: str) -> str:
    """`text` as it may stand in a CDATA section: its end mark is cut in two, and what XML cannot hold is left out."""
    return _CONTROL.sub("", text).replace("]]>", "]]]]><![CDATA[>")
