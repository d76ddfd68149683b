"""A bot that repeats what it hears, so that conversations have two sides."""

from __future__ import annotations

from hub import Answer, Bot, PluginConfig, Turn, hookimpl, plain_text


class Echo(Bot[PluginConfig]):
    """Says everything again."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer | None:
        """The same words."""
        return Answer.of(f"echo: {plain_text(turn.message.body)}")
