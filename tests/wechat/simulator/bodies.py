"""Push bodies and answers as XML and as JSON."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

Fields = dict[str, Any]


def to_xml(fields: Fields) -> str:
    """The fields in an ``<xml>`` element: texts as CDATA, numbers bare, as the platform writes them."""
    return f"<xml>{_inner(fields)}</xml>"


def _inner(fields: Fields) -> str:
    return "".join(f"<{name}>{_value(value)}</{name}>" for name, value in fields.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return _inner(value)
    if isinstance(value, int | float):
        return str(value)
    return f"<![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]>"


def to_json(fields: Fields) -> str:
    """The same as JSON."""
    return json.dumps(fields, ensure_ascii=False)


def parse(text: str, form: str) -> Fields:
    """An answer in the form (xml, json) that the account is set to. Raises ValueError where it is none."""
    if form == "json":
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError("no object")
        return found
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise ValueError(str(error)) from error
    if root.tag != "xml":
        raise ValueError("no <xml>")
    return {child.tag: _element(child) for child in root}


def _element(element: ET.Element) -> Any:
    children = list(element)
    if not children:
        return element.text or ""
    if all(child.tag == "item" for child in children):
        return [_element(child) for child in children]
    return {child.tag: _element(child) for child in children}
