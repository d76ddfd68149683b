"""A thousand WeChat pushes each second, all at once, on the simulated platform; and what one costs beside a web chat message.

The simulator signs the pushes and opens the answers, its API is at hand; the requests go by raw connections, so that the
client is not what is measured. ``python -m bench.wechat`` prints only this.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp

from bench.client import CONNECTIONS, Connection
from bench.path import child, drained
from bench.sockets import echoes, open_page, web_echo
from bench.table import HEAD, row, spread
from tests.wechat.simulator import Account, Platform

A_SECOND: Final = 1000
PATIENCE: Final = 5.0
"""Seconds after which the platform takes an answer for missing."""

SECRET, TOKEN = "a-secret-of-the-bench", "tokenofthebench"
MANY: Final = 4096
"""Open files: a connection for each push that is under way, at both ends."""


@dataclass
class Storm:
    """One round: CPU seconds for a push, seconds until each was answered, and how many carried the bot's words."""

    cpu: float = 0.0
    took: list[float] = field(default_factory=list)
    carried: int = 0

    @property
    def in_time(self) -> float:
        """The share that was answered before the platform gave up."""
        return sum(seconds < PATIENCE for seconds in self.took) / len(self.took)


class Pushes:
    """Sends what the platform pushes to the account, a thousand at a time."""

    def __init__(self, platform: Platform, account: Account, connections: Sequence[Connection]) -> None:
        self._platform = platform
        self._account = account
        self._connections = connections

    async def second(self, storm: Storm, run: str) -> None:
        """A thousand customers write at the same moment; returns when a second is over, or all are answered later."""
        began = time.perf_counter()
        requests = [self._request(f"customer-{number}", f"{run} {number}") for number in range(A_SECOND)]
        answers = await asyncio.gather(*map(self._one, self._connections, requests))
        for number, (took, body) in enumerate(answers):
            storm.took.append(took)
            storm.carried += self._words(body) == f"echo: {run} {number}"
        await asyncio.sleep(max(0.0, 1 - (time.perf_counter() - began)))

    def _request(self, openid: str, words: str) -> bytes:
        fields = self._platform.fields(self._account, openid, "text", MsgId=self._platform.new_id(), Content=words)
        body = self._platform.body(self._account, fields)[0].encode()
        path = self._account.callback.partition("://")[2].partition("/")[2]
        head = (
            f"POST /{path}?{urlencode(self._platform.query(self._account))} HTTP/1.1\r\n"
            f"Host: bench\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def _one(self, connection: Connection, request: bytes) -> tuple[float, str]:
        began = time.perf_counter()
        status, body = await connection.ask(request)
        took = time.perf_counter() - began
        if status != 200:
            raise RuntimeError(f"{status}: {body!r}")
        return took, body.decode()

    def _words(self, body: str) -> Any:
        """What the answer says to the customer; nothing where the words go by the API."""
        return "" if body in ("", "success") else self._platform.reply(self._account, body, sealed=False).get("Content")


async def compare_wechat(rounds: int, seconds: int) -> list[str]:
    """Rows of a Markdown table; each round is so many `seconds` of pushes, and as many web chat messages."""
    _allow_files()
    storms: list[Storm] = []
    ratios: list[float] = []
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        platform = await stack.enter_async_context(Platform())
        account = platform.add(Account("wxbench00000001", SECRET, TOKEN, platform.clock.now))
        hub = await stack.enter_async_context(
            child("bench.hub_process", str(folder), "--web", "--wechat", SECRET, TOKEN, platform.url)
        )
        account.callback = f"{hub.url}/wechat/callback"
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        pages = [await open_page(session, hub) for _ in range(CONNECTIONS)]
        lines = [await stack.enter_async_context(Connection(hub.url)) for _ in range(A_SECOND)]
        pushes = Pushes(platform, account, lines)
        for turn in range(rounds + 1):
            web = await echoes(hub, pages, web_echo, f"w{turn}", max(1, seconds * A_SECOND // CONNECTIONS))
            storm, cpu = Storm(), hub.cpu
            for second in range(seconds):
                await pushes.second(storm, f"{turn}-{second}")
            await drained(folder)
            storm.cpu = (hub.cpu - cpu) / len(storm.took)
            if turn:
                storms.append(storm)
                ratios.append(storm.cpu / web.cpu)
    return _rows(storms, ratios)


def _rows(storms: Sequence[Storm], ratios: Sequence[float]) -> list[str]:
    in_time = [storm.in_time * 100 for storm in storms]
    median = [statistics.median(storm.took) * 1000 for storm in storms]
    slow = [statistics.quantiles(storm.took, n=100)[98] * 1000 for storm in storms]
    slowest = max(max(storm.took) for storm in storms)
    carried = [storm.carried / len(storm.took) * 100 for storm in storms]
    cpu = statistics.median(storm.cpu for storm in storms) * 1e6
    goal = "all of them"
    return [
        row("1,000 WeChat pushes a second, all at once: answered under 5 s, %", spread(in_time), goal, min(in_time) == 100),
        row("… time to the answer: median, ms", spread(median, 0)),
        row("… p99, ms; the slowest of all", f"{spread(slow, 0)}; {slowest:.2f} s"),
        row("… answers that carried the bot's words themselves, %", spread(carried)),
        row("CPU of a WeChat push ÷ web chat message", f"{spread(ratios)}; {cpu:.0f} µs a push"),
    ]


def _allow_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY if hard == resource.RLIM_INFINITY else min(MANY, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    print(HEAD, *asyncio.run(compare_wechat(3, 3)), sep="\n")
