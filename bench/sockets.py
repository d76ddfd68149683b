"""An echo over WebSockets: the web chat's full path, from a visitor's frame to the bot's words, against bare aiohttp."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import msgspec

from bench.child import Child
from bench.client import CONNECTIONS
from bench.path import child
from bench.table import row, spread

Talk = Callable[[aiohttp.ClientWebSocketResponse, str], Awaitable[None]]
_decode: Final = msgspec.json.decode


@dataclass(frozen=True, slots=True)
class Echoes:
    """CPU seconds of the server for each echo, and echoes a second."""

    cpu: float
    per_second: float


async def bare_echo(socket: aiohttp.ClientWebSocketResponse, id: str) -> None:
    await socket.send_str(_command(id))
    assert _decode(await socket.receive_str())["id"] == id


async def web_echo(socket: aiohttp.ClientWebSocketResponse, id: str) -> None:
    """Until the bot's answer is here; the ack and the visitor's own message come before it."""
    await socket.send_str(_command(id))
    while True:
        frame: dict[str, Any] = _decode(await socket.receive_str())
        if frame["t"] == "error":
            raise RuntimeError(frame)
        if (
            frame["t"] == "event"
            and frame["kind"] == "message.created"
            and frame["data"]["message"]["direction"] == "out"
        ):
            assert id in frame["data"]["message"]["body"][0]["text"]
            return


def _command(id: str) -> str:
    body = [{"type": "text", "text": f"hello {id}"}]
    return msgspec.json.encode({"t": "do", "id": id, "name": "send", "data": {"body": body}}).decode()


async def open_page(session: aiohttp.ClientSession, server: Child) -> aiohttp.ClientWebSocketResponse:
    """A visitor's page, welcomed."""
    async with session.post(f"{server.url}/web/session", json={"locale": "en"}) as answer:
        token = (await answer.json())["token"]
    socket = await session.ws_connect(f"{server.url}/web/ws")
    await socket.send_json({"t": "hello", "token": token, "cursor": None, "locale": "en"})
    assert (await socket.receive_json())["t"] == "welcome"
    return socket


async def echoes(
    server: Child, sockets: Sequence[aiohttp.ClientWebSocketResponse], talk: Talk, run: str, each: int
) -> Echoes:
    async def visit(socket: aiohttp.ClientWebSocketResponse, name: str) -> None:
        for number in range(each):
            await talk(socket, f"{run}-{name}-{number}")

    cpu, began = server.cpu, time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for place, socket in enumerate(sockets):
            group.create_task(visit(socket, str(place)))
    count = each * len(sockets)
    return Echoes((server.cpu - cpu) / count, count / (time.perf_counter() - began))


async def compare_sockets(rounds: int, number: int) -> list[str]:
    """Rows of a Markdown table; `number` echoes in each round, after one round that warms up."""
    each = max(1, number // CONNECTIONS)
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        async with (
            child("bench.bare_process") as bare,
            child("bench.hub_process", folder, "--web") as hub,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
        ):
            plain = [await session.ws_connect(f"{bare.url}/ws") for _ in range(CONNECTIONS)]
            pages = [await open_page(session, hub) for _ in range(CONNECTIONS)]
            for turn in range(rounds + 1):
                base = await echoes(bare, plain, bare_echo, f"a{turn}", each)
                mine = await echoes(hub, pages, web_echo, f"b{turn}", each)
                if turn:
                    pairs.append((base, mine))
    cpu = [mine.cpu / base.cpu for base, mine in pairs]
    speed = [mine.per_second / base.per_second for base, mine in pairs]
    own = f"{statistics.median(mine.cpu for _, mine in pairs) * 1e6:.0f} µs"
    base_own = f"{statistics.median(base.cpu for base, _ in pairs) * 1e6:.0f} µs"
    return [
        row("WebSocket echo by the web chat: CPU ÷ bare aiohttp WebSocket", spread(cpu)),
        row("WebSocket echoes a second ÷ bare", spread(speed)),
        row("CPU of one WebSocket echo, hub and bare", f"{own}, {base_own}"),
    ]
