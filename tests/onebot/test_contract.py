"""OneBot keeps the contract of channels on each of its transports.

Sockets acknowledge nothing, so there the status of a delivery is what the hub did with the event: 202 it is stored, 503 it is
held until it can be, 422 it was refused, 403 it is of an account that is not served, 413 the socket was closed for its size.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar, Final

import aiohttp
import pytest

from hub import Channel
from hub.testing import ChannelContract, HubKit
from hub_onebot import OneBot
from tests.onebot.account import Account
from tests.onebot.simulator import Simulator

TOKEN: Final = "the-token-of-the-contract"
SECRET: Final = "the-secret-of-the-contract"
PEOPLE: Final = {"u1": 20001, "u2": 20002}


class OneBotContract(ChannelContract):
    """An implementation for each instance, started when it is first needed."""

    plugin: ClassVar[type[Channel[Any]]] = OneBot
    settings: ClassVar[dict[str, Any]]

    @pytest.fixture(autouse=True)
    async def implementations(self) -> AsyncIterator[None]:
        """The other side; its API listens from the start, for the configuration names it."""
        self.simulators: dict[str, Simulator] = {}
        self.ids: dict[str, int] = {}
        self.turn = asyncio.Lock()
        for name in (self.instance, "second"):
            simulator = Simulator(Account(10001, lambda: self.now()), token=TOKEN, secret=SECRET)
            self.simulators[name] = await simulator.__aenter__()
            await simulator.listen()
        self.now: Callable[[], float] = lambda: 1_700_000_000.0
        yield
        for simulator in self.simulators.values():
            await simulator.__aexit__()

    @property
    def simulator(self) -> Simulator:
        """The implementation of the instance that is talked to."""
        return self.simulators[self.instance]

    def config(self) -> dict[str, Any]:
        common = {"self_ids": [10001], "per_second": 0, "max_event_bytes": 65_536}
        return {"transport": self.settings["transport"], **common, **self._ways()}

    def _ways(self) -> dict[str, Any]:
        raise NotImplementedError

    async def opened(self, make_hub: Any, *more: Any, **options: Any) -> HubKit:
        kit = await super().opened(make_hub, *more, **options)
        self.now = kit.clock.now
        return kit

    def message(self, text: str, key: str, sender: str) -> dict[str, Any]:
        """The event of `sender` writing `text`; the same key has the same id and time."""
        number = self.ids.setdefault(key, 5000 + len(self.ids))
        person, at = PEOPLE.get(sender, 20009), int(self.now()) // 600 * 600
        return self.simulator.account.private(person, text, message_id=number, time=at)

    async def received(self, kit: HubKit, sender: str) -> list[str]:
        return self.simulator.account.texts(str(PEOPLE[sender]))


class SocketContract(OneBotContract):
    """What the two kinds of sockets have in common."""

    async def connect(self, kit: HubKit) -> bool:
        """Have a socket to the running instance; False where there is none to be had."""
        raise NotImplementedError

    async def deliver(self, kit: HubKit, text: str, key: str, sender: str) -> tuple[int, str | None]:
        return await self._pushed(kit, self.message(text, key, sender))

    async def deliver_malformed(self, kit: HubKit) -> int:
        return (await self._pushed(kit, "{"))[0]

    async def deliver_oversized(self, kit: HubKit) -> int:
        # Little enough to be written at once: who is cut off in the middle of a frame does not hear why.
        return (await self._pushed(kit, self.message("好" * 25_000, "o", "u1")))[0]

    async def _pushed(self, kit: HubKit, event: Any) -> tuple[int, str | None]:
        """Push, and see what the hub does."""
        # One after the other, as they are on a socket.
        async with self.turn:
            if not await self.connect(kit):
                return 404, None
            wire = next(one for one in self.simulator.wires if one.role != "API")
            counters = kit.hub.counters
            before = {name: counters[name] for name in ("received", "duplicates", "onebot_held", "onebot_refused")}
            if isinstance(event, str):
                await wire.socket.send_str(event)
            else:
                await wire.push(event)

            def judge() -> tuple[int, str | None] | None:
                if counters["received"] > before["received"] or counters["duplicates"] > before["duplicates"]:
                    return 202, None
                if counters["onebot_held"] > before["onebot_held"]:
                    return 503, "1"
                if counters["onebot_refused"] > before["onebot_refused"]:
                    return 422, None
                return (413, None) if wire.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG else None

            found: tuple[int, str | None] = await kit.until(judge, "something happens to the event")
            return found


class TestReverse(SocketContract):
    """The implementation dials the hub."""

    settings: ClassVar[dict[str, Any]] = {"transport": "reverse"}

    def _ways(self) -> dict[str, Any]:
        return {"access_token": TOKEN}

    def wrong_configs(self) -> list[dict[str, Any]]:
        right = self.config()
        return [
            {**right, "access_token": ""},
            {**right, "access_token": "short"},
            {**right, "transport": "sideways"},
            {**right, "acess_token": TOKEN},
            {**right, "call_timeout": 0},
        ]

    def secrets(self) -> list[str]:
        return [TOKEN]

    def _url(self, kit: HubKit) -> str:
        return f"{kit.url.replace('http', 'ws')}/{self.instance}"

    async def connect(self, kit: HubKit) -> bool:
        if not self.simulator.wires:
            try:
                await self.simulator.dial(self._url(kit))
            except aiohttp.WSServerHandshakeError as error:
                return error.status != 404
        return True

    async def deliver_forged(self, kit: HubKit) -> int:
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await self.simulator.dial(self._url(kit), token="a-token-that-was-guessed")
        return error.value.status


class TestForward(SocketContract):
    """The hub dials the implementation: nobody else can speak there, so what is forged is another account's event."""

    settings: ClassVar[dict[str, Any]] = {"transport": "forward"}

    def _ways(self) -> dict[str, Any]:
        return {"access_token": TOKEN, "url": f"ws://{self.simulator.url}"}

    def wrong_configs(self) -> list[dict[str, Any]]:
        right = self.config()
        return [
            {**right, "url": ""},
            {**right, "url": "http://127.0.0.1:3001"},
            {**right, "access_token": "short"},
            {**right, "sockets": "three"},
            {**right, "ulr": right["url"]},
        ]

    def secrets(self) -> list[str]:
        return [TOKEN]

    async def connect(self, kit: HubKit) -> bool:
        if kit.hub.registry.running_channel(self.instance) is None:
            assert not self.simulator.wires
            return False
        asked = self.simulator.account.calls
        await kit.until(lambda: self.simulator.wires and asked, "the hub dials")
        return True

    async def deliver_forged(self, kit: HubKit) -> int:
        event = {**self.message("你好", "f", "u1"), "self_id": 10002}
        status, _ = await self._pushed(kit, event)
        codes = [line["code"] for line in kit.logged("an event was refused")]
        return 403 if (status, codes[-1:]) == (422, ["wrong_account"]) else status


class TestForwardByTwoSockets(TestForward):
    """Calls and events go apart."""

    def _ways(self) -> dict[str, Any]:
        return {**super()._ways(), "sockets": "two"}

    async def connect(self, kit: HubKit) -> bool:
        if not await super().connect(kit):
            return False
        await kit.until(lambda: {one.role for one in self.simulator.wires} == {"API", "Event"}, "both sockets")
        return True


class TestHttp(OneBotContract):
    """Signed posts one way, calls the other."""

    settings: ClassVar[dict[str, Any]] = {"transport": "http"}

    def _ways(self) -> dict[str, Any]:
        return {"access_token": TOKEN, "secret": SECRET, "api_root": f"http://{self.simulator.url}"}

    def wrong_configs(self) -> list[dict[str, Any]]:
        right = self.config()
        return [
            {**right, "secret": ""},
            {**right, "secret": "short"},
            {**right, "api_root": "127.0.0.1:3000"},
            {**right, "max_age": 0},
            {**right, "secert": SECRET},
        ]

    def secrets(self) -> list[str]:
        return [TOKEN, SECRET]

    async def _post(self, kit: HubKit, event: Any, **options: Any) -> tuple[int, str | None]:
        status, headers, _ = await self.simulator.post(f"{kit.url}/{self.instance}", event, **options)
        return status, headers.get("Retry-After")

    async def deliver(self, kit: HubKit, text: str, key: str, sender: str) -> tuple[int, str | None]:
        event = {**self.message(text, key, sender), "time": int(self.now()) // 300 * 300}
        return await self._post(kit, event)

    async def deliver_forged(self, kit: HubKit) -> int:
        return (await self._post(kit, self.message("你好", "f", "u1"), signature="sha1=" + "0" * 40))[0]

    async def deliver_malformed(self, kit: HubKit) -> int:
        return (await self._post(kit, b"{"))[0]

    async def deliver_oversized(self, kit: HubKit) -> int:
        return (await self._post(kit, self.message("好" * 2_000_000, "o", "u1")))[0]
