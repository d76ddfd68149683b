"""Messages: immutable trees of elements that mean the same on every channel.

An adapter renders a body by visiting it (`Visitor`); what a channel cannot show is replaced by
plainer elements first (`degrade`). Elements are frozen msgspec structs: a body goes to JSON and back
in about a microsecond, and unknown fields or types are refused by `parse_body`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from hub.sentences import sentences, worded

MAX_TEXT: Final = 20_000
"""Longest text of one element, in characters."""

MAX_ELEMENTS: Final = 50
"""Most elements in one message."""


class _Element(msgspec.Struct, frozen=True, gc=False, tag_field="type", forbid_unknown_fields=True):
    """What all elements share."""


class Text(_Element, frozen=True, tag="text"):
    """Words. Plain text, never markup; line breaks count, links are found by the reader's page."""

    text: str


class Image(_Element, frozen=True, tag="image"):
    """A picture. `media` is an attachment id of the hub or an https URL; sizes in pixels and bytes."""

    media: str
    alt: str = ""
    name: str = ""
    mime: str = ""
    width: int = 0
    height: int = 0
    size: int = 0


class File(_Element, frozen=True, tag="file"):
    """A document to download. `size` in bytes."""

    media: str
    name: str
    mime: str = ""
    size: int = 0


class Voice(_Element, frozen=True, tag="voice"):
    """A spoken message. `seconds` is its length, `transcript` what was said, where known."""

    media: str
    seconds: float = 0
    transcript: str = ""
    mime: str = ""
    size: int = 0


class Video(_Element, frozen=True, tag="video"):
    """A film. `seconds` is its length."""

    media: str
    seconds: float = 0
    name: str = ""
    mime: str = ""
    size: int = 0


class Location(_Element, frozen=True, tag="location"):
    """A place: WGS 84 degrees and the name people use."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


class Card(_Element, frozen=True, tag="card"):
    """A titled block with an optional picture and link: an order, a parcel, an article."""

    title: str
    text: str = ""
    url: str = ""
    image: str = ""


class Button(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One choice. Pressing it sends `payload` (or the label, where it is empty) as the customer's message.

    With `url` it opens a page instead.
    """

    label: str
    payload: str = ""
    url: str = ""


class Buttons(_Element, frozen=True, tag="buttons"):
    """Choices under an optional line of text."""

    buttons: tuple[Button, ...]
    text: str = ""


class Choice(_Element, frozen=True, tag="choice"):
    """A pressed button coming back: `label` is what the customer saw, `payload` what the bot gave it."""

    label: str
    payload: str


class Mention(_Element, frozen=True, tag="mention"):
    """Somebody named in a group. `id` is the platform's."""

    id: str
    name: str = ""


class Quote(_Element, frozen=True, tag="quote"):
    """The message this one answers: its id in the hub and its text, shortened."""

    message: str
    text: str = ""


Element = Text | Image | File | Voice | Video | Location | Card | Buttons | Choice | Mention | Quote
Body = tuple[Element, ...]

_decoder: Final = msgspec.json.Decoder(Body)


def decode_body(data: str | bytes) -> Body:
    """The body back from its JSON. Raises msgspec.ValidationError where it is none."""
    return _decoder.decode(data)


def parse_body(value: Any) -> Body:
    """A body from plain JSON values that came from outside. Raises ValueError with the reason."""
    try:
        body: Body = msgspec.convert(value, type=Body)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    check_body(body)
    return body


def check_body(body: Body) -> None:
    """Raise ValueError unless the body says something and keeps the limits."""
    if not body:
        raise ValueError("a message needs at least one element")
    if len(body) > MAX_ELEMENTS:
        raise ValueError(f"a message has at most {MAX_ELEMENTS} elements, this one has {len(body)}")
    for element in body:
        if isinstance(element, Text):
            if not element.text.strip():
                raise ValueError("a text element must not be empty")
            if len(element.text) > MAX_TEXT:
                raise ValueError(f"a text has at most {MAX_TEXT} characters, this one has {len(element.text)}")


_LABELS: Final = sentences("elements")


def label_of(element: Element, locale: str = "zh-CN") -> str:
    """What stands for a non-text element in a list, in `locale` (zh-CN or en)."""
    return worded(_LABELS[kind_of(element)], locale)


def plain_text(body: Body, locale: str = "zh-CN") -> str:
    """The body as one plain text: what a list shows, what a search finds, what a text-only channel sends."""
    if len(body) == 1 and isinstance(body[0], Text):
        return body[0].text
    return "\n".join(part for part in (_plain(element, locale) for element in body) if part)


def _plain(element: Element, locale: str) -> str:
    match element:
        case Text(text=text):
            return text
        case Choice(label=label):
            return label
        case Buttons(text=text, buttons=buttons):
            lines = [f"{number}. {b.label}" + (f" {b.url}" if b.url else "") for number, b in enumerate(buttons, 1)]
            return "\n".join([text, *lines] if text else lines)
        case Card(title=title, text=text, url=url):
            return "\n".join(part for part in (title, text, url) if part)
        case Mention(id=id, name=name):
            return f"@{name or id}"
        case Quote(text=text):
            return f"> {text}" if text else ""
        case Location(name=name, address=address):
            return " ".join(part for part in (label_of(element, locale), name, address) if part)
        case Voice(transcript=words) | File(name=words) | Video(name=words) | Image(alt=words):
            return f"{label_of(element, locale)} {words}".rstrip()


class Visitor:
    """Renders a body for one platform: a method per kind, ``visit_text(element)`` and so on.

    `render` calls them in order; a kind without a method goes to `visit_other`.
    """

    def render(self, body: Body) -> list[Any]:
        """What the methods returned, in order; None is left out."""
        results = (getattr(self, f"visit_{kind_of(element)}", self.visit_other)(element) for element in body)
        return [result for result in results if result is not None]

    def visit_other(self, element: Element) -> Any:
        """What to do with a kind that has no method of its own; raises TypeError unless overridden."""
        raise TypeError(f"{type(self).__name__} cannot render {type(element).__name__}")


def kind_of(element: Element) -> str:
    """The element's type word: text, image, …"""
    return str(type(element).__struct_config__.tag)


def degrade(body: Body, kinds: Iterable[str], *, max_text: int = 0, locale: str = "zh-CN") -> Sequence[Body]:
    """The body in elements of `kinds` only, split so that no text is longer than `max_text` characters.

    What is missing becomes text (a card its title, text and link; buttons a numbered list), so nothing
    is silently left out. Returns the bodies to be sent, in this order (none where there is nothing to show); 0 means no limit.
    """
    known = frozenset(kinds)
    plain: list[Element] = []
    for element in body:
        if kind_of(element) in known:
            plain.append(element)
        elif text := _plain(element, locale):
            if plain and isinstance(plain[-1], Text):
                plain[-1] = Text(f"{plain[-1].text}\n{text}")
            else:
                plain.append(Text(text))
    if not max_text or not any(isinstance(e, Text) and len(e.text) > max_text for e in plain):
        return (tuple(plain),) if plain else ()
    return _split(plain, max_text)


def files_of(body: Body) -> frozenset[str]:
    """The ids of the hub's own files that a message names; pictures and files elsewhere on the web are not among them."""
    named = (media for element in body if (media := getattr(element, "media", None)) is not None)
    return frozenset(media for media in named if not media.startswith(("https://", "http://")))


def _split(elements: Sequence[Element], max_text: int) -> Sequence[Body]:
    bodies: list[Body] = []
    current: list[Element] = []
    for element in elements:
        if not isinstance(element, Text) or len(element.text) <= max_text:
            current.append(element)
            continue
        for piece in split_text(element.text, max_text):
            if any(isinstance(e, Text) for e in current):
                bodies.append(tuple(current))
                current = []
            current.append(Text(piece))
    return [*bodies, tuple(current)] if current else bodies


def split_text(text: str, limit: int) -> Sequence[str]:
    """`text` in pieces of at most `limit` characters, cut at a line or sentence end where one is near."""
    pieces: list[str] = []
    rest = text
    while len(rest) > limit:
        end = max(rest.rfind(mark, 0, limit) + 1 for mark in ("\n", "。", "！", "？", ". ", " "))
        cut = limit if end < max(1, limit // 2) else end
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [piece for piece in (*pieces, rest) if piece]
