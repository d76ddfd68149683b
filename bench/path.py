"""The whole durable path against bare aiohttp: many short rounds in turn, so that a machine that drifts hurts both alike."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.child import Child
from bench.client import CONNECTIONS, PERSONS, Load, Persons, messages
from bench.loops import FAST, PLAIN, there_is
from bench.table import row, spread

HERE = Path(__file__).parent


@asynccontextmanager
async def child(*command: str, env: Mapping[str, str] | None = None, loop: str = PLAIN) -> AsyncIterator[Child]:
    """Run ``python -m COMMAND`` on an event loop until the block ends."""
    with tempfile.NamedTemporaryFile() as log:
        server = await Child.start(Path(log.name), "-m", *command, "--loop", loop, env=env)
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
    """One round of one server: CPU seconds, seconds until all was worked on, messages, and what the client saw."""

    cpu: float
    seconds: float
    number: int
    seen: Load


class Side:
    """One of the servers that are compared, and its rounds so far. `data` is the folder of a hub, None for bare aiohttp."""

    def __init__(self, server: Child, data: Path | None) -> None:
        self.rounds: list[Round] = []
        self._server = server
        self._data = data

    async def round(self, persons: Persons, requests: list[bytes]) -> None:
        """Send, and wait until nothing is left to do."""
        cpu, began = self._server.cpu, time.perf_counter()
        seen = await persons.send(requests)
        if self._data is not None:
            await drained(self._data)
        self.rounds.append(Round(self._server.cpu - cpu, time.perf_counter() - began, len(requests), seen))

    @property
    def cpu(self) -> float:
        """Microseconds for each message of all rounds."""
        return sum(one.cpu for one in self.rounds) / sum(one.number for one in self.rounds) * 1e6

    @property
    def speed(self) -> float:
        """Messages a second in all rounds."""
        return sum(one.number for one in self.rounds) / sum(one.seconds for one in self.rounds)

    def latency(self, percent: int) -> list[float]:
        """Milliseconds, for each round."""
        return [statistics.quantiles(one.seen.latencies, n=100)[percent - 1] * 1000 for one in self.rounds]


async def _in_turn(sides: Sequence[tuple[Child, Path | None]], connections: int, rounds: int, number: int) -> list[Side]:
    """Rounds of all in turn, each time another first; the first round of each only warms up."""
    found = [Side(*one) for one in sides]
    async with AsyncExitStack() as stack:
        everybody = [await stack.enter_async_context(Persons(server.url, connections)) for server, _ in sides]
        places = list(zip(found, everybody, strict=True))
        for turn in range(rounds + 1):
            for place, (side, persons) in enumerate(places[turn % 2 :] + places[: turn % 2]):
                await side.round(persons, messages(f"{connections}-{turn}-{place}", number))
                if not turn:
                    side.rounds.clear()
    return found


async def compare(rounds: int, number: int) -> list[str]:
    """Rows of a Markdown table."""
    with tempfile.TemporaryDirectory() as folder:
        async with child("bench.bare_process") as bare, child("bench.hub_process", folder) as hub:
            idle, sides = hub.memory("VmRSS"), ((bare, None), (hub, Path(folder)))
            everybody = await _in_turn(sides, PERSONS, rounds, number)
            few = await _in_turn(sides, CONNECTIONS, rounds, number)
            peak, started = hub.memory("VmHWM"), hub.startup
    return [
        *_shares(*everybody),
        row(f"the same CPU with {CONNECTIONS} requests under way", _ratio(*few)),
        row(f"ingest p99 with {CONNECTIONS} under way, ms", spread(few[1].latency(99), 0)),
        row("memory of the hub: idle, peak under load", f"{idle:.0f} MiB, {peak:.0f} MiB"),
        row("from nothing to ready, empty data folder", f"{started:.1f} s"),
        *(await _on_uvloop(rounds, number) if there_is(FAST) else ()),
    ]


async def _on_uvloop(rounds: int, number: int) -> list[str]:
    """What the extra does to both sides."""
    with tempfile.TemporaryDirectory() as folder:
        async with child("bench.bare_process", loop=FAST) as bare, child("bench.hub_process", folder, loop=FAST) as hub:
            sides = await _in_turn(((bare, None), (hub, Path(folder))), PERSONS, rounds, number)
    return [
        row("the same CPU with both on uvloop", _ratio(*sides)),
        row("CPU of a message on uvloop, hub and bare aiohttp", f"{sides[1].cpu:.0f} µs, {sides[0].cpu:.0f} µs"),
    ]


def _ratio(bare: Side, hub: Side) -> str:
    """All rounds' CPU over all rounds' CPU; then the quarters of the pairs' ratios, which tell how restless the machine was."""
    quarters = statistics.quantiles([one.cpu / other.cpu for one, other in zip(hub.rounds, bare.rounds, strict=True)], n=4)
    return f"{hub.cpu / bare.cpu:.2f} (half of the rounds {quarters[0]:.2f} to {quarters[2]:.2f})"


def _shares(bare: Side, hub: Side) -> list[str]:
    """The hub's rows beside bare aiohttp's, with a connection for each person."""
    speed, p99 = hub.speed / bare.speed, hub.latency(99)
    return [
        row("CPU for a message ÷ bare aiohttp", _ratio(bare, hub), "at most 3.0", hub.cpu <= 3.0 * bare.cpu),
        row("CPU of a message, hub and bare aiohttp", f"{hub.cpu:.0f} µs, {bare.cpu:.0f} µs"),
        row("messages a second, end to end ÷ bare", f"{speed:.2f}", "at least 0.25", speed >= 0.25),
        row("messages a second, hub and bare aiohttp", f"{hub.speed:.0f}, {bare.speed:.0f}"),
        row("ingest p50, ms", spread(hub.latency(50), 0)),
        row("ingest p99, ms", spread(p99, 0), "under 100", statistics.median(p99) < 100),
        row("bare aiohttp's own p99, ms", spread(bare.latency(99), 0)),
    ]


async def slow_disk(rounds: int, number: int, shim: Path) -> list[str]:
    """Throughput with every fsync 5 ms slower (`shim` is preloaded), against the same without."""
    with tempfile.TemporaryDirectory() as quick, tempfile.TemporaryDirectory() as slow:
        shimmed = child("bench.hub_process", slow, env={"LD_PRELOAD": str(shim)})
        async with child("bench.hub_process", quick) as usual, shimmed as slowed:
            sides = ((usual, Path(quick)), (slowed, Path(slow)))
            everybody = _slower(*await _in_turn(sides, PERSONS, rounds, number))
            few = _slower(*await _in_turn(sides, CONNECTIONS, rounds, number))
    median = statistics.median(everybody)
    return [
        row("times slower when every fsync takes 5 ms more", spread(everybody), "at most 2", median <= 2),
        row(f"the same with {CONNECTIONS} requests under way", spread(few)),
    ]


def _slower(usual: Side, slowed: Side) -> list[float]:
    """How many times longer each round took."""
    return [late.seconds / fast.seconds for fast, late in zip(usual.rounds, slowed.rounds, strict=True)]
