"""A hub that knows who is who, with channels that are told what to bring."""

from __future__ import annotations

import itertools
from typing import Any

from hub import Channel, Conversation, Inbound, Person, Sender, Text
from hub.message import Element, plain_text
from hub.plugin import Plugin
from hub.testing import FakeChannel, HubKit, Use, use
from hub.testing.fixtures import MakeHub
from hub_people import People

NUMBERS = itertools.count(1)


class WeChat(FakeChannel):
    platform = "wechat"
    title = "微信"

    async def invitation(self, scene: str, seconds: float) -> str:
        """As a channel with codes for scenes has it."""
        return f"https://wechat.example/qr?scene={scene}"


class QQ(FakeChannel):
    platform = "qq"
    title = "QQ"


class Phone(FakeChannel):
    platform = "phone"
    title = "电话"


async def people_hub(
    make_hub: MakeHub, *more: Use | type[Plugin[Any]], people: dict[str, Any] | None = None, **sections: Any
) -> HubKit:
    """Telephone, WeChat, QQ, and who is who."""
    channels = use(Phone, "phone"), use(WeChat, "wechat"), use(QQ, "qq")
    known = use(People, "people", people or {})
    return await make_hub(*channels, known, *more, **{"service": {"first_owner": "queue"}, **sections})


class Customer:
    """Somebody on one channel."""

    def __init__(self, kit: HubKit, channel: str, id: str, **sender: Any) -> None:
        self.kit = kit
        self.channel = channel
        self.id = id
        self.sender = sender

    async def says(self, *parts: str | Element, key: str = "", **sender: Any) -> int:
        """Write, and wait until it has been worked on."""
        body = tuple(Text(part) if isinstance(part, str) else part for part in parts)
        who = Sender(self.id, **{**self.sender, **sender})
        inbound = Inbound(key or f"k{next(NUMBERS)}", who, body)
        accepted = await self.kit.hub.path.accept(self.channel, inbound)
        await self.kit.settled()
        return accepted.message_id

    @property
    def place(self) -> tuple[str, str, str]:
        """Their identity."""
        return (self.kit.hub.registry.platform_of(self.channel), self.sender.get("scope", self.channel), self.id)

    async def person(self) -> Person:
        """Who they are by now."""
        dossier = await self.kit.hub.people.find(self.place)
        assert dossier is not None
        return dossier.person

    async def conversation(self) -> Conversation:
        """The open one of whoever they are, or the last."""
        dossier = await self.kit.hub.people.find(self.place)
        assert dossier is not None
        assert dossier.conversation is not None
        return dossier.conversation

    def heard(self) -> list[str]:
        """What arrived at them."""
        return self.kit.world(self.channel).texts(self.id)


def people_of(kit: HubKit) -> People:
    return kit.plugin("people", People)


async def history(kit: HubKit, person: int) -> list[str]:
    """What was said with this person, oldest first; without the house's lines and notes."""
    found = await kit.hub.reading.messages_of(person, limit=500)
    return [plain_text(message.body) for message in found if message.direction in ("in", "out")]


def channel(kit: HubKit, name: str) -> Channel[Any]:
    return kit.plugin(name, FakeChannel)
