"""A load client as cheap as can be: raw HTTP/1.1 over kept connections, each with one request under way."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

CONNECTIONS: Final = 32
"""A platform that brings everybody's messages, or a few visitors."""

PERSONS: Final = 200


@dataclass(frozen=True, slots=True)
class Load:
    """How sending went: seconds in all, and seconds from request to answer of each message."""

    seconds: float
    latencies: list[float]


class Connection:
    """One kept connection. ``async with Connection(url) as connection``."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80

    async def __aenter__(self) -> Connection:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up, whatever is under way."""
        self._writer.close()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises OSError or asyncio.IncompleteReadError when the server is gone."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        place = lowered.index(b"content-length:") + 15
        length = int(lowered[place : lowered.index(b"\r\n", place)])
        return int(head[9:12]), await self._reader.readexactly(length)

    async def get(self, path: str) -> Any:
        """GET, answered in JSON."""
        status, body = await self.ask(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        if status != 200:
            raise RuntimeError(f"{path}: {status} {body!r}")
        return json.loads(body)

    async def say(self, id: str, sender: str, text: str) -> tuple[int, Any]:
        """Bring one message; status and JSON."""
        status, body = await self.ask(message(id, sender, text))
        return status, json.loads(body)


def message(id: str, sender: str, text: str) -> bytes:
    """A whole request that brings one message."""
    body = json.dumps({"id": id, "from": sender, "text": text}).encode()
    head = (
        "POST /bench/messages HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def messages(prefix: str, count: int) -> list[bytes]:
    """`count` messages of all persons in turn."""
    return [message(f"{prefix}-{n}", f"visitor-{n % PERSONS}", f"我的快递 {prefix}-{n} 到哪了？") for n in range(count)]


class Persons:
    """So many connections, kept from one `send` to the next, each with one request under way at a time.

    ``async with Persons(url, count) as persons``.
    """

    def __init__(self, url: str, count: int = PERSONS) -> None:
        self._connections = [Connection(url) for _ in range(count)]
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Persons:
        for connection in self._connections:
            await self._stack.enter_async_context(connection)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def send(self, requests: Iterable[bytes]) -> Load:
        """Send all of them. Raises RuntimeError at the first that is not answered by 200."""
        waiting = iter(requests)
        latencies: list[float] = []
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for connection in self._connections:
                group.create_task(_one(connection, waiting, latencies))
        return Load(time.perf_counter() - began, latencies)


async def _one(connection: Connection, waiting: Iterator[bytes], latencies: list[float]) -> None:
    for request in waiting:
        began = time.perf_counter()
        status, body = await connection.ask(request)
        latencies.append(time.perf_counter() - began)
        if status != 200:
            raise RuntimeError(f"{status}: {body!r}")
