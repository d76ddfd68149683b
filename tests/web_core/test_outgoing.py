"""Outgoing requests stay out of private networks, whatever way they are led there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_address, ip_network
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from hub.web.outgoing import Outgoing, is_allowed

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:c0a8:101::",
]
OPEN = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    assert not is_allowed(ip_address(address))


@pytest.mark.parametrize("address", OPEN)
def test_the_open_internet_is_allowed(address: str) -> None:
    assert is_allowed(ip_address(address))


def test_a_configured_network_is_allowed_and_no_other() -> None:
    allowed = [ip_network("10.2.0.0/16"), ip_network("fd00::/8")]
    assert is_allowed(ip_address("10.2.3.4"), allowed)
    assert is_allowed(ip_address("::ffff:10.2.3.4"), allowed)
    assert is_allowed(ip_address("fd12::1"), allowed)
    assert not is_allowed(ip_address("10.3.0.1"), allowed)
    assert not is_allowed(ip_address("127.0.0.1"), allowed)


def outgoing(*networks: str) -> Outgoing:
    section = SimpleNamespace(allow_private_networks=tuple(ip_network(network) for network in networks))
    return Outgoing(cast("Any", SimpleNamespace(settings=SimpleNamespace(hub=section))))


@pytest.fixture
async def inner() -> AsyncIterator[TestServer]:
    """A server on this machine's own address, which counts who came."""
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers["User-Agent"])
        response = web.Response(text="inner")
        response.set_cookie("track", "you")
        seen.append(request.headers.get("Cookie", ""))
        return response

    async def away(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query["to"])

    app = web.Application()
    app.router.add_get("/", answer)
    app.router.add_get("/away", away)
    server = TestServer(app)
    await server.start_server()
    server.seen = seen  # type: ignore[attr-defined]
    yield server
    await server.close()


async def refused(session: aiohttp.ClientSession, url: str) -> None:
    with pytest.raises(aiohttp.ClientConnectorError) as caught:
        await session.get(url)
    # By a name there may be several addresses, and one error for all of them.
    assert "is a private address" in str(caught.value.os_error)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_loopback_is_not_reached_by_number_or_by_name(inner: TestServer, host: str) -> None:
    async with outgoing().session("shop") as session:
        await refused(session, f"http://{host}:{inner.port}/")
    assert inner.seen == []  # type: ignore[attr-defined]


async def test_an_allowed_network_is_reached_without_cookies_and_with_our_name(inner: TestServer) -> None:
    async with outgoing("127.0.0.0/8").session("shop") as session:
        for _ in range(2):
            answer = await session.get(f"http://127.0.0.1:{inner.port}/")
            assert await answer.text() == "inner"
    agents = inner.seen[::2]  # type: ignore[attr-defined]
    assert all(agent.startswith("Frontdesk/") and agent.endswith("(shop)") for agent in agents)
    assert inner.seen[1::2] == ["", ""]  # type: ignore[attr-defined]


async def test_a_redirect_into_a_private_network_is_refused(inner: TestServer) -> None:
    async with outgoing("127.0.0.0/8").session("shop") as session:
        await refused(session, f"http://127.0.0.1:{inner.port}/away?to=http://169.254.169.254/latest/")


class ChangingNames(AbstractResolver):
    """Answers something harmless first, and this machine ever after."""

    def __init__(self, port: int) -> None:
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.asked += 1
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=2, proto=6, flags=0)]

    async def close(self) -> None:
        pass


async def test_a_public_name_that_resolves_to_this_machine_is_refused(inner: TestServer) -> None:
    async with outgoing().session("shop") as session:
        connector = cast("aiohttp.TCPConnector", session.connector)
        connector._resolver = names = ChangingNames(inner.port or 0)
        await refused(session, f"http://shop.example.com:{inner.port}/")
    assert names.asked == 1
    assert inner.seen == []  # type: ignore[attr-defined]
