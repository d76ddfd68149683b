"""A platform that does as it is told, the channel to it, and a bot that repeats what it hears."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from pydantic import ConfigDict, Field

from hub.errors import NotReady, Rejected
from hub.hooks import hookimpl
from hub.intents import Answer, Turn
from hub.message import plain_text
from hub.plugin import Bot, Channel, Limits, Outbound, PluginConfig, Sent


class FakePlatform:
    """What is on the other side of a `FakeChannel`; it lives on when the hub does not.

    `arrived` are the messages customers got, in order; `attempts` all that were tried.
    """

    def __init__(self) -> None:
        self.arrived: list[Outbound] = []
        self.attempts: list[Outbound] = []
        self.typed: list[tuple[str, bool]] = []
        self._trouble: deque[tuple[Exception, bool]] = deque()
        self._open = asyncio.Event()
        self._open.set()

    # -- what goes wrong ------------------------------------------------------------------------

    def fail(self, times: int = 1, *, retry_after: float | None = None) -> None:
        """The next `times` messages cannot be taken now."""
        self._trouble.extend((NotReady("the platform is busy", retry_after=retry_after), False) for _ in range(times))

    def reject(self, reason: str = "the platform does not want this message") -> None:
        """The next message is refused for good."""
        self._trouble.append((Rejected(reason), False))

    def break_down(self, times: int = 1, *, delivered: bool = False) -> None:
        """The next `times` messages end in an error nobody expected; with `delivered` after they arrived."""
        self._trouble.extend((RuntimeError("the connection broke"), delivered) for _ in range(times))

    def hang(self) -> None:
        """From now on nothing comes back, until `resume`."""
        self._open.clear()

    def resume(self) -> None:
        """Answer again."""
        self._open.set()

    # -- what happens ---------------------------------------------------------------------------

    def texts(self, address: str = "") -> list[str]:
        """What arrived at `address` (everywhere, where it is empty), as plain text."""
        return [plain_text(message.body) for message in self.arrived if address in ("", message.address)]

    async def take(self, message: Outbound, *, drop_repeats: bool) -> Sent:
        """One attempt of the channel's."""
        self.attempts.append(message)
        await self._open.wait()
        error, delivered = self._trouble.popleft() if self._trouble else (None, True)
        if delivered and not (drop_repeats and any(before.key == message.key for before in self.arrived)):
            self.arrived.append(message)
        if error is not None:
            raise error
        return Sent(f"fake-{message.key}")


class FakeConfig(PluginConfig):
    """`world` is the platform, `limits` what it declares."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    world: FakePlatform = Field(default_factory=FakePlatform)
    limits: Limits = Limits()


class FakeChannel(Channel[FakeConfig]):
    """A real channel to a platform in memory."""

    platform = "fake"
    title = "Fake"
    Config = FakeConfig

    @property
    def world(self) -> FakePlatform:
        """The other side."""
        return self.config.world

    @property
    def limits(self) -> Limits:
        """As configured."""
        return self.config.limits

    async def send(self, message: Outbound) -> Sent:
        """To the platform, with whatever it does."""
        return await self.world.take(message, drop_repeats=self.limits.resend_safe)

    async def typing(self, address: str, on: bool, author: str) -> None:
        """Noted by the platform."""
        self.world.typed.append((address, on))


class AskingChannel(FakeChannel):
    """A fake channel that can also ask whether a message arrived."""

    async def was_sent(self, message: Outbound) -> Sent | None:
        """What the platform knows about an earlier attempt."""
        known = any(before.key == message.key for before in self.world.arrived)
        return Sent(f"fake-{message.key}") if known else None


class EchoBot(Bot[PluginConfig]):
    """Says what the customer said."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        """The same text."""
        return Answer.of(plain_text(turn.message.body))


class ScriptConfig(PluginConfig):
    """`answers` by the customer's text; `unsure` are texts that get an unsure answer."""

    answers: dict[str, str] = Field(default_factory=dict)
    unsure: str = "我不太确定。"


class ScriptBot(Bot[ScriptConfig]):
    """Knows the answers it was given, and is unsure about everything else."""

    Config = ScriptConfig

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        """From the script."""
        known: Any = self.config.answers.get(plain_text(turn.message.body))
        return Answer.of(known) if known is not None else Answer.of(self.config.unsure, unsure=True)
