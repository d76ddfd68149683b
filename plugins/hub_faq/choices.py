"""Offering questions as buttons, and recognising which one was chosen.

A choice comes back as a pressed button, and on channels without buttons as a typed number or as the text itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from hub import Body, Button, Buttons, Choice, Message
from hub_faq.knowledge import Group, Language

Kind = Literal["pick", "more"]
"""``pick``: the bot asked which one was meant. ``more``: related questions under an answer."""

_PAYLOAD: Final = re.compile(r"faq:(pick|more):([a-z0-9_.-]+)")
_NUMBER: Final = re.compile(
    r"(?:选|第|是|option|number|no\.?|the)?\s*([1-9一二三四五六七八九]|first|second|third)\s*"
    r"(?:个|条|项|号|个问题|one|st|nd|rd)?[\s.。,、!)）]*"
)
_VALUES: Final = {
    **{character: number for number, character in enumerate("一二三四五六七八九", 1)},
    "first": 1,
    "second": 2,
    "third": 3,
}


def offer(groups: Sequence[Group], kind: Kind, language: Language, text: str) -> Buttons:
    """One button per group under a line of text."""
    return Buttons(tuple(Button(group.title(language), f"faq:{kind}:{group.id}") for group in groups), text)


def pressed(body: Body) -> str | None:
    """The id of the group whose button was pressed, if one of ours was."""
    for element in body:
        if isinstance(element, Choice) and (found := _PAYLOAD.fullmatch(element.payload)):
            return found.group(2)
    return None


def typed(text: str, history: Sequence[Message]) -> str | None:
    """The id of the group a typed number means, if the bot's last words offered one under that number."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    ids = [group for _, group in last_offer(history)]
    number = _VALUES.get(found.group(1)) or int(found.group(1))
    return ids[number - 1] if number <= len(ids) else None


def last_offer(history: Sequence[Message]) -> Sequence[tuple[Kind, str]]:
    """What the last message to the customer offered: kind and group id, in the order of the buttons."""
    said = next((message for message in reversed(history) if message.direction in ("in", "out")), None)
    if said is None or said.direction == "in":
        return ()
    buttons = (b for element in said.body if isinstance(element, Buttons) for b in element.buttons)
    ours = (found for button in buttons if (found := _PAYLOAD.fullmatch(button.payload)))
    return [("pick" if found.group(1) == "pick" else "more", found.group(2)) for found in ours]
