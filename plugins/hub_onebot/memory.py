"""Which of the platform's message ids belongs to which of the hub's messages: for quotes, and to know our own messages again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import msgspec

from hub_onebot.ids import Chat

QUOTED: Final = 200
"""Characters of a message that a quote of it shows."""

MOST: Final = 5_000
"""Messages kept in mind; what is older is asked for, or shown as text."""


class Known(msgspec.Struct, frozen=True):
    """A message as both sides name it. `ours` was sent through the hub."""

    platform_id: str
    message_id: int
    text: str
    ours: bool


class Memory:
    """The last few thousand messages."""

    def __init__(self) -> None:
        self._by_platform: OrderedDict[tuple[str, str], Known] = OrderedDict()
        self._by_hub: dict[tuple[str, int], str] = {}
        self._expected: OrderedDict[tuple[Chat, str], int] = OrderedDict()

    def note(self, self_id: str, known: Known) -> None:
        """Keep a message of this account in mind."""
        self._by_platform[self_id, known.platform_id] = known
        self._by_hub[self_id, known.message_id] = known.platform_id
        if len(self._by_platform) > MOST:
            (self_id, _), oldest = self._by_platform.popitem(last=False)
            self._by_hub.pop((self_id, oldest.message_id), None)

    def find(self, self_id: str, platform_id: str) -> Known | None:
        """The message with this id of the platform's."""
        return self._by_platform.get((self_id, platform_id))

    def is_ours(self, self_id: str, platform_id: str) -> bool:
        """Was it sent through the hub, as far as we remember?"""
        known = self.find(self_id, platform_id)
        return known is not None and known.ours

    def platform_id(self, self_id: str, message_id: str) -> str:
        """The platform's id of one of the hub's messages; "" where it is not known."""
        number = int(message_id) if message_id.isascii() and message_id.isdecimal() else 0
        return self._by_hub.get((self_id, number), "")

    # -- taken, and not done yet ----------------------------------------------------------------

    def expect(self, place: Chat, words: str, message_id: int) -> None:
        """The implementation took this message and gave it no id; the account's own messages will tell that it went out."""
        self._expected[place, words] = message_id
        if len(self._expected) > MOST:
            self._expected.popitem(last=False)

    def came(self, place: Chat, words: str) -> int:
        """The message of ours that went out with these words, if one was expected; else 0. It is expected no longer."""
        return self._expected.pop((place, words), 0)
