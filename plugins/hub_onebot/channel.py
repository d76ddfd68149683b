"""The channel itself: puts the parts together while it runs, and delivers what the hub says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

from hub import Channel, Limits, Outbound, PluginConfig, Sent
from hub_onebot.config import OneBotConfig
from hub_onebot.dialling import Dialler
from hub_onebot.doors import HttpDoor, MediaDoor, ReverseDoor
from hub_onebot.http_api import HttpApi
from hub_onebot.ids import chat_of
from hub_onebot.intake import Intake
from hub_onebot.lines import HttpLine, Lines
from hub_onebot.memory import Memory
from hub_onebot.outward import KINDS
from hub_onebot.sending import Sending


class OneBot(Channel[OneBotConfig]):
    """QQ and others through an implementation of OneBot v11."""

    Config: ClassVar[type[PluginConfig]] = OneBotConfig
    platform: ClassVar[str] = "onebot"
    title: ClassVar[str] = "OneBot"

    @property
    def limits(self) -> Limits:
        """OneBot has no key by which a second copy would be known, so what may have arrived is not sent again."""
        return Limits(KINDS, self.config.max_text, self.config.per_second, resend_safe=False)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Be reachable, or dial, while running."""
        ctx, config = self.ctx, self.config
        memory = Memory()
        self._sending = Sending(ctx, config, memory)
        MediaDoor(ctx).open()
        lines: Lines | HttpLine
        if config.transport == "http":
            lines = HttpLine(HttpApi(ctx, config.api_root, config.access_token, config.call_timeout))
        else:
            lines = Lines(ctx)
        self._lines = lines
        intake = Intake(ctx, config, lines, memory, self._sending)
        # Given back last: what came before the sockets were closed is still stored.
        ctx.undo("messages in work", intake.lanes.stop)
        if isinstance(lines, HttpLine):
            HttpDoor(ctx, config, intake).open()
        else:
            ctx.farewell(lines.close)
            if config.transport == "reverse":
                ReverseDoor(ctx, config, lines, intake).open()
            else:
                Dialler(ctx, config, lines, intake).start()
        yield

    async def send(self, message: Outbound) -> Sent:
        """Deliver by the account that was written to."""
        chat = chat_of(message.address)
        return await self._sending.send(self._lines.api(chat.self_id), chat, message)

    async def recall(self, message: Outbound, external_id: str) -> None:
        """Take a delivered message back (delete_msg)."""
        await self._sending.recall(self._lines.api(chat_of(message.address).self_id), external_id)
