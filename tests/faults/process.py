"""A hub in a process of its own: started, asked, ended, killed; and a look into its database from outside."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp

from bench.child import Child

PATIENCE = 60.0


class Process:
    """A hub on the folder `data`; see `serving`. `child` is there once it was spawned."""

    child: Child

    def __init__(self, data: Path, log: Path) -> None:
        self.data = data
        self._log = log
        self._command = ("-m", "tests.faults.serving", str(data))

    async def spawn(self) -> None:
        """Begin, whatever becomes of it."""
        self.child = await Child.spawn(self._log, *self._command)

    async def start(self) -> None:
        """Begin, and wait until it answers. Raises RuntimeError with its log where it ends instead."""
        self.child = await Child.start(self._log, *self._command)

    @property
    def log(self) -> str:
        """What it wrote to standard error."""
        return self.child.log_text

    # -- its database -----------------------------------------------------------------------------------

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with closing(sqlite3.connect(f"file:{self.data / 'hub.db'}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute(sql).fetchall()

    def count(self, what: str) -> int:
        """How many rows, such as ``"inbox WHERE state = 0"``."""
        return int(self.rows(f"SELECT count(*) FROM {what}")[0][0])

    def idle(self) -> bool:
        """Nothing waits to be worked on or to go out."""
        return not self.count("inbox WHERE state = 0") and not self.count("outbox")


class Visitors:
    """People who write; `acknowledged` has the id the hub gave to each key."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._number = 0
        self.acknowledged: dict[str, int] = {}

    async def say(self, text: str) -> tuple[int, Any]:
        """The next of twenty visitors says it; status and answer."""
        self._number += 1
        said = {"id": f"key {self._number}", "from": f"v{self._number % 20}", "text": text}
        async with self._session.post(f"{self._url}/bench/messages", json=said) as answer:
            body = await answer.json()
        if answer.status == 200:
            self.acknowledged[said["id"]] = body["id"]
        return answer.status, body

    async def status(self, path: str) -> int:
        """Of a GET."""
        async with self._session.get(self._url + path) as answer:
            return answer.status


async def until(true: Callable[[], object], what: str) -> None:
    """Wait until something is true. Raises AssertionError with `what`."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not true():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited {PATIENCE:g} s in vain until {what}") from None
