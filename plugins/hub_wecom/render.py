"""From the hub's elements to the platform's messages. One message of ours may be several there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from hub import Body, Button, Buttons, Card, File, Image, Location, Video, Voice, plain_text

Payload = dict[str, Any]
"""One message of the platform's: ``{"msgtype": "text", "text": {…}}``."""

Upload = Callable[[str, str], Awaitable[tuple[str, str]]]
KINDS: Final = frozenset({"text", "image", "file", "voice", "video", "location", "card", "buttons"})
MAX_BYTES: Final = 2048
MAX_TEXT: Final = MAX_BYTES // 3
"""Characters of a text that surely fit, where none needs four bytes."""

MENU_ITEMS: Final = 10
MENU_BYTES: Final = 128
HEAD_BYTES: Final = 1024


async def payloads_of(body: Body, upload: Upload) -> list[Payload]:
    """The messages for a body, in order. `upload(media, kind)` gives the type and id the platform has for a file."""
    found: list[Payload] = []
    for element in body:
        match element:
            case Image(media=media) | File(media=media) | Voice(media=media) | Video(media=media):
                kind, media_id = await upload(media, _kind(element))
                found.append(_payload(kind, media_id=media_id))
            case Location(latitude=latitude, longitude=longitude, name=name, address=address):
                place = {"latitude": latitude, "longitude": longitude, "name": name or address, "address": address}
                found.append({"msgtype": "location", "location": place})
            case Card() if element.url and element.image:
                _, thumb = await upload(element.image, "image")
                found.append(_payload("link", **_link(element), thumb_media_id=thumb))
            case Buttons() if _fits(element):
                found.append({"msgtype": "msgmenu", "msgmenu": menu_of(element)})
            case _:
                found += [text_payload(piece) for piece in pieces(plain_text((element,)))]
    return found


def text_payload(text: str) -> Payload:
    """A text."""
    return _payload("text", content=text)


def menu_of(element: Buttons) -> Payload:
    """Choices: each comes back with its payload; links open."""
    return {"head_content": element.text, "list": [_item(button) for button in element.buttons]}


def pieces(text: str, most: int = MAX_BYTES) -> list[str]:
    """`text` in pieces of at most `most` bytes."""
    found: list[str] = []
    current: list[str] = []
    size = 0
    for character in text:
        width = len(character.encode("utf-8", "replace"))
        if size + width > most:
            found.append("".join(current))
            current, size = [], 0
        current.append(character)
        size += width
    return [*found, "".join(current)] if current else found


def _kind(element: Image | File | Voice | Video) -> str:
    match element:
        case Image():
            return "image"
        case Voice():
            return "voice"
        case Video():
            return "video"
        case File():
            return "file"


def _payload(kind: str, **content: str) -> Payload:
    return {"msgtype": kind, kind: content}


def _link(card: Card) -> dict[str, str]:
    title, text = pieces(card.title, 128) or [card.url[:40]], pieces(card.text, 512) or [""]
    return {"title": title[0], "desc": text[0], "url": card.url}


def _item(button: Button) -> Payload:
    if button.url:
        return {"type": "view", "view": {"url": button.url, "content": button.label}}
    return {"type": "click", "click": {"id": button.payload or button.label, "content": button.label}}


def _fits(element: Buttons) -> bool:
    """Otherwise it goes as a numbered list, of which nothing is cut off."""
    words = [*(button.label for button in element.buttons), *(button.payload for button in element.buttons)]
    short = all(len(word.encode()) <= MENU_BYTES for word in words)
    return short and len(element.buttons) <= MENU_ITEMS and len(element.text.encode()) <= HEAD_BYTES
