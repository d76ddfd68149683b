"""The contract of channels holds for a right channel, and finds what is wrong with wrong ones."""

from __future__ import annotations

import hmac
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final

import aiohttp
import pytest
from aiohttp import web
from pydantic import Field, SecretStr

from hub import (
    Channel,
    Inbound,
    Limits,
    NotReady,
    Outbound,
    PluginConfig,
    Refused,
    Rejected,
    Sender,
    Sent,
    Text,
    plain_text,
)
from hub.testing import ChannelContract, FakeApi, HubKit
from hub.testing.fixtures import MakeHub

SECRET: Final = "a-secret-of-the-bell"


class BellConfig(PluginConfig):
    """`secret` is in each request's header, `platform_url` is where answers go."""

    secret: SecretStr = Field(min_length=8)
    platform_url: str = Field(pattern="^https?://")


class Bell(Channel[BellConfig]):
    """A webhook with a secret header."""

    Config = BellConfig
    platform: ClassVar[str] = "bell"

    @property
    def limits(self) -> Limits:
        """Words only, and few of them."""
        return Limits(max_text=200)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Listen."""
        self.ctx.route("POST", f"/{self.ctx.name}/ring", self.ring)
        yield

    def check(self, request: web.Request) -> None:
        """Is it the platform?"""
        given = request.headers.get("X-Secret", "").encode()
        if not hmac.compare_digest(given, self.config.secret.get_secret_value().encode()):
            raise Refused(401, "bad_secret", "the secret is wrong")

    async def ring(self, request: web.Request) -> web.Response:
        """A message."""
        self.check(request)
        match await request.json():
            case {"id": str(key), "from": str(sender), "text": str(text)}:
                await self.take(Inbound(key, Sender(sender), (Text(text),)))
                return web.json_response({})
        raise Refused(422, "bad_message", "this is no message")

    async def take(self, inbound: Inbound) -> None:
        """Store it."""
        await self.ctx.accept(inbound)

    async def send(self, message: Outbound) -> Sent:
        """To the platform."""
        said = {"to": message.address, "text": plain_text(message.body)}
        async with self.ctx.http.post(f"{self.config.platform_url}/say", json=said) as answer:
            if answer.status >= 500:
                raise NotReady(f"the platform answered {answer.status}")
            if answer.status >= 400:
                raise Rejected(f"the platform answered {answer.status}")
        return Sent()


class BellContract(ChannelContract):
    """Speaks for the platform."""

    plugin: ClassVar[type[Channel[Any]]] = Bell
    api: FakeApi

    @pytest.fixture(autouse=True)
    async def platform(self) -> AsyncIterator[None]:
        """The other side."""
        async with FakeApi() as self.api:
            self.api.answers("POST", "/say", {})
            yield

    def config(self) -> dict[str, Any]:
        return {"secret": SECRET, "platform_url": self.api.url}

    def wrong_configs(self) -> list[dict[str, Any]]:
        right = self.config()
        return [
            {"secret": SECRET},
            {**right, "platform_url": "example.com"},
            {**right, "secret": "short"},
            {**right, "secert": SECRET},
        ]

    def secrets(self) -> list[str]:
        return [SECRET]

    async def _post(self, kit: HubKit, *, secret: str = SECRET, **options: Any) -> tuple[int, str | None]:
        url = f"{kit.url}/{self.instance}/ring"
        async with (
            aiohttp.ClientSession(headers={"X-Secret": secret}) as session,
            session.post(url, **options) as answer,
        ):
            return answer.status, answer.headers.get("Retry-After")

    async def deliver(self, kit: HubKit, text: str, key: str, sender: str) -> tuple[int, str | None]:
        return await self._post(kit, json={"id": key, "from": f"{self.instance}-{sender}", "text": text})

    async def deliver_forged(self, kit: HubKit) -> int:
        return (await self._post(kit, secret="guessed", json={"id": "f", "from": "u1", "text": "你好"}))[0]

    async def deliver_malformed(self, kit: HubKit) -> int:
        return (await self._post(kit, data=b"{"))[0]

    async def deliver_oversized(self, kit: HubKit) -> int:
        return (await self._post(kit, json={"id": "o", "from": "u1", "text": "好" * 2_000_000}))[0]

    async def received(self, kit: HubKit, sender: str) -> list[str]:
        said = [one.json() for one in self.api.requests]
        return [one["text"] for one in said if one["to"] == f"{self.instance}-{sender}"]


class TestBell(BellContract):
    """A right channel."""


# -- wrong ones -------------------------------------------------------------------------------------


class Hasty(Bell):
    """Acknowledges first and stores later, if at all."""

    async def take(self, inbound: Inbound) -> None:
        """Later."""
        self.ctx.task(self._later(inbound), "store")

    async def _later(self, inbound: Inbound) -> None:
        await self.ctx.clock.sleep(3600)
        await self.ctx.accept(inbound)


class Trusting(Bell):
    """Believes everybody."""

    def check(self, request: web.Request) -> None:
        """Nobody is checked."""


class Forgetful(Bell):
    """Makes up a new key for each delivery."""

    async def take(self, inbound: Inbound) -> None:
        """Under a key of its own."""
        await self.ctx.accept(Inbound(f"{inbound.key}-{id(inbound)}-{time.monotonic_ns()}", inbound.sender, inbound.body))


class Talkative(Bell):
    """Logs what nobody may read."""

    async def take(self, inbound: Inbound) -> None:
        """Tell everybody."""
        self.ctx.log.info("it rang, knocking with " + self.config.secret.get_secret_value())
        await self.ctx.accept(inbound)


class Sticky(Bell):
    """Takes its address behind the ledger's back and keeps it."""

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Never give it back."""
        self.ctx._hub.routes.add("POST", f"/{self.ctx.name}/ring", self.ring, owner=self.ctx.name)
        yield


class Sleepy(Bell):
    """Blocks everybody."""

    async def take(self, inbound: Inbound) -> None:
        """After a nap that nobody else can use."""
        time.sleep(0.5)
        await self.ctx.accept(inbound)


class Boastful(Bell):
    """Declares what it does not have."""

    @classmethod
    def features(cls) -> frozenset[str]:
        """Too much."""
        return frozenset({"send", "recall"})


WRONG: Final = [
    (Hasty, "test_a_message_is_stored_before_it_is_acknowledged", "not in the store"),
    (Hasty, "test_nothing_is_acknowledged_while_nothing_can_be_stored", "was answered 200"),
    (Trusting, "test_a_forged_message_is_refused_and_not_stored", "answered with 200"),
    (Forgetful, "test_a_message_delivered_three_times_is_handled_once", "heard .*你好.*你好.*你好"),
    (Forgetful, "test_a_message_delivered_five_times_at_once_is_handled_once", "heard .*你好.*你好"),
    (Talkative, "test_no_secret_is_in_the_log", "a secret is in the log"),
    (Sticky, "test_a_stopped_channel_holds_nothing", "it keeps .*/ring"),
    (Sleepy, "test_it_does_not_block_the_loop", "it blocked the loop"),
]


@pytest.mark.parametrize(("plugin", "test", "why"), WRONG, ids=[f"{one.__name__}-{test}" for one, test, _ in WRONG])
async def test_what_is_wrong_with_a_channel_is_found(
    make_hub: MakeHub, plugin: type[Bell], test: str, why: str
) -> None:
    contract = type("Contrary", (BellContract,), {"plugin": plugin})()
    async with FakeApi() as contract.api:
        contract.api.answers("POST", "/say", {})
        with pytest.raises(AssertionError, match=why):
            await getattr(contract, test)(make_hub)


def test_features_that_are_not_there_are_found() -> None:
    contract = type("Contrary", (BellContract,), {"plugin": Boastful})()
    with pytest.raises(AssertionError, match=r"declares .*recall"):
        contract.test_the_features_are_the_methods_it_overrides()


@pytest.mark.parametrize("plugin", [Hasty, Trusting, Forgetful], ids=lambda value: value.__name__)
async def test_a_wrong_channel_still_passes_what_is_right_about_it(make_hub: MakeHub, plugin: type[Bell]) -> None:
    contract = type("Contrary", (BellContract,), {"plugin": plugin})()
    async with FakeApi() as contract.api:
        await contract.test_a_malformed_message_is_refused_and_not_stored(make_hub)
        await contract.test_stopping_twice_does_no_harm(make_hub)
