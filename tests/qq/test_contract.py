"""The QQ channel keeps the contract of channels, by webhook and by gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import aiohttp
import pytest

from hub import Channel
from hub.testing import ChannelContract, HubKit
from hub.testing.fixtures import MakeHub
from hub.testing.tiers import tier
from hub_qq import QQ
from tests.qq.kit import SECRET, config
from tests.qq.simulator import QQPlatform


class QQContract(ChannelContract):
    """Each instance is a bot of its own, on a platform of its own."""

    plugin: ClassVar[type[Channel[Any]]] = QQ
    transport: ClassVar[str]

    @pytest.fixture(autouse=True)
    async def platforms(self) -> AsyncIterator[None]:
        """The other side, for the two instances a test may have."""
        async with QQPlatform(secret=SECRET) as first, QQPlatform(app_id="102000002", secret=SECRET) as second:
            self.qqs = {"contract": first, "second": second}
            yield

    @property
    def qq(self) -> QQPlatform:
        """The platform of the instance that is talked to."""
        return self.qqs[self.instance]

    def config(self) -> dict[str, Any]:
        return config(self.qq, transport=self.transport, windows={"replies": 100})

    def wrong_configs(self) -> list[dict[str, Any]]:
        right = self.config()
        return [
            {**right, "secret": "short"},
            {**right, "transport": "pigeon"},
            {**right, "hosts": {**right["hosts"], "api": "api.bot.qq.com"}},
            {**right, "when_closed": "proactive"},
            {**right, "apid": "102000001"},
            {key: value for key, value in right.items() if key != "app_id"},
        ]

    def secrets(self) -> list[str]:
        return [SECRET]

    async def received(self, kit: HubKit, sender: str) -> list[str]:
        return self.qq.received(f"c2c:{sender}")


class TestQQByWebhook(QQContract):
    """Events are pushed to us."""

    transport: ClassVar[str] = "webhook"

    def pushing(self, kit: HubKit) -> QQPlatform:
        """The platform, knowing where the hub is."""
        self.qq.webhook = f"{kit.url}/{self.instance}/webhook"
        self.qq.answers.most = 100
        return self.qq

    async def deliver(self, kit: HubKit, text: str, key: str, sender: str) -> tuple[int, str | None]:
        qq = self.pushing(kit)
        answer = await qq.push(qq.events.c2c(sender, text, id=f"{self.instance}-{key}"))
        return answer.status, answer.headers.get("Retry-After")

    async def deliver_forged(self, kit: HubKit) -> int:
        qq = self.pushing(kit)
        return (await qq.push(qq.events.c2c("u1", "你好"), signature="00" * 64)).status

    async def deliver_malformed(self, kit: HubKit) -> int:
        return (await self.pushing(kit).push_bytes(b"{")).status

    async def deliver_oversized(self, kit: HubKit) -> int:
        qq = self.pushing(kit)
        return (await qq.push(qq.events.c2c("u1", "好" * 2_000_000))).status


class TestQQByGateway(QQContract):
    """Events come by a socket we open. Nothing is refused there in so many words, so the statuses are read off the bot:

    200 when its heartbeat says that it has the event, 422 when it has counted the event as unusable, 503 when it holds the event
    back more than once, 404 when nobody is connected.
    """

    transport: ClassVar[str] = "gateway"

    async def opened(self, make_hub: MakeHub, *more: Any, **settings: Any) -> HubKit:
        kit = await super().opened(make_hub, *more, **settings)
        for name in ("contract", *(one.name for one in more if one.cls is QQ)):
            await self.qqs[name].gateway.connected()
        return kit

    async def deliver(self, kit: HubKit, text: str, key: str, sender: str) -> tuple[int, str | None]:
        return await self.dispatched(kit, self.qq.events.c2c(sender, text, id=f"{self.instance}-{key}"))

    async def dispatched(self, kit: HubKit, event: dict[str, Any]) -> tuple[int, str | None]:
        """Send it, ask for a heartbeat, and see how the bot takes it."""
        self.qq.answers.most = 100
        gateway, counters = self.qq.gateway, kit.hub.counters
        states = {one.name: one.state for one in kit.hub.registry.status()}
        if states[self.instance] == "stopped":
            return 404, None
        await gateway.connected()
        unusable, held_up = counters["qq_unusable"], counters["qq_held_up"]
        number = await gateway.dispatch(event)

        def taken() -> bool:
            return gateway.session is not None and gateway.session.acknowledged >= number

        async def look() -> bool:
            await gateway.asks_for_heartbeat()
            return taken() or counters["qq_held_up"] > held_up + 1

        await kit.until(look, "the bot takes the event or holds it back")
        if not taken():
            return 503, "1"
        return (422 if counters["qq_unusable"] > unusable else 200), None

    async def deliver_forged(self, kit: HubKit) -> int:
        """There is no door to knock at: nobody but the gateway we opened is heard."""
        body = self.qq.events.c2c("u1", "你好")
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{kit.url}/{self.instance}/webhook", json=body) as answer,
        ):
            return answer.status

    @tier("bronze")
    async def test_a_forged_message_is_refused_and_not_stored(self, make_hub: MakeHub) -> None:
        kit = await self.opened(make_hub)
        assert await self.deliver_forged(kit) == 404
        assert await self.arrived(kit) == 0

    async def deliver_malformed(self, kit: HubKit) -> int:
        return (await self.dispatched(kit, {"op": 0, "t": None, "d": {"id": "x"}}))[0]

    async def deliver_oversized(self, kit: HubKit) -> int:
        return (await self.dispatched(kit, self.qq.events.c2c("u1", "好" * 200_000)))[0]
