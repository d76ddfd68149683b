"""The whole durable path against bare aiohttp: rounds in turn, so that a machine that drifts hurts both alike."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.child import Child
from bench.client import CONNECTIONS, PERSONS, Load, messages, send
from bench.table import row, spread

HERE = Path(__file__).parent


@asynccontextmanager
async def child(*command: str, env: Mapping[str, str] | None = None) -> AsyncIterator[Child]:
    """Run ``python -m COMMAND`` until the block ends."""
    with tempfile.NamedTemporaryFile() as log:
        server = await Child.start(Path(log.name), "-m", *command, env=env)
        try:
            yield server
        finally:
            await server.stop()


async def drained(data: Path) -> None:
    """Return when everything is worked on, and sent or given up."""
    sql = "SELECT (SELECT count(*) FROM inbox WHERE state = 0) + (SELECT count(*) FROM outbox WHERE state <> 2)"
    while True:
        with sqlite3.connect(f"file:{data / 'hub.db'}?mode=ro", uri=True) as database:
            if database.execute(sql).fetchone() == (0,):
                return
        await asyncio.sleep(0.02)


@dataclass(frozen=True)
class Round:
    """CPU in microseconds for each message, end-to-end messages a second, and what the client saw."""

    cpu: float
    end_to_end: float
    seen: Load


async def _round(server: Child, number: int, run: str, data: Path | None, connections: int = PERSONS) -> Round:
    requests = messages(run, number)
    cpu, began = server.cpu, time.perf_counter()
    seen = await send(server.url, requests, connections)
    if data is not None:
        await drained(data)
    seconds = time.perf_counter() - began
    return Round((server.cpu - cpu) / number * 1e6, number / seconds, seen)


@dataclass(frozen=True)
class Pair:
    """A round of bare aiohttp and one of the hub, with so many requests under way."""

    bare: Round
    hub: Round

    @property
    def cpu(self) -> float:
        """The hub's CPU for a message over bare aiohttp's."""
        return self.hub.cpu / self.bare.cpu


async def _pair(bare: Child, hub: Child, data: Path, number: int, run: str, connections: int) -> Pair:
    base = await _round(bare, number, f"a{run}", None, connections)
    return Pair(base, await _round(hub, number, f"b{run}", data, connections))


async def compare(rounds: int, number: int) -> list[str]:
    """Rows of a Markdown table."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        async with child("bench.bare_process") as bare, child("bench.hub_process", folder) as hub:
            idle = hub.memory("VmRSS")
            everybody, few = list[Pair](), list[Pair]()
            for turn in range(rounds + 1):
                one = await _pair(bare, hub, data, number, f"{turn}", PERSONS)
                other = await _pair(bare, hub, data, number, f"{turn}few", CONNECTIONS)
                if turn:
                    everybody.append(one)
                    few.append(other)
            peak, started = hub.memory("VmHWM"), hub.startup
    return [
        *_shares(everybody),
        row(f"the same CPU with {CONNECTIONS} requests under way", spread([pair.cpu for pair in few])),
        row(f"ingest p99 with {CONNECTIONS} under way, ms", spread([_latency(pair.hub, 99) for pair in few], 0)),
        row("memory of the hub: idle, peak under load", f"{idle:.0f} MiB, {peak:.0f} MiB"),
        row("from nothing to ready, empty data folder", f"{started:.1f} s"),
    ]


def _latency(one: Round, percent: int) -> float:
    """Milliseconds."""
    return statistics.quantiles(one.seen.latencies, n=100)[percent - 1] * 1000


def _shares(pairs: list[Pair]) -> list[str]:
    """The hub's rows beside bare aiohttp's, with a connection for each person."""
    cpu = [pair.cpu for pair in pairs]
    speed = [pair.hub.end_to_end / pair.bare.end_to_end for pair in pairs]
    p99 = [_latency(pair.hub, 99) for pair in pairs]
    base_cpu = statistics.median(pair.bare.cpu for pair in pairs)
    base_speed = statistics.median(pair.bare.end_to_end for pair in pairs)
    return [
        row("CPU for a message ÷ bare aiohttp", spread(cpu), "at most 3.0", statistics.median(cpu) <= 3.0),
        row("messages a second, end to end ÷ bare", spread(speed), "at least 0.25", statistics.median(speed) >= 0.25),
        row("ingest p50, ms", spread([_latency(pair.hub, 50) for pair in pairs], 0)),
        row("ingest p99, ms", spread(p99, 0), "under 100", statistics.median(p99) < 100),
        row("bare aiohttp's own p99, ms", spread([_latency(pair.bare, 99) for pair in pairs], 0)),
        row("bare aiohttp itself", f"{base_cpu:.0f} µs CPU a message, {base_speed:.0f} messages a second"),
    ]


async def slow_disk(rounds: int, number: int, shim: Path) -> list[str]:
    """Throughput with every fsync 5 ms slower (`shim` is preloaded), against the same without."""
    everybody, few = list[float](), list[float]()
    with tempfile.TemporaryDirectory() as quick, tempfile.TemporaryDirectory() as slow:
        shimmed = child("bench.hub_process", slow, env={"LD_PRELOAD": str(shim)})
        async with child("bench.hub_process", quick) as usual, shimmed as slowed:
            for turn in range(rounds + 1):
                for connections, times in ((PERSONS, everybody), (CONNECTIONS, few)):
                    fast = await _round(usual, number, f"c{turn}of{connections}", Path(quick), connections)
                    late = await _round(slowed, number, f"d{turn}of{connections}", Path(slow), connections)
                    if turn:
                        times.append(fast.end_to_end / late.end_to_end)
    median = statistics.median(everybody)
    return [
        row("times slower when every fsync takes 5 ms more", spread(everybody), "at most 2", median <= 2),
        row(f"the same with {CONNECTIONS} requests under way", spread(few)),
    ]
