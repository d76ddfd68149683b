"""What travels in the lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from hub.conversations.scene import Scene
from hub.errors import Refused
from hub.plugin import Inbound


class Arrival(msgspec.Struct, gc=False):
    """A customer's message on its way in; the same fields are the inbox row's payload."""

    id: int
    channel: str
    platform: str
    inbound: Inbound
    at: int
    attempts: int = 0

    @property
    def identity(self) -> tuple[str, str, str]:
        """Platform, scope and external id of the sender."""
        sender = self.inbound.sender
        return (self.platform, sender.scope or self.channel, sender.external_id)


class Act:
    """Something somebody wants done in a person's conversation: an agent, a plugin, the hub itself.

    `play` decides in the scene and may return a result; it runs in the person's lane. The future has the result
    when it is stored.
    """

    __slots__ = ("actor", "future", "person", "play")

    def __init__(self, person: int, actor: str, play: Callable[[Scene], Awaitable[Any]]) -> None:
        self.person = person
        self.actor = actor
        self.play = play
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def refuse(self, error: Exception) -> None:
        """It came to nothing."""
        if not self.future.done():
            self.future.set_exception(error)


def stopping() -> Refused:
    """The answer to what comes, or has not begun, when the hub stops."""
    return Refused(503, "stopping", "the hub is stopping; try again in a moment")


Item = Arrival | Act
