"""Many messages while the hub is killed again and again: none lost, none doubled, order kept."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
import asyncpg
import msgspec
import pytest

from bench.child import Child
from tests.databases import Databases, both_databases
from tests.faults.history import faults


class Size(NamedTuple):
    """How many visitors write how many messages each, while the hub is killed how often."""

    visitors: int
    each: int
    kills: int


SIZES = {"sqlite": Size(200, 100, 20), "postgres": Size(20, 20, 3)}


class Victim:
    """The hub's process: started again, at another address, each time it is killed."""

    url: str
    _child: Child

    def __init__(self, data: Path, database: str) -> None:
        self.data = data
        self.database = database
        self.up = asyncio.Event()

    async def start(self) -> None:
        command = ("-m", "bench.hub_process", str(self.data), "--delivered", str(self.data / "delivered"))
        more = ("--database", self.database) if self.database else ()
        async with asyncio.timeout(60):
            while not self.up.is_set():
                try:
                    self._child = await Child.start(self.data.parent / "log", *command, *more)
                except RuntimeError:
                    # A server may not have seen yet that the one before is gone; SQLite's lock goes at once.
                    if not self.database:
                        raise
                else:
                    self.url = f"{self._child.url}/bench/messages"
                    self.up.set()

    async def kill(self) -> None:
        self.up.clear()
        await self._child.kill()


@asynccontextmanager
async def victim_in(data: Path, database: str) -> AsyncIterator[Victim]:
    data.mkdir()
    victim = Victim(data, database)
    await victim.start()
    try:
        yield victim
    finally:
        await victim.kill()


class Load:
    """The visitors. `done` counts acknowledged messages, `acknowledged` has the ids the hub named for each key."""

    def __init__(self, victim: Victim, client: aiohttp.ClientSession, size: Size) -> None:
        self.victim = victim
        self.size = size
        self.client = client
        self.done = 0
        self.acknowledged: dict[str, set[int]] = defaultdict(set)
        self.progress = asyncio.Condition()

    async def post(self, visitor: int, number: int) -> None:
        """Until it is acknowledged, with the same key each time."""
        said = {"id": f"{visitor}-{number}", "from": f"v{visitor}", "text": f"{visitor}:{number}"}
        while True:
            await self.victim.up.wait()
            try:
                async with self.client.post(self.victim.url, json=said) as answer:
                    if answer.status == 200:
                        self.acknowledged[said["id"]].add(int((await answer.json())["id"]))
                        return
                    assert answer.status == 503, await answer.text()
            except (aiohttp.ClientError, ConnectionError):
                # The hub was killed: whether it was stored nobody knows, so it is sent again.
                await asyncio.sleep(0)

    async def visit(self, visitor: int, chance: random.Random) -> None:
        for number in range(self.size.each):
            await self.post(visitor, number)
            if chance.random() < 0.2:
                await self.post(visitor, number)
            if number and chance.random() < 0.05:
                await self.post(visitor, chance.randrange(number))
            async with self.progress:
                self.done += 1
                self.progress.notify_all()

    async def reached(self, number: int) -> None:
        async with self.progress:
            await self.progress.wait_for(lambda: self.done >= number)


async def kill_now_and_then(load: Load, chance: random.Random) -> int:
    total, kills = load.size.visitors * load.size.each, 0
    for moment in sorted(chance.sample(range(total // 50, total - total // 50), load.size.kills)):
        await load.reached(moment)
        await load.victim.kill()
        kills += 1
        await load.victim.start()
    return kills


async def read(victim: Victim, sql: str) -> list[tuple[object, ...]]:
    if victim.database:
        connection = await asyncpg.connect(victim.database)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()
    with sqlite3.connect(f"file:{victim.data / 'hub.db'}?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


async def until(true: Callable[[], Awaitable[bool]], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.05)


def delivered(data: Path) -> Mapping[str, list[str]]:
    """What arrived at each address, in order, second copies (the same key) left out as a platform does."""
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for line in (data / "delivered").read_text("utf-8").splitlines():
        sent = json.loads(line)
        texts[sent["to"]].setdefault(sent["key"], sent["text"])
    return {address: list(by_key.values()) for address, by_key in texts.items()}


async def stored(victim: Victim, direction: str) -> Mapping[str, list[str]]:
    texts: dict[str, list[str]] = defaultdict(list)
    rows = await read(
        victim,
        "SELECT i.external_id, m.body FROM message m JOIN identity i ON i.person_id = m.person_id"
        f" WHERE m.direction = '{direction}' ORDER BY m.conversation_id, m.id",
    )
    for person, body in rows:
        assert isinstance(body, str)
        texts[str(person)].append(msgspec.json.decode(body)[0]["text"])
    return texts


@pytest.mark.fault
@both_databases
async def test_nothing_is_lost_doubled_or_out_of_order_when_the_hub_is_killed(
    tmp_path: Path, backend: str, hub_databases: Databases
) -> None:
    size, chance, data = SIZES[backend], random.Random(20261123), tmp_path / "data"
    connector = aiohttp.TCPConnector(limit=64)
    async with victim_in(data, hub_databases(data)) as victim, aiohttp.ClientSession(connector=connector) as client:
        load = Load(victim, client, size)
        visits = [load.visit(visitor, random.Random(visitor)) for visitor in range(size.visitors)]
        kills, *_ = await asyncio.gather(kill_now_and_then(load, chance), *visits)
        assert kills >= size.kills
        undone = "SELECT (SELECT count(*) FROM inbox WHERE state = 0) + (SELECT count(*) FROM outbox)"

        async def idle() -> bool:
            return await read(victim, undone) == [(0,)]

        await until(idle, 120)
    sent = {f"v{visitor}": [f"{visitor}:{number}" for number in range(size.each)] for visitor in range(size.visitors)}
    heard, answered = await stored(victim, "in"), await stored(victim, "out")
    assert faults(sent, heard, answered) == []
    assert faults(sent, heard, delivered(data)) == []
    # A repeat got the same id as the first one, and under that id the message is stored.
    assert {key: {kept} for key, kept in await read(victim, "SELECT key, id FROM inbox")} == load.acknowledged
    if not victim.database:
        assert await read(victim, "PRAGMA integrity_check") == [("ok",)]
    assert await read(victim, "SELECT count(*) FROM inbox WHERE state = 2") == [(0,)]
    assert await read(victim, "SELECT count(*) FROM person") == [(size.visitors,)]


GOOD = (["a", "b"], ["a", "b"], ["echo: a", "echo: b"])


@pytest.mark.parametrize(
    ("sent", "heard", "replies"),
    [
        (["a", "b"], ["a"], ["echo: a"]),
        (["a", "b"], ["a", "b", "b"], ["echo: a", "echo: b", "echo: b"]),
        (["a", "b"], ["b", "a"], ["echo: b", "echo: a"]),
        (["a", "b"], ["a", "b"], ["echo: a"]),
        (["a", "b"], ["a", "b"], ["echo: a", "echo: b", "echo: b"]),
        (["a", "b"], ["a", "b"], ["echo: b", "echo: a"]),
    ],
    ids=["lost", "doubled", "swapped", "unanswered", "answered twice", "answers swapped"],
)
def test_the_checker_sees_it(sent: list[str], heard: list[str], replies: list[str]) -> None:
    assert faults({"v": GOOD[0]}, {"v": GOOD[1]}, {"v": GOOD[2]}) == []
    assert faults({"v": sent}, {"v": heard}, {"v": replies}) != []
