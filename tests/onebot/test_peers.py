"""The simulator is an implementation of OneBot v11: apps that others wrote take it for one, on all transports."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import pytest

from tests.onebot.account import Account, segment
from tests.onebot.conftest import Until
from tests.onebot.peers import aiocqhttp, koishi, nonebot
from tests.onebot.simulator import Simulator

pytestmark = pytest.mark.slow

TOKEN: Final = "a token for apps"
WORD: Final = TOKEN.replace(" ", "-")
SECRET: Final = "a secret for signatures"
NAMED: Final = [segment("at", qq="10001"), segment("text", text=" 在吗")]


@asynccontextmanager
async def implementation(*, token: str = "", secret: str = "") -> AsyncIterator[Simulator]:
    async with Simulator(Account(10001, time.time), token=token, secret=secret) as running:
        yield running


async def talks(simulator: Simulator, until: Until, push: Any) -> None:
    """Words both ways, in private and in a group; text that looks like a code stays text."""
    account = simulator.account
    await push(account.private(20001, "你好[CQ:face,id=178]"))
    await until(lambda: [one for one in account.texts("20001") if "你说：你好" in one], "an answer in private")
    await push(account.private(20002, [segment("text", text="[CQ:face,id=1] & 别的")]))
    await until(lambda: account.texts("20002"), "an answer to an array")
    await push(account.group(30001, 20001, NAMED))
    await until(lambda: [one for one in account.texts("30001", "group") if "在吗" in one], "an answer in the group")


async def refused(simulator: Simulator, url: str, **options: Any) -> int:
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await simulator.dial(url, **options)
    return error.value.status


# -- aiocqhttp --------------------------------------------------------------------------------------


async def test_aiocqhttp_by_one_socket(until: Until) -> None:
    async with aiocqhttp(token=WORD) as app, implementation(token=WORD) as simulator:
        await simulator.dial(f"ws://{app.url}/ws")
        await talks(simulator, until, simulator.push)


async def test_aiocqhttp_by_two_sockets(until: Until) -> None:
    async with aiocqhttp(token=WORD) as app, implementation(token=WORD) as simulator:
        await simulator.dial(f"ws://{app.url}/ws/api", "API")
        await simulator.dial(f"ws://{app.url}/ws/event", "Event")
        await talks(simulator, until, simulator.push)


async def test_aiocqhttp_refuses_the_wrong_token() -> None:
    async with aiocqhttp(token=WORD) as app, implementation() as simulator:
        assert await refused(simulator, f"ws://{app.url}/ws", token="another-token") == 403
        assert await refused(simulator, f"ws://{app.url}/ws", token="") == 401


async def test_aiocqhttp_by_http(until: Until) -> None:
    async with implementation(token=WORD, secret=SECRET) as simulator:
        root = f"http://{await simulator.listen()}"
        async with aiocqhttp(api_root=root, token=WORD, secret=SECRET) as app:

            async def push(event: dict[str, Any]) -> None:
                assert (await simulator.post(f"http://{app.url}/", event))[0] in (200, 204)

            await talks(simulator, until, push)
            event = simulator.account.private(20001, "你好")
            assert (await simulator.post(f"http://{app.url}/", event, signature="sha1=0000"))[0] == 403
            assert (await simulator.post(f"http://{app.url}/", event, signature=""))[0] == 401
            asks = simulator.account.event("request", request_type="friend", user_id=20001, comment="你好", flag="f1")
            status, _, body = await simulator.post(f"http://{app.url}/", asks)
            assert (status, body.strip()) == (200, b'{"approve":true}')


async def test_aiocqhttp_without_an_api_root_cannot_answer(until: Until) -> None:
    async with aiocqhttp(secret=SECRET) as app, implementation(secret=SECRET) as simulator:
        await simulator.post(f"http://{app.url}/", simulator.account.private(20001, "你好"))
        await until(lambda: "ApiNotAvailable" in app.said, "ApiNotAvailable")
        assert simulator.account.told == []


# -- nonebot ----------------------------------------------------------------------------------------


async def test_nonebot_by_one_socket(until: Until) -> None:
    async with nonebot(token=WORD) as app, implementation(token=WORD) as simulator:
        await simulator.dial(f"ws://{app.url}/onebot/v11/ws")
        await talks(simulator, until, simulator.push)
        quoted = simulator.account.private(20003, "原来的话")
        answer = simulator.account.private(20003, [segment("reply", id=str(quoted["message_id"])), segment("text", text="这个")])
        await simulator.push(answer)
        heard = simulator.account.texts
        await until(lambda: [one for one in heard("20003") if "（引用：原来的话）" in one], "a quote by get_msg")


async def test_nonebot_dials(until: Until) -> None:
    async with implementation(token=WORD) as simulator, nonebot(ws=f"ws://{await simulator.listen()}/", token=WORD):
        await until(lambda: simulator.wires, "nonebot dials")
        await talks(simulator, until, simulator.push)


async def test_nonebot_refuses_the_wrong_token() -> None:
    async with nonebot(token=WORD) as app, implementation() as simulator:
        assert await refused(simulator, f"ws://{app.url}/onebot/v11/ws", token="another-token") == 403


async def test_nonebot_by_http(until: Until) -> None:
    async with implementation(token=WORD, secret=SECRET) as simulator:
        root = f"http://{await simulator.listen()}"
        async with nonebot(api_roots={"10001": root}, token=WORD, secret=SECRET) as app:

            async def push(event: dict[str, Any]) -> None:
                assert (await simulator.post(f"http://{app.url}/onebot/v11/http", event))[0] == 204

            await talks(simulator, until, push)
            event = simulator.account.private(20001, "你好")
            assert (await simulator.post(f"http://{app.url}/onebot/v11/http", event, signature="sha1=0"))[0] == 403


# -- koishi -----------------------------------------------------------------------------------------


async def test_koishi_by_one_socket_asks_who_we_are_first(until: Until) -> None:
    async with koishi(selfId="10001", protocol="ws-reverse") as app, implementation() as simulator:
        await simulator.dial(f"ws://{app.url}/onebot")
        await until(lambda: simulator.account.calls, "koishi asks")
        assert simulator.account.calls[0]["action"] == "get_login_info"
        await talks(simulator, until, simulator.push)


async def test_koishi_dials(until: Until) -> None:
    async with implementation(token=WORD) as simulator:
        endpoint = f"ws://{await simulator.listen()}/"
        async with koishi(selfId="10001", protocol="ws", endpoint=endpoint, token=WORD):
            await until(lambda: simulator.wires, "koishi dials")
            await talks(simulator, until, simulator.push)


async def test_koishi_calls_by_http(until: Until) -> None:
    """Only calls: koishi's adapter 6.9.4 looks for posted events where its server 3.2.9 does not put them, and ends."""
    async with implementation(token=WORD) as simulator:
        endpoint = f"http://{await simulator.listen()}"
        async with koishi(selfId="10001", protocol="http", endpoint=endpoint, token=WORD):
            await until(lambda: simulator.account.calls, "koishi asks who we are")
            assert simulator.account.calls[0]["action"] == "get_login_info"
