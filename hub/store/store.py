"""The store as one thing: opened, migrated, written through the committer, read through Tortoise's connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient
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
from hub.store.database import Database, database_at
from hub.store.ids import Ids
from hub.store.reader import Reader
from hub.store.statements import Statement, greatest_id

Hear = Callable[[Sequence[Event]], None]
FILE: Final = "hub.db"
"""Where a hub stores whose configuration names no database: a SQLite file in its data folder."""


def tortoise_config(database: Database, apps: Apps | None = None, *, read_only: bool = False) -> dict[str, Any]:
    """Tortoise's configuration for a database."""
    connection = database.tortoise(read_only=read_only)
    return {"connections": {"default": connection}, "apps": tortoise_apps(apps or apps_of(()))}


class Store:
    """Everything durable. Make it with `open`; there is one per hub."""

    def __init__(self, reader: Reader, committer: Committer, ids: Ids, close: Callable[[], Any]) -> None:
        self.reader = reader
        self.committer = committer
        self.ids = ids
        self._close_reading = close

    @classmethod
    async def open(
        cls, data: Path, clock: Clock, *, database: str = "", on_events: Hear, apps: Apps | None = None
    ) -> Store:
        """Open the database, bring its schema up to date, and start the committer.

        `data` is the folder of the SQLite file ``hub.db``; `database` the address of another database; `apps` whose tables are
        wanted (the hub's own when left out).
        Raises StoreUnavailable when it cannot be opened or another hub holds it, ConfigError where its driver is not installed.
        """
        data.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, at the start
        place = database_at(database or f"sqlite://{data / FILE}")
        failures: tuple[type[Exception], ...] = (StoreUnavailable, BaseORMException, *place.troubles)
        try:
            await place.open()
            await asyncio.create_task(_migrate(place, apps))
            connection, close = await asyncio.create_task(_connect(place))
        except failures as error:
            await place.close()
            raise StoreUnavailable(str(error)) from error
        reader = Reader(connection, place)
        committer = Committer(place, await place.position(), on_events)
        committer.start()
        return cls(reader, committer, Ids(clock, after=await reader.value(greatest_id(models_of(apps or apps_of(()))))), close)

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


@asynccontextmanager
async def reading(data: Path, *, database: str = "") -> AsyncIterator[Reader]:
    """A reader of a store that a hub may be using at the same time; arguments as for `Store.open`.

    Raises StoreUnavailable when there is nothing to read.
    """
    if not database and not (data / FILE).is_file():
        raise StoreUnavailable(f"there is nothing stored in {data}")
    try:
        place = database_at(database or f"sqlite://{data / FILE}")
        connection, close = await asyncio.create_task(_connect(place))
    except BaseORMException as error:
        raise StoreUnavailable(str(error)) from error
    try:
        yield Reader(connection, place)
    finally:
        await close()


# Tortoise keeps its state in context variables: what follows runs in tasks of its own, which keep them out of the hub's.


async def _migrate(target: Database, apps: Apps | None) -> None:
    context = TortoiseContext()
    try:
        with context:
            await migrate(config=tortoise_config(target, apps))
    finally:
        await context.close_connections()


async def _connect(target: Database) -> tuple[BaseDBAsyncClient, Callable[[], Any]]:
    context = TortoiseContext()
    with context:
        await context.init(config=tortoise_config(target, read_only=True))
        return context.connections.get("default"), context.close_connections
