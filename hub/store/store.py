"""The store as one thing: opened, migrated, written through the committer, read through Tortoise's connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.context import TortoiseContext
from tortoise.exceptions import BaseORMException
from tortoise.migrations.api import migrate

from hub.clock import Clock
from hub.errors import StoreUnavailable
from hub.records import Event
from hub.store.apps import Apps, apps_of, models_of, tortoise_apps
from hub.store.change import Change
from hub.store.committer import Committer
from hub.store.data import InstanceData
from hub.store.ids import Ids
from hub.store.postgres import PostgresWriter, troubles
from hub.store.reader import Reader
from hub.store.sqlite import FileLock, SqliteWriter
from hub.store.statements import Statement, greatest_id

_WHERE: Final = frozenset({"host", "port", "user", "password", "database"})

def tortoise_config(database: str, apps: Apps | None = None, *, read_only: bool = False) -> dict[str, Any]:
    """Tortoise's configuration for a SQLite file's path or a ``postgres://`` URL."""
    connection: Any
    if database.startswith("postgres"):
        connection = _postgres(database)
    else:
        options = {"query_only": "ON"} if read_only else {}
        connection = {"engine": "tortoise.backends.sqlite", "credentials": {"file_path": database, **options}}
    return {"connections": {"default": connection}, "apps": tortoise_apps(apps or apps_of(()))}


def _postgres(url: str) -> dict[str, Any]:
    """What Tortoise needs to connect as asyncpg does with the same URL: options are settings of the session."""
    found: dict[str, Any] = expand_db_url(url.replace("postgresql://", "postgres://"))
    credentials = found["credentials"]
    options = {name: credentials.pop(name) for name in tuple(credentials) if name not in _WHERE}
    if "sslmode" in options:
        credentials["ssl"] = options.pop("sslmode")
    return {**found, "credentials": {**credentials, "server_settings": options}}


class Store:
    """Everything durable. Make it with `open`; there is one per hub."""

    def __init__(self, reader: Reader, committer: Committer, ids: Ids, close: Callable[[], Any]) -> None:
        self.reader = reader
        self.committer = committer
        self.ids = ids
        self._close_reading = close
        self._lock: FileLock | None = None

    @classmethod
    async def open(
        cls,
        data: Path,
        clock: Clock,
        *,
        database: str = "",
        on_events: Callable[[Sequence[Event]], None],
        apps: Apps | None = None,
    ) -> Store:
        """Open the database, bring its schema up to date, and start the committer.

        `data` is the folder of the SQLite file ``hub.db``; `database` a ``postgres://`` URL instead; `apps` whose tables are
        wanted (the hub's own when left out).
        Raises StoreUnavailable when it cannot be opened or another hub holds it.
        """
        data.mkdir(parents=True, exist_ok=True)
        lock = None if database else FileLock(data / "hub.lock")
        target = database or str(data / "hub.db")
        writer = PostgresWriter(database) if database else SqliteWriter(data / "hub.db")
        below = troubles() if database else ()
        failures: tuple[type[Exception], ...] = (StoreUnavailable, BaseORMException, *below)
        try:
            await writer.open()
            await asyncio.create_task(_migrate(target, apps))
            connection, close = await asyncio.create_task(_connect(target))
        except failures as error:
            await writer.close()
            if lock is not None:
                lock.release()
            raise StoreUnavailable(str(error)) from error
        reader = Reader(connection, postgres=bool(database))
        committer = Committer(writer, await writer.position(), on_events)
        committer.start()
        store = cls(reader, committer, Ids(clock, after=await reader.value(greatest_id(models_of(apps or apps_of(()))))), close)
        store._lock = lock
        return store

    def commit(self, change: Change) -> asyncio.Future[None]:
        """Await it to store the change. A cancelled waiter does not take the change back.

        Raises Conflict, StoreError or StoreUnavailable; then nothing of it was stored.
        """
        return self.committer.submit(change)

    async def write(self, statement: Statement, row: tuple[Any, ...]) -> None:
        """Store one row. Raises as `commit`."""
        change = Change()
        change.write(statement, row)
        await self.commit(change)

    def data(self, instance: str) -> InstanceData:
        """The small durable values of one instance."""
        return InstanceData(self, instance)

    async def close(self) -> None:
        """Write what waits, then let everything go."""
        await self.committer.close()
        await self._close_reading()
        if self._lock is not None:
            self._lock.release()


@asynccontextmanager
async def reading(data: Path, *, database: str = "") -> AsyncIterator[Reader]:
    """A reader of a store that a hub may be using at the same time; arguments as for `Store.open`.

    Raises StoreUnavailable when there is nothing to read.
    """
    file = data / "hub.db"
    if not database and not file.is_file():
        raise StoreUnavailable(f"there is nothing stored in {data}")
    try:
        connection, close = await asyncio.create_task(_connect(database or str(file)))
    except BaseORMException as error:
        raise StoreUnavailable(str(error)) from error
    try:
        yield Reader(connection, postgres=bool(database))
    finally:
        await close()


# Tortoise keeps its state in context variables: what follows runs in tasks of its own, which keep them out of the hub's.


async def _migrate(target: str, apps: Apps | None) -> None:
    context = TortoiseContext()
    try:
        with context:
            await migrate(config=tortoise_config(target, apps))
    finally:
        await context.close_connections()


async def _connect(target: str) -> tuple[BaseDBAsyncClient, Callable[[], Any]]:
    context = TortoiseContext()
    with context:
        await context.init(config=tortoise_config(target, read_only=True))
        return context.connections.get("default"), context.close_connections
