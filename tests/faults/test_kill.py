"""20,000 messages from 200 visitors while the hub is killed 20 times: none lost, none doubled, order kept."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
import pytest

from bench.child import Child
from tests.faults.history import faults

VISITORS, EACH, KILLS = 200, 100, 20


class Victim:
    """The hub's process: started again, at another address, each time it is killed."""

    url: str
    _child: Child

    def __init__(self, data: Path) -> None:
        self.data = data
        self.up = asyncio.Event()

    async def start(self) -> None:
        command = ("-m", "bench.hub_process", str(self.data), "--delivered", str(self.data / "delivered"))
        self._child = await Child.start(self.data.parent / "log", *command)
        self.url = f"{self._child.url}/bench/messages"
        self.up.set()

    async def kill(self) -> None:
        self.up.clear()
        await self._child.kill()


@asynccontextmanager
async def victim_in(data: Path) -> AsyncIterator[Victim]:
    victim = Victim(data)
    await victim.start()
    try:
        yield victim
    finally:
        await victim.kill()


class Load:
    """The visitors. `done` counts acknowledged messages, `acknowledged` has the ids the hub named for each key."""

    def __init__(self, victim: Victim, client: aiohttp.ClientSession) -> None:
        self.victim = victim
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
        for number in range(EACH):
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
    total, kills = VISITORS * EACH, 0
    for moment in sorted(chance.sample(range(total // 50, total - total // 50), KILLS)):
        await load.reached(moment)
        await load.victim.kill()
        kills += 1
        await load.victim.start()
    return kills


def read(data: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{data / 'hub.db'}?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


async def until(true: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.05)


def delivered(data: Path) -> Mapping[str, list[str]]:
    """What arrived at each address, in order, second copies (the same key) left out as a platform does."""
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for line in (data / "delivered").read_text("utf-8").splitlines():
        sent = json.loads(line)
        texts[sent["to"]].setdefault(sent["key"], sent["text"])
    return {address: list(by_key.values()) for address, by_key in texts.items()}


def stored(data: Path, direction: str) -> Mapping[str, list[str]]:
    texts: dict[str, list[str]] = defaultdict(list)
    rows = read(
        data,
        "SELECT i.external_id, m.body FROM message m JOIN identity i ON i.person_id = m.person_id"
        f" WHERE m.direction = '{direction}' ORDER BY m.conversation_id, m.id",
    )
    for person, body in rows:
        assert isinstance(body, str)
        texts[str(person)].append(msgspec.json.decode(body)[0]["text"])
    return texts


@pytest.mark.fault
async def test_nothing_is_lost_doubled_or_out_of_order_when_the_hub_is_killed(tmp_path: Path) -> None:
    chance = random.Random(20261123)
    connector = aiohttp.TCPConnector(limit=64)
    async with victim_in(tmp_path / "data") as victim, aiohttp.ClientSession(connector=connector) as client:
        load = Load(victim, client)
        visits = [load.visit(visitor, random.Random(visitor)) for visitor in range(VISITORS)]
        kills, *_ = await asyncio.gather(kill_now_and_then(load, chance), *visits)
        assert kills >= KILLS
        undone = "SELECT (SELECT count(*) FROM inbox WHERE state = 0) + (SELECT count(*) FROM outbox)"
        await until(lambda: read(victim.data, undone) == [(0,)], 120)
    data = tmp_path / "data"
    sent = {f"v{visitor}": [f"{visitor}:{number}" for number in range(EACH)] for visitor in range(VISITORS)}
    assert faults(sent, stored(data, "in"), stored(data, "out")) == []
    assert faults(sent, stored(data, "in"), delivered(data)) == []
    # A repeat got the same id as the first one, and under that id the message is stored.
    assert {key: {kept} for key, kept in read(data, "SELECT key, id FROM inbox")} == load.acknowledged
    assert read(data, "PRAGMA integrity_check") == [("ok",)]
    assert read(data, "SELECT count(*) FROM inbox WHERE state = 2") == [(0,)]
    assert read(data, "SELECT count(*) FROM person") == [(VISITORS,)]


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
