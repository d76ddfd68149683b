"""A hub with a QQ bot, and the platform on the other side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from hub import Bot, Event, PluginConfig, hookimpl
from hub.clock import Clock
from hub.intents import Answer, Turn, say
from hub.message import plain_text
from hub.testing import EchoBot, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from hub_media import Media
from hub_qq import QQ
from tests.qq.simulator import QQPlatform

SECRET: Final = "DG5g3B4j9X2KOErG"
LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


def config(platform: QQPlatform, **more: Any) -> dict[str, Any]:
    """A bot's configuration for this platform."""
    hosts = {"api": platform.url, "token": f"{platform.url}/app/getAppAccessToken"}
    return {"app_id": platform.app_id, "secret": SECRET, "hosts": hosts, **more}


class Repeats(Bot[PluginConfig]):
    """Says ``3 你好`` three times, as three messages."""

    @hookimpl
    async def answer(self, turn: Turn) -> Answer:
        words = plain_text(turn.message.body)
        number, _, rest = words.partition(" ")
        count = int(number) if number.isdecimal() else 1
        return Answer(tuple(say(f"{rest or words} {one + 1}" if count > 1 else words) for one in range(count)))


class World:
    """A hub (`kit`) with a QQ bot called ``qq``, and the platform (`qq`) it talks to."""

    def __init__(self, kit: HubKit, qq: QQPlatform) -> None:
        self.kit = kit
        self.qq = qq

    def serves(self) -> None:
        """The webhook is where the hub is now."""
        if self.qq.webhook:
            self.qq.webhook = f"{self.kit.url}/qq/webhook"

    async def says(self, text: str, who: str = "U1", **more: Any) -> dict[str, Any]:
        """Somebody writes to the bot; the event."""
        return await self.delivers(self.qq.events.c2c(who, text, **more))

    async def delivers(self, event: dict[str, Any]) -> dict[str, Any]:
        """An event, taken by the hub."""
        answer = await self.qq.deliver(event)
        assert isinstance(answer, int) or answer.status == 200, self.kit.explain(f"{answer}")
        return event

    async def settled(self) -> None:
        """Everything is done."""
        await self.kit.settled()

    async def turn(self, seconds: float) -> None:
        """Time passes."""
        assert isinstance(self.kit.clock, ManualClock)
        await self.kit.clock.advance(seconds)

    def counted(self, name: str) -> int:
        """A number of the metrics page."""
        return self.kit.hub.counters[name]

    async def heard(self) -> list[str]:
        """What customers were understood to say."""
        return [plain_text(message.body) for message in await self.messages("in")]

    async def messages(self, direction: str) -> list[Any]:
        """All messages of a direction, in order."""
        await self.settled()
        rows = await self.kit.rows("SELECT id FROM message WHERE direction = ? ORDER BY id", direction)
        found = [await self.kit.hub.reading.message(row["id"]) for row in rows]
        return [one for one in found if one is not None]

    async def events(self, kind: str) -> list[Event]:
        """Lines of the event log, once all is done."""
        await self.settled()
        return [event for event in await self.kit.hub.reading.events(0, 1000) if event.kind == kind]

    async def dead(self) -> list[str]:
        """Why messages could not be delivered."""
        return [letter.error for letter in await self.kit.hub.path.dead.all()]

    async def died(self, number: int = 1) -> list[str]:
        """The same, once there are so many."""

        async def look() -> list[str]:
            found = await self.dead()
            return found if len(found) >= number else []

        dead: list[str] = await self.kit.until(look, f"{number} dead letters")
        return dead


@asynccontextmanager
async def world(
    make_hub: MakeHub, *, transport: str = "webhook", bot: Any = EchoBot, clock: Clock | None = None,
    settings: Mapping[str, Any] | None = None, heartbeat: int = 45_000,
    beside: Sequence[Any] = (), **more: Any,
) -> AsyncIterator[World]:  # fmt: skip
    """A hub and a platform that share a clock. `settings` are the hub's, `more` the bot's, `beside` further instances."""
    clock = clock or ManualClock(1_795_829_400.0)
    async with QQPlatform(secret=SECRET, now=clock.now, heartbeat=heartbeat) as qq:
        instances = [use(QQ, "qq", config(qq, transport=transport, **more)), use(Media, "media"), *beside]
        sections = {"hub": {"allow_private_networks": list(LOOPBACK), **(settings or {})}}
        kit = await make_hub(*instances, *([bot] if bot else []), clock=clock, serve=True, **sections)
        kit.plugin("qq", QQ)
        if transport == "webhook":
            qq.webhook = f"{kit.url}/qq/webhook"
        else:
            await qq.gateway.connected()
        yield World(kit, qq)
        await kit.stop()


async def concurrently(*work: Any) -> list[Any]:
    """All at once."""
    return list(await asyncio.gather(*work))
