"""A compliance filter for tests: masks numbers, keeps back what is forbidden, and breaks when told to."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from hub import Conversation, Message, Person, Plugin, PluginConfig, Rejected, Text, hookimpl


class Gate(Plugin[PluginConfig]):
    """Filters both ways. `asked` are the texts it saw, with the channel for those on their way out."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked: list[tuple[str, str]] = []
        self.broken = False
        self.nonsense = False

    def judge(self, message: Message, where: str) -> Message | None:
        text = "".join(element.text for element in message.body if isinstance(element, Text))
        self.asked.append((where, text))
        if self.broken:
            raise RuntimeError("the rules cannot be read")
        if self.nonsense:
            return replace(message, body=())
        if "forbidden" in text:
            raise Rejected("the rules forbid it")
        masked = re.sub(r"\d{6,}", "***", text)
        return replace(message, id=1, person_id=2, body=(Text(masked),)) if masked != text else None

    @hookimpl
    async def filter_inbound(self, message: Message, conversation: Conversation, person: Person) -> Message | None:
        assert conversation.person_id == person.id == message.person_id
        return self.judge(message, "in")

    @hookimpl
    async def filter_outbound(self, message: Message, conversation: Conversation, channel: str) -> Message | None:
        assert conversation.id == message.conversation_id
        return self.judge(message, channel)
