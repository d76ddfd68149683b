"""The hub's process is killed between two of its steps: nothing is lost, nothing comes twice."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest

from bench.child import Child
from tests.wecom.kit import corp_named, words
from tests.wecom.simulator import Corp, Platform, Server

pytestmark = pytest.mark.fault
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03\x08\x02\0\0\0" + bytes(40)


class Victim:
    """A hub in a process of its own, and the platform that goes on without it."""

    def __init__(self, server: Server, corp: Corp, folder: Path) -> None:
        self.server = server
        self.corp = corp
        self._folder = folder

    async def start(self) -> None:
        command = ("-m", "tests.wecom.serving", str(self._folder / "data"), self.server.url)
        self.child = await Child.start(self._folder / "log", *command)

    async def restart(self) -> None:
        """Killed, and started again."""
        await self.child.kill()
        await self.start()

    async def push(self) -> None:
        """A callback, which a hub that is not there does not answer."""
        try:
            await self.server.push(f"{self.child.url}/wecom", self.corp, "wk1")
        except (aiohttp.ClientError, ConnectionError):
            return

    def texts(self, direction: str, customer: str = "wm1") -> list[str]:
        """What is stored of a customer's conversation."""
        sql = """SELECT json_extract(message.body, '$[0].text') FROM message JOIN leg ON leg.id = message.leg_id
                 WHERE message.direction = ? AND leg.address = ? ORDER BY message.id"""
        return self.rows(sql, direction, f"wk1/{customer}")

    def rows(self, sql: str, *values: str) -> list[str]:
        """The first column of what a query finds."""
        with closing(sqlite3.connect(f"file:{self._folder / 'data' / 'hub.db'}?mode=ro", uri=True, timeout=10)) as database:
            return [row[0] for row in database.execute(sql, values)]

    def heard(self, customer: str = "wm1") -> list[str]:
        """What the customer got."""
        return [words(one.payload) for one in self.corp.accounts["wk1"].sent if one.customer == customer]


@asynccontextmanager
async def victim_in(folder: Path) -> AsyncIterator[Victim]:
    corp = corp_named("corp")
    async with Server(Platform({corp.corp_id: corp})) as server:
        victim = Victim(server, corp, folder)
        await victim.start()
        try:
            yield victim
        finally:
            await victim.child.kill()


async def until(true: Callable[[], object], what: str) -> None:
    try:
        async with asyncio.timeout(60):
            while not true():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited in vain until {what}") from None


async def test_killed_between_handling_and_saving_the_cursor(tmp_path: Path) -> None:
    async with victim_in(tmp_path) as victim:
        corp = victim.corp
        victim.server.hold("media/get")
        for text in ("一", "二"):
            corp.says("wk1", "wm1", content=text)
        corp.says("wk1", "wm1", "image", media_id=corp.keep("image", "p.png", "image/png", PNG))
        pushing = asyncio.create_task(victim.push())
        # The first two rows are stored and answered; the third is being fetched, so the page's cursor is not saved.
        await until(lambda: victim.heard() == ["一", "二"], "two are answered")
        await asyncio.wait_for(victim.server.arrived["media/get"].wait(), 30)
        await victim.child.kill()
        await pushing
        victim.server.release("media/get")
        await victim.start()
        await until(lambda: len(victim.heard()) == 3, "the third is answered")
        corp.says("wk1", "wm1", content="四")
        await victim.push()
        await until(lambda: len(victim.heard()) == 4, "the fourth is answered")
        assert victim.texts("in") == ["一", "二", None, "四"]
        assert victim.heard() == ["一", "二", "[图片]", "四"]
        assert corp.called("sync_msg")[-1].get("cursor") == "cursor3"


async def test_killed_before_the_answer_to_a_delivery_came(tmp_path: Path) -> None:
    async with victim_in(tmp_path) as victim:
        victim.server.hold("send_msg", after=True)
        victim.corp.says("wk1", "wm1", content="你好")
        await victim.push()
        await until(victim.heard, "the customer has the answer")
        await victim.child.kill()
        victim.server.release("send_msg")
        await victim.start()
        await until(lambda: len(victim.corp.called("send_msg")) == 2, "it is sent again with the same id")
        victim.corp.says("wk1", "wm1", content="还在吗")
        await victim.push()
        await until(lambda: len(victim.heard()) == 2, "the next answer")
        assert victim.heard() == ["你好", "还在吗"]
        first, second, _ = victim.corp.called("send_msg")
        assert first["msgid"] == second["msgid"]
        assert victim.rows("SELECT id FROM outbox WHERE state = 2") == []


async def test_killed_at_any_moment(tmp_path: Path) -> None:
    chance = random.Random(11)
    async with victim_in(tmp_path) as victim:
        said: dict[str, list[str]] = {f"wm{number}": [] for number in range(5)}
        for number in range(100):
            customer = chance.choice(list(said))
            said[customer].append(f"第{number}条")
            victim.corp.says("wk1", customer, content=f"第{number}条")
            pushing = asyncio.create_task(victim.push())
            if number % 25 == 24:
                for _ in range(chance.randrange(300)):
                    await asyncio.sleep(0)
                await victim.restart()
            if chance.random() < 0.7:
                await pushing
        await victim.push()
        await until(lambda: sum(len(victim.heard(one)) for one in said) >= 100, "all are answered")
        for customer, texts in said.items():
            assert victim.texts("in", customer) == texts
            assert victim.heard(customer) == texts
