"""The load client of the WeChat measurement: pushes signed beforehand, each sent at its moment whatever else still waits.

The simulator signs and reads, and its API is at hand for what does not go by a push; the requests go by raw connections, so
that the client costs little.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from bench.client import Connection
from tests.wechat.simulator import Account, Platform

A_SECOND: Final = 1000
PATIENCE: Final = 5.0
"""Seconds after which the platform takes an answer for missing and cuts the connection."""

TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Push:
    """What a customer says, and the whole request that tells it."""

    openid: str
    words: str
    request: bytes


@dataclass
class Storm:
    """How some seconds of pushes went.

    `took` are seconds until the first try of each push was answered (infinite where it was not), `late` by how much the client
    sent a second's pushes later than planned, `client` the share of one core that it used.
    """

    took: list[float] = field(default_factory=list)
    late: float = 0.0
    client: float = 0.0
    said: dict[str, list[str]] = field(default_factory=dict)

    @property
    def in_time(self) -> int:
        """How many were answered before the platform gave up."""
        return sum(seconds < PATIENCE for seconds in self.took)


@dataclass
class Heard:
    """What the customers of a storm got: by the push, by the API; how many answers never came, came twice or were wrong."""

    passive: int = 0
    api: int = 0
    missing: int = 0
    wrong: int = 0


class Pushes:
    """Does what the platform does for the account's customers, a thousand at a time."""

    def __init__(self, platform: Platform, account: Account) -> None:
        self._platform = platform
        self._account = account

    async def storm(self, run: str, seconds: int) -> Storm:
        """Each second a thousand customers write at the same moment; returns when all are answered or given up."""
        plan = [[self._push(number, f"{run}-{second}") for number in range(A_SECOND)] for second in range(seconds)]
        storm = Storm()
        for push in (push for pushes in plan for push in pushes):
            storm.said.setdefault(push.openid, []).append(push.words)
        async with AsyncExitStack() as stack:
            lines = Lines(stack, self._account.callback)
            await lines.open(A_SECOND)
            began, cpu = time.perf_counter(), time.process_time()
            async with asyncio.TaskGroup() as group:
                for second, pushes in enumerate(plan):
                    await asyncio.sleep(began + second - time.perf_counter())
                    at = time.perf_counter()
                    storm.late = max(storm.late, at - began - second)
                    for push in pushes:
                        group.create_task(self._deliver(push, lines, at, storm))
            storm.client = (time.process_time() - cpu) / (time.perf_counter() - began)
        return storm

    def _push(self, number: int, run: str) -> Push:
        openid, words = f"customer-{number}", f"{run} {number}"
        fields = self._platform.fields(self._account, openid, "text", MsgId=self._platform.new_id(), Content=words)
        body = self._platform.body(self._account, fields)[0].encode()
        path = self._account.callback.partition("://")[2].partition("/")[2]
        head = (
            f"POST /{path}?{urlencode(self._platform.query(self._account))} HTTP/1.1\r\n"
            f"Host: bench\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return Push(openid, words, head.encode() + body)

    async def _deliver(self, push: Push, lines: Lines, at: float, storm: Storm) -> None:
        """Push until it is acknowledged, three times at most; what the answer carries reaches the customer."""
        self._account.acted(push.openid, "message")
        for attempt in range(TRIES):
            body = await lines.ask(push.request)
            if not attempt:
                storm.took.append(math.inf if body is None else time.perf_counter() - at)
            if body is not None:
                if body not in ("", "success"):
                    self._hears(push, body)
                return

    def _hears(self, push: Push, body: str) -> None:
        """Raises ValueError and KeyError for an answer that is none, or another's."""
        reply = self._platform.reply(self._account, body, sealed=False)
        if (reply["ToUserName"], reply["FromUserName"]) != (push.openid, self._account.original):
            raise ValueError(f"{push.openid} got what is for {reply['ToUserName']}")
        self._account.gets(push.openid, "passive", reply)

    def heard(self, storm: Storm) -> Heard:
        """What the customers of the storm got, and forget it; to be asked when nothing is left to be sent."""
        seen = Heard()
        for openid, said in storm.said.items():
            customer = self._account.customer(openid)
            ways = Counter(one.via for one in customer.heard)
            seen.passive += ways["passive"]
            seen.api += ways["api"]
            got, expected = Counter(customer.texts), Counter(f"echo: {words}" for words in said)
            seen.missing += (expected - got).total()
            seen.wrong += (got - expected).total()
            customer.heard.clear()
        return seen


class Lines:
    """Kept connections, each with one request under way; another is opened when all are in use. `stack` closes them."""

    def __init__(self, stack: AsyncExitStack, url: str) -> None:
        self._stack = stack
        self._url = url
        self._idle: list[Connection] = []

    async def open(self, count: int) -> None:
        """So many are ready."""
        self._idle += [await self._another() for _ in range(count)]

    async def _another(self) -> Connection:
        return await self._stack.enter_async_context(Connection(self._url))

    async def ask(self, request: bytes) -> str | None:
        """The answer's body; None where none came in time (then the connection is cut), or another status than 200."""
        connection = None
        try:
            async with asyncio.timeout(PATIENCE):
                connection = self._idle.pop() if self._idle else await self._another()
                status, body = await connection.ask(request)
        except (OSError, asyncio.IncompleteReadError):
            # TimeoutError is an OSError.
            if connection is not None:
                connection.close()
            return None
        self._idle.append(connection)
        return body.decode() if status == 200 else None
