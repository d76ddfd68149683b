"""The web chat keeps the contract of channels."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any, ClassVar, Final

import aiohttp
import pytest

from hub import Channel, plain_text
from hub.message import parse_body
from hub.testing import ChannelContract, HubKit
from hub_web import Web
from tests.web.chat import text as said

SECRET: Final = "a shared secret of more than thirty-two bytes"


class TestWeb(ChannelContract):
    """Each sender is a page with a session of its own."""

    plugin: ClassVar[type[Channel[Any]]] = Web

    @pytest.fixture(autouse=True)
    async def browser(self) -> AsyncIterator[None]:
        """What the pages run in."""
        self.tokens: dict[tuple[str, str], str] = {}
        async with aiohttp.ClientSession() as self.session:
            yield

    def config(self) -> dict[str, Any]:
        return {"identity_secret": SECRET, "messages_per_minute": 0, "allowed_origins": ["https://shop.example.com"]}

    def wrong_configs(self) -> list[dict[str, Any]]:
        right = self.config()
        return [
            {**right, "allowed_origins": ["shop"]},
            {**right, "max_text": 0},
            {**right, "tokens": {"session": 1}},
            {**right, "titel": "客服"},
            {**right, "identity_secret": [SECRET]},
        ]

    def secrets(self) -> list[str]:
        return [SECRET]

    def _url(self, kit: HubKit, path: str) -> str:
        return f"{kit.url}/{self.instance}/{path}"

    async def _headers(self, kit: HubKit, sender: str) -> dict[str, str]:
        """Those of the sender's page, which opens a session when it has none."""
        page = (self.instance, sender)
        if page not in self.tokens:
            async with self.session.post(self._url(kit, "session"), json={"locale": "zh-CN"}) as answer:
                self.tokens[page] = (await answer.json())["token"]
        return {"Authorization": f"Bearer {self.tokens[page]}"}

    async def _command(self, kit: HubKit, headers: dict[str, str], **options: Any) -> tuple[int, str | None]:
        async with self.session.post(self._url(kit, "commands"), headers=headers, **options) as answer:
            return answer.status, answer.headers.get("Retry-After")

    async def deliver(self, kit: HubKit, text: str, key: str, sender: str) -> tuple[int, str | None]:
        command = {"id": key, "name": "send", "data": said(text)}
        return await self._command(kit, await self._headers(kit, sender), json=command)

    async def deliver_forged(self, kit: HubKit) -> int:
        real = (await self._headers(kit, "u1"))["Authorization"]
        forged = {"Authorization": real[:-8] + real[-8:].swapcase()}
        command = {"id": str(uuid.uuid4()), "name": "send", "data": said("你好")}
        return (await self._command(kit, forged, json=command))[0]

    async def deliver_malformed(self, kit: HubKit) -> int:
        headers = {**await self._headers(kit, "u1"), "Content-Type": "application/json"}
        return (await self._command(kit, headers, data=b'{"id": "m", "name": "send"'))[0]

    async def deliver_oversized(self, kit: HubKit) -> int:
        return (await self.deliver(kit, "好" * 1_000_000, "o", "u1"))[0]

    async def received(self, kit: HubKit, sender: str) -> list[str]:
        headers = await self._headers(kit, sender)
        async with self.session.get(self._url(kit, "snapshot"), headers=headers) as answer:
            snapshot = (await answer.json())["snapshot"]
        return [plain_text(parse_body(one["body"])) for one in snapshot["messages"] if one["direction"] != "in"]
