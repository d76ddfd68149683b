"""The bot behind a channel under test: what it says follows from what it hears, so that a contract can ask for it."""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import ConfigDict, Field

from hub.hooks import hookimpl
from hub.intents import Answer, HandOver, Turn
from hub.message import Button, Buttons, Card, plain_text
from hub.plugin import Bot, PluginConfig

CARD: Final = Card("订单 1024", "两件，明天送到", "https://shop.example.com/1024")
BUTTONS: Final = Buttons((Button("查订单"), Button("退货")), "您想做什么？")
SHOW_CARD: Final = "show a card"
SHOW_BUTTONS: Final = "show buttons"
FETCH_A_PERSON: Final = "fetch a person"
WAIT: Final = "wait"
SPEAK: Final = "speak for "
"""Followed by how many characters the answer has."""


def speech(length: int) -> str:
    """`length` characters in numbered sentences, so that a lost or swapped piece shows."""
    sentences: list[str] = []
    said = 0
    while said < length:
        sentences.append(f"这是第{len(sentences) + 1}句话。")
        said += len(sentences[-1])
    return "".join(sentences)[:length]


class ContractBotConfig(PluginConfig):
    """`gate` is what `WAIT` waits for; `asked` is set when it begins to."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    gate: asyncio.Event = Field(default_factory=asyncio.Event)
    asked: asyncio.Event = Field(default_factory=asyncio.Event)


class ContractBot(Bot[ContractBotConfig]):
    """Repeats what it hears, but for the few texts above."""

    Config = ContractBotConfig

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        """What the text asks for."""
        text = plain_text(turn.message.body)
        if text == SHOW_CARD:
            return Answer.of(CARD)
        if text == SHOW_BUTTONS:
            return Answer.of(BUTTONS)
        if text == FETCH_A_PERSON:
            return Answer((HandOver("asked"),))
        if text.startswith(SPEAK):
            return Answer.of(speech(int(text.removeprefix(SPEAK))))
        if text == WAIT:
            self.config.asked.set()
            await self.config.gate.wait()
        return Answer.of(text)
