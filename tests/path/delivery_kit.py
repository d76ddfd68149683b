"""A channel that notes when it was asked to send, and a look at what became of messages."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hub import Message, Plugin, PluginConfig, Sent, hookimpl
from hub.message import plain_text
from hub.plugin import Limits, Outbound
from hub.testing import AskingChannel, EchoBot, FakeChannel, FakePlatform, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub


class Timed(FakeChannel):
    """Notes the clock at each attempt."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.times: list[float] = []

    async def send(self, message: Outbound) -> Sent:
        self.times.append(self.ctx.clock.monotonic())
        return await super().send(message)


class Losses(Plugin[PluginConfig]):
    """Notes what was given up."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.lost: list[tuple[str, str]] = []

    @hookimpl
    async def delivery_failed(self, message: Message, reason: str) -> None:
        self.lost.append((plain_text(message.body), reason))


async def opened(make_hub: MakeHub, world: FakePlatform, *, asking: bool = False, **limits: Any) -> HubKit:
    """A hub with a channel to `world` with these limits, on a clock that stands still."""
    channel = use(AskingChannel if asking else Timed, "fake", world=world, limits=Limits(**limits))
    return await make_hub(channel, EchoBot, Losses, clock=ManualClock())


async def changes(kit: HubKit, message_id: int) -> list[tuple[str, str]]:
    """What pages were told about a message after it was there."""
    events = await kit.hub.reading.events(0, 500)
    about = [event for event in events if event.kind == "message.changed" and event.message is not None]
    return [(e.data["state"], e.data["error"]) for e in about if e.message is not None and e.message.id == message_id]


async def told(kit: HubKit, message_id: int, *expected: tuple[str, str]) -> None:
    """Wait until pages were told as often as expected, and see what."""

    async def look() -> bool:
        return len(await changes(kit, message_id)) >= len(expected)

    await kit.until(look, f"{len(expected)} changes")
    assert tuple(await changes(kit, message_id)) == expected
    message = await kit.hub.reading.message(message_id)
    assert message is not None
    assert (message.state, message.error) == expected[-1]


async def answers(kit: HubKit) -> list[Message]:
    """Our side's messages, the oldest first."""
    rows = await kit.rows("SELECT id FROM message WHERE direction IN ('out', 'system') ORDER BY id")
    found = [await kit.hub.reading.message(row["id"]) for row in rows]
    return [message for message in found if message is not None]


def gaps(times: list[float]) -> list[float]:
    """The seconds between them."""
    return [later - earlier for earlier, later in pairwise(times)]
