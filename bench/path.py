"""The whole durable path against bare aiohttp: rounds in turn, so that a machine that drifts hurts both alike."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.child import Child
from bench.client import Load, messages, send

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


async def _drained(data: Path) -> None:
    """Return when everything is worked on and sent."""
    sql = "SELECT (SELECT count(*) FROM inbox WHERE state = 0) + (SELECT count(*) FROM outbox)"
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


async def _round(server: Child, number: int, run: str, data: Path | None) -> Round:
    requests = messages(run, number)
    cpu, began = server.cpu, time.perf_counter()
    seen = await send(server.url, requests)
    if data is not None:
        await _drained(data)
    seconds = time.perf_counter() - began
    return Round((server.cpu - cpu) / number * 1e6, number / seconds, seen)


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _row(what: str, figure: str, goal: str, reached: bool) -> str:
    return f"| {what} | {figure} | {goal} | {'yes' if reached else '**no**'} |"


async def compare(rounds: int, number: int) -> list[str]:
    """Rows of a Markdown table."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        async with child("bench.bare_process") as bare, child("bench.hub_process", folder) as hub:
            idle = hub.memory("VmRSS")
            pairs = []
            for turn in range(rounds + 1):
                pair = await _round(bare, number, f"a{turn}", None), await _round(hub, number, f"b{turn}", data)
                if turn:
                    pairs.append(pair)
            peak, started = hub.memory("VmHWM"), hub.startup
    cpu = [mine.cpu / base.cpu for base, mine in pairs]
    speed = [mine.end_to_end / base.end_to_end for base, mine in pairs]
    p99 = [statistics.quantiles(mine.seen.latencies, n=100)[98] * 1000 for _, mine in pairs]
    base_cpu = statistics.median(base.cpu for base, _ in pairs)
    base_speed = statistics.median(base.end_to_end for base, _ in pairs)
    return [
        _row("CPU for a message ÷ bare aiohttp", _spread(cpu), "at most 3.0", statistics.median(cpu) <= 3.0),
        _row("messages a second, end to end ÷ bare", _spread(speed), "at least 0.25", statistics.median(speed) >= 0.25),
        _row("ingest p99, ms", _spread(p99), "under 100", statistics.median(p99) < 100),
        f"| bare aiohttp itself | {base_cpu:.0f} µs, {base_speed:.0f} a second | | |",
        f"| memory idle, at most | {idle:.0f} MiB, {peak:.0f} MiB | | |",
        f"| start to ready | {started:.1f} s | | |",
    ]


async def slow_disk(number: int, shim: Path) -> list[str]:
    """Throughput with every fsync 5 ms slower, against the same without."""
    speeds = []
    for env in ({}, {"LD_PRELOAD": str(shim)}):
        with tempfile.TemporaryDirectory() as folder:
            async with child("bench.hub_process", folder, env=env) as hub:
                await _round(hub, number // 4, "warm", Path(folder))
                speeds.append((await _round(hub, number, "c", Path(folder))).end_to_end)
    times = speeds[0] / speeds[1]
    return [_row("times slower when every fsync takes 5 ms", f"{times:.2f}", "at most 2", times <= 2)]
