"""The channel itself: puts the parts together while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar, Final

from hub import Allowance, Channel, Leg, Limits, NotReady, Outbound, PluginConfig, Sent
from hub.pages import Operation
from hub_qq.api import Api
from hub_qq.config import QQConfig
from hub_qq.errands import Errands
from hub_qq.gateway import Gateway
from hub_qq.intake import Intake
from hub_qq.outgoing import Book
from hub_qq.sending import Sending
from hub_qq.tokens import Tokens
from hub_qq.webhook import Webhook
from hub_windows import Windows

KINDS: Final = frozenset({"text", "image", "file", "voice", "video"})
TIDY: Final = "tidy"
DAY: Final = 86_400.0


class QQ(Channel[QQConfig]):
    """A QQ bot."""

    Config: ClassVar[type[PluginConfig]] = QQConfig
    platform: ClassVar[str] = "qq"
    title: ClassVar[str] = "QQ 机器人"
    tables: ClassVar[str | tuple[str, ...]] = ("hub_qq.tables", "hub_windows.tables")

    @property
    def limits(self) -> Limits:
        """Words and files; cards and buttons where the platform grants them. What is safe to repeat, `was_sent` knows."""
        config = self.config
        kinds = {"card"} if config.markdown else set()
        kinds |= {"buttons"} if config.buttons else set()
        return Limits(KINDS | kinds, max_text=config.max_text, per_second=config.per_second, resend_safe=False)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Take events while running."""
        ctx, config = self.ctx, self.config
        self._windows = windows = Windows(ctx)
        tokens, book = Tokens(ctx, config), Book(ctx)
        api = Api(ctx, config, tokens)
        self._sending = Sending(ctx, config, api, windows, book)
        errands = Errands(ctx, config, api, book)
        intake = Intake(ctx, config, windows, errands)
        try:
            # Wrong credentials are told now, not with the first message.
            await tokens.get()
        except NotReady as error:
            ctx.log.warning("the platform gives no access token now", reason=str(error))
        ctx.job(TIDY, book.tidy)
        await ctx.every(TIDY, seconds=DAY)
        ctx.task(errands.run(), "errands")
        if config.transport == "webhook":
            about = Operation("What QQ pushes: messages and events of the bot, signed (Ed25519)")
            ctx.route("POST", f"/{ctx.name}/webhook", Webhook(ctx, config, intake).handle, doc=about)
        else:
            ctx.task(Gateway(ctx, config, api, tokens, intake).run(), "gateway")
        yield

    async def send(self, message: Outbound) -> Sent:
        """As an answer while one is taken, else as `when_closed` says."""
        return await self._sending.send(message)

    async def was_sent(self, message: Outbound) -> Sent | None:
        """What the book knows; None where it may go again, because the platform drops a second copy or nothing went out."""
        return await self._sending.was_sent(message)

    async def recall(self, message: Outbound, external_id: str) -> None:
        """Take a message back; the platform allows that for two minutes."""
        await self._sending.recall(message, external_id)

    async def allowance(self, leg: Leg) -> Allowance:
        """How many answers are left, and until when; any number where messages of our own accord are allowed."""
        left = await self._windows.left(leg.address)
        if left.left == 0 and self.config.when_closed == "proactive":
            return Allowance(None, None, "proactive")
        return left
