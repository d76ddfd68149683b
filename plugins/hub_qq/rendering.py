"""From the hub's elements to what the platform takes in one message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hub import Body, Button, Buttons, Card, Element, File, Image, Text, Video, Voice, plain_text

Json = dict[str, Any]

IN_A_ROW: Final = 2
MOST_ROWS: Final = 5
_SPECIAL: Final = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>#|~"})


class Piece(msgspec.Struct, frozen=True):
    """One message of the platform's: words, or a file with words beside it, or Markdown with or without buttons."""

    text: str = ""
    media: Image | File | Voice | Video | None = None
    markdown: str = ""
    buttons: tuple[Button, ...] = ()


def pieces_of(body: Body, *, in_channel: bool, locale: str) -> Sequence[Piece]:
    """The body as the platform's messages, in order. A channel (`in_channel`) shows pictures, and no other files."""
    pieces: list[Piece] = []
    words: list[str] = []

    def flush() -> None:
        if words:
            pieces.append(Piece("\n".join(words)))
            words.clear()

    for element in body:
        match element:
            case Text(text=text):
                words.append(text)
            case Image():
                pieces.append(Piece("\n".join(words), element))
                words.clear()
            case File() | Voice() | Video() if in_channel:
                words.append(_in_words(element, locale))
            case File() | Voice() | Video():
                flush()
                pieces.append(Piece(media=element))
            case Buttons(text=text, buttons=buttons):
                above = "\n".join([*words, *([text] if text else [])])
                words.clear()
                most = IN_A_ROW * MOST_ROWS
                shown = "\n".join([above, *(button.label for button in buttons[most:])])
                pieces.append(Piece(markdown=_escaped(shown) or " ", buttons=buttons[:most]))
            case Card():
                flush()
                pieces.append(Piece(markdown=_card(element)))
            case _:
                words.append(plain_text((element,), locale))
    flush()
    return pieces


def _in_words(element: Element, locale: str) -> str:
    media = getattr(element, "media", "")
    link = media if media.startswith(("https://", "http://")) else ""
    return f"{plain_text((element,), locale)} {link}".rstrip()


def _escaped(text: str) -> str:
    return text.translate(_SPECIAL)


def _card(card: Card) -> str:
    title = _escaped(card.title)
    head = f"[{title}]({card.url})" if card.url else title
    return "\n\n".join(part for part in (f"**{head}**", _escaped(card.text)) if part)


def keyboard_of(buttons: Sequence[Button]) -> Json:
    """A keyboard: a button with an address opens it, another comes back as a click with its payload."""
    made = [_button(number, button) for number, button in enumerate(buttons, 1)]
    return {"content": {"rows": [{"buttons": made[at : at + IN_A_ROW]} for at in range(0, len(made), IN_A_ROW)]}}


def _button(number: int, button: Button) -> Json:
    # The id comes back with a click, and nothing else that tells what was on the button.
    return {
        "id": f"{number}:{button.label}"[:60],
        "render_data": {"label": button.label, "visited_label": button.label, "style": 1},
        "action": {
            "type": 0 if button.url else 1,
            "permission": {"type": 2},
            "data": button.url or button.payload or button.label,
            "unsupport_tips": button.label,
        },
    }


def label_of(button: str) -> str:
    """What stood on the button with this id."""
    number, colon, label = button.partition(":")
    return label if colon and number.isdecimal() else ""
