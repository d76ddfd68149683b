"""A thousand WeChat pushes each second, all at once, on the simulated platform; and what one costs beside a web chat message.

``python -m bench.wechat`` prints only this.
"""

from __future__ import annotations

import asyncio
import math
import resource
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from bench.child import Child
from bench.client import CONNECTIONS
from bench.path import child, drained
from bench.pushes import A_SECOND, PATIENCE, Heard, Pushes, Storm
from bench.sockets import echoes, open_page, web_echo
from bench.table import HEAD, row, spread
from tests.wechat.simulator import Account, Platform

SECRET, TOKEN = "a-secret-of-the-bench", "tokenofthebench"
MANY: Final = 8192
"""Open files: a connection for each push that is under way, at both ends."""

BUSY: Final = 0.9
"""From this share of a core on, the client is taken for the limit."""

LATE: Final = 0.1
"""Seconds; a client that sends later than this does not keep the pace."""


@dataclass(frozen=True, slots=True)
class Round:
    """CPU seconds of the hub for a push and for a web chat message, how the pushes went, and what the customers got."""

    push: float
    web: float
    storm: Storm
    heard: Heard


async def compare_wechat(rounds: int, seconds: int) -> list[str]:
    """Rows of a Markdown table; each round is so many `seconds` of pushes, and as many web chat messages."""
    _allow_files()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        platform = await stack.enter_async_context(Platform())
        account = platform.add(Account("wxbench00000001", SECRET, TOKEN, platform.clock.now))
        command = ("bench.hub_process", folder, "--web", "--wechat", SECRET, TOKEN, platform.url)
        hub = await stack.enter_async_context(child(*command))
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        pages = [await open_page(session, hub) for _ in range(CONNECTIONS)]
        pushes = Pushes(platform, account)
        alone = await _alone(pushes, account, rounds)
        account.callback = f"{hub.url}/wechat/callback"
        # In the first second the hub knows none of the customers.
        first = await _round(hub, Path(folder), pages, pushes, "new", 1)
        known = [await _round(hub, Path(folder), pages, pushes, f"{turn}", seconds) for turn in range(rounds)]
    return [*_answers(first, known), *_costs(first, known, alone)]


async def _alone(pushes: Pushes, account: Account, rounds: int) -> list[float]:
    """Pushes a second that the client does with a server that answers at once, after one round that warms up."""
    async with child("bench.bare_process") as bare:
        account.callback = f"{bare.url}/wechat/callback"
        speeds = []
        for turn in range(rounds + 1):
            storm = await pushes.storm(f"bare{turn}", 1)
            assert pushes.heard(storm) == Heard(passive=A_SECOND)
            speeds.append(A_SECOND / max(storm.took))
    return speeds[1:]


async def _round(
    hub: Child, data: Path, pages: Sequence[aiohttp.ClientWebSocketResponse], pushes: Pushes, run: str, seconds: int
) -> Round:
    web = await echoes(hub, pages, web_echo, run, max(1, seconds * A_SECOND // CONNECTIONS))
    await drained(data)
    cpu = hub.cpu
    storm = await pushes.storm(run, seconds)
    await drained(data)
    return Round((hub.cpu - cpu) / len(storm.took), web.cpu, storm, pushes.heard(storm))


def _answers(first: Round, known: Sequence[Round]) -> list[str]:
    """In time? Each once?"""
    everything = [first, *known]
    count = sum(len(one.storm.took) for one in everything)
    in_time = sum(one.storm.in_time for one in everything)
    slowest = max(max(one.storm.took) for one in everything)
    median = [statistics.median(one.storm.took) * 1000 for one in known]
    slow = [_p99(one.storm) * 1000 for one in known]
    passive, api = sum(one.heard.passive for one in everything), sum(one.heard.api for one in everything)
    missing, wrong = sum(one.heard.missing for one in everything), sum(one.heard.wrong for one in everything)
    told = f"{count} pushes: {passive} in the push, {api} by the API, {missing} missing, {wrong} too many or wrong"
    once = missing == wrong == 0 and passive + api == count
    fresh = f"{_seconds(_p99(first.storm))}; {_seconds(max(first.storm.took))}"
    return [
        row(
            "1,000 WeChat pushes a second, all at once: answered under 5 s",
            f"{in_time} of {count} ({math.floor(in_time / count * 1e4) / 100:.2f} %)", "100 %", in_time == count,
        ),
        row("… time to the answer: median, ms", spread(median, 0)),
        row("… p99, ms; the slowest of all", f"{spread(slow, 0)}; {_seconds(slowest)}"),
        row("… a second in which all customers are new: p99; the slowest", fresh),
        row("… answers that customers heard", told, "one for each push", once),
    ]  # fmt: skip


def _costs(first: Round, known: Sequence[Round], alone: Sequence[float]) -> list[str]:
    """The hub's CPU, and the client's."""
    costs = [statistics.median(one.push for one in known), first.push, statistics.median(one.web for one in known)]
    busiest, late = max(one.storm.client for one in known), max(one.storm.late for one in known)
    is_limit = statistics.median(alone) < A_SECOND or busiest > BUSY or late > LATE
    limit = "**the client is the limit**" if is_limit else "the client is not the limit"
    each = ", ".join(f"{cost * 1e6:.0f} µs" for cost in costs)
    beside = f"beside the hub {busiest:.0%} of a core, at most {late * 1000:.0f} ms late"
    own = f"{statistics.median(alone):.0f} pushes a second; {beside}: {limit}"
    return [
        row("CPU of a WeChat push ÷ web chat message", spread([one.push / one.web for one in known])),
        row("CPU of a WeChat push, of a new customer's, of a web chat message", each),
        row("the load client's own speed, with a server that answers at once", own),
    ]  # fmt: skip


def _p99(storm: Storm) -> float:
    return sorted(storm.took)[math.ceil(len(storm.took) * 0.99) - 1]


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < PATIENCE else "not in time"


def _allow_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY if hard == resource.RLIM_INFINITY else min(MANY, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    print(HEAD, *asyncio.run(compare_wechat(3, 3)), sep="\n")
