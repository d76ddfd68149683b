"""The plugins that are measured and killed: a webhook channel and a bot that repeats what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import FileIO

import msgspec
from aiohttp import web

from hub import (
    Answer,
    Bot,
    Channel,
    Context,
    Inbound,
    Limits,
    Outbound,
    PluginConfig,
    Sender,
    Sent,
    Text,
    Turn,
    hookimpl,
    plain_text,
)
from hub.pages import answer, number, read_json


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sender": "from"}):
    """The body of a POST: `id` is the sender's own name for the message."""

    id: str
    sender: str
    text: str


class Stored(msgspec.Struct, frozen=True):
    """What is acknowledged: the id under which the hub keeps the message."""

    id: int


class WebhookConfig(PluginConfig):
    """`delivered` is a file that gets a line for each message that goes out; empty for none."""

    delivered: str = ""


class Webhook(Channel[WebhookConfig]):
    """``POST /bench/messages`` brings a message in; what goes out is counted and taken as delivered.

    ``GET /bench/sent?at_least=N`` answers once N messages went out. The file is the platform's memory: a line outlives the
    process as soon as it is written.
    """

    Config = WebhookConfig
    platform = "webhook"
    title = "Webhook"

    def __init__(self, config: WebhookConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        self._delivered: FileIO | None = None
        self._sent = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def limits(self) -> Limits:
        """Text; a second copy does no harm."""
        return Limits(kinds=frozenset({"text"}), resend_safe=True)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Routes, while it runs."""
        self.ctx.route("POST", "/bench/messages", self._receive)
        self.ctx.route("GET", "/bench/sent", self._count)
        if not self.config.delivered:
            yield
            return
        with FileIO(self.config.delivered, "ab") as self._delivered:
            yield

    async def _receive(self, request: web.Request) -> web.Response:
        said = await read_json(request, Said)
        accepted = await self.ctx.accept(Inbound(said.id, Sender(said.sender), (Text(said.text),)))
        return answer(Stored(accepted.message_id))

    async def _count(self, request: web.Request) -> web.Response:
        least = number(request, "at_least", 0)
        if self._sent < least:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append((least, future))
            await future
        return answer({"sent": self._sent})

    async def send(self, message: Outbound) -> Sent:
        """At once."""
        if self._delivered is not None:
            line = {"key": message.key, "to": message.address, "text": plain_text(message.body)}
            self._delivered.write(msgspec.json.encode(line) + b"\n")
        self._sent += 1
        if self._waiting:
            self._tell()
        return Sent()

    def _tell(self) -> None:
        for least, future in self._waiting:
            if self._sent >= least and not future.done():
                future.set_result(None)
        self._waiting = [one for one in self._waiting if not one[1].done()]


class Echo(Bot[PluginConfig]):
    """Says everything again."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        """The same words."""
        return Answer.of(f"echo: {plain_text(turn.message.body)}")
