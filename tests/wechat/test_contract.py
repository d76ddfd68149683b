"""The channel keeps the contract of channels, as an official account in safe mode."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest

from hub import Channel
from hub.testing import ChannelContract, HubKit
from hub_wechat import WeChat
from tests.wechat.simulator import Account, Platform
from tests.wechat.simulator.crypto import signature

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


class TestWeChat(ChannelContract):
    """Each instance is an account of its own on the simulated platform."""

    plugin: ClassVar[type[Channel[Any]]] = WeChat

    @pytest.fixture(autouse=True)
    async def platform(self) -> AsyncIterator[None]:
        self.ids: dict[str, int] = {}
        async with Platform() as self.world:
            yield

    def account(self, kit: HubKit | None = None) -> Account:
        appid = f"wx-{self.instance}"
        if appid not in self.world.accounts:
            names = (appid, f"secret-of-{appid}", "tokenOfTheContract", self.world.clock.now)
            self.world.add(Account(*names, mode="safe", aes_key=AES_KEY))
        account = self.world.accounts[appid]
        if kit is not None:
            account.callback = f"{kit.url}/{self.instance}/callback"
        return account

    def config(self) -> dict[str, Any]:
        account = self.account()
        return {
            "app_id": account.appid, "secret": account.secret, "token": account.token, "mode": "safe",
            "aes_key": account.aes_key, "api_url": self.world.url,
        }  # fmt: skip

    def wrong_configs(self) -> list[dict[str, Any]]:
        right = self.config()
        return [
            {**right, "token": "no"},
            {**right, "aes_key": "short"},
            {**right, "app_id": "a b"},
            {**right, "secret": " "},
            {**right, "menu": [{"name": "查件"}]},
            {**right, "mode": "both"},
            {**right, "aeskey": AES_KEY},
        ]

    def secrets(self) -> list[str]:
        account = self.account()
        return [account.secret, account.token, account.aes_key, account.access_token()[0]]

    def _fields(self, account: Account, text: str, key: str, sender: str) -> dict[str, Any]:
        account.acted(sender, "message")
        number = self.ids.setdefault(f"{account.appid}/{key}", self.world.new_id())
        return self.world.fields(account, sender, "text", Content=text, MsgId=number)

    async def deliver(self, kit: HubKit, text: str, key: str, sender: str) -> tuple[int, str | None]:
        account = self.account(kit)
        answer = await self.world.push_once(account, self._fields(account, text, key, sender))
        return answer.status, answer.retry_after

    async def deliver_forged(self, kit: HubKit) -> int:
        account = self.account(kit)
        body, sealed = self.world.body(account, self._fields(account, "你好", "forged", "u1"))
        query = self.world.query(account, sealed)
        query["msg_signature"] = signature("anotherToken", query["timestamp"], query["nonce"], sealed)
        return (await self.world.post(account, body, query)).status

    async def deliver_malformed(self, kit: HubKit) -> int:
        account = self.account(kit)
        sealed = account.sealed.seal("<xml><ToUserName>")
        body = f"<xml><Encrypt>{sealed}</Encrypt></xml>"
        return (await self.world.post(account, body, self.world.query(account, sealed))).status

    async def deliver_oversized(self, kit: HubKit) -> int:
        account = self.account(kit)
        body, sealed = self.world.body(account, self._fields(account, "好" * 1_000_000, "large", "u1"))
        return (await self.world.post(account, body, self.world.query(account, sealed))).status

    async def received(self, kit: HubKit, sender: str) -> list[str]:
        return self.account(kit).customer(sender).texts
