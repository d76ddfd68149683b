"""The channel keeps the contract of channels, with the platform's simulator on the other side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest

from hub import Channel
from hub.testing import ChannelContract, HubKit
from hub_wecom import WeCom
from tests.wecom.kit import OLD_KEY, config_of, corp_named, words
from tests.wecom.simulator import Corp, Platform, Server


class TestWeCom(ChannelContract):
    """Each instance has a corp of its own, with one account."""

    plugin: ClassVar[type[Channel[Any]]] = WeCom

    @pytest.fixture(autouse=True)
    async def platform(self) -> AsyncIterator[None]:
        async with Server(Platform()) as self.server:
            yield

    @property
    def corp(self) -> Corp:
        corps = self.server.platform.corps
        return corps.get(f"ww{self.instance}") or self.server.platform.add(corp_named(self.instance))

    def config(self) -> dict[str, Any]:
        return config_of(self.corp, self.server)

    def wrong_configs(self) -> list[dict[str, Any]]:
        right = self.config()
        return [
            {**right, "aes_key": "tooshort"},
            {**right, "accounts": []},
            {**right, "accounts": ["wk1", "wk1"]},
            {**right, "poll_every": 1},
            {**right, "base_url": "qyapi.weixin.qq.com"},
            {**right, "served_by": "nobody"},
            {**right, "corpid": right["corp_id"]},
            {**right, "secret": [right["secret"]]},
        ]

    def secrets(self) -> list[str]:
        return [self.corp.secret, self.corp.token, self.corp.aes_key, *self.corp.tokens]

    def at(self, kit: HubKit) -> str:
        return f"{kit.url}/{self.instance}"

    async def deliver(self, kit: HubKit, text: str, key: str, sender: str) -> tuple[int, str | None]:
        try:
            self.corp.says("wk1", sender, content=text, msgid=key)
        except ValueError:
            # WeChat does not let a customer send that: the hub never sees it.
            return 422, None
        pushed = await self.server.push(self.at(kit), self.corp, "wk1")
        return pushed.status, pushed.retry_after

    async def deliver_forged(self, kit: HubKit) -> int:
        self.corp.says("wk1", "u1", content="你好", msgid="forged")
        self.corp.accounts["wk1"].log.pop()
        return (await self.server.push(self.at(kit), self.corp, "wk1", key=OLD_KEY)).status

    async def deliver_malformed(self, kit: HubKit) -> int:
        return (await self.server.push_text(self.at(kit), self.corp, "{no xml")).status

    async def deliver_oversized(self, kit: HubKit) -> int:
        return (await self.server.push_text(self.at(kit), self.corp, "好" * 1_000_000)).status

    async def received(self, kit: HubKit, sender: str) -> list[str]:
        return [words(one.payload) for one in self.corp.accounts["wk1"].sent if one.customer == sender]
