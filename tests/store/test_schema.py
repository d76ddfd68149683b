"""What the migrations make is what the models say, on both databases, for all apps of the configuration."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.api import migrate

from hub import StoreUnavailable
from hub.clock import SystemClock
from hub.store.apps import apps_of
from hub.store.database import database_at
from hub.store.store import FILE, Store, tortoise_config
from hub_desk import Desk
from hub_media import Media
from hub_people import People
from hub_qq import QQ
from hub_routing import Routing
from hub_wechat import WeChat
from hub_wecom import WeCom
from tests.databases import Databases, both_databases, on_postgres
from tests.store.schema import schema_of
from tests.windows.kit import Kiosk

APPS: Final = apps_of([Desk, Media, Kiosk, People, QQ, Routing, WeCom, WeChat])

DIFFERENCES: Final = (
    "CREATE INDEX another ON message (at)",
    "DROP INDEX another; CREATE UNIQUE INDEX another ON message (at)",
    "DROP INDEX another; CREATE INDEX another ON message (at) WHERE at > 0",
    "DROP INDEX another; CREATE INDEX another ON message (at DESC)",
    "ALTER TABLE outbox ADD COLUMN another INT",
    "ALTER TABLE outbox DROP COLUMN error",
    "ALTER TABLE outbox ADD COLUMN error TEXT NOT NULL DEFAULT 'x'",
    "ALTER TABLE outbox DROP COLUMN error; ALTER TABLE outbox ADD COLUMN error TEXT DEFAULT 'x'",
    "ALTER TABLE outbox DROP COLUMN error; ALTER TABLE outbox ADD COLUMN error INT DEFAULT 0",
    "DROP TABLE outbox",
)


def place(databases: Databases, folder: Path) -> str:
    """The database of a hub in `folder`, as Tortoise wants it named."""
    folder.mkdir(exist_ok=True)
    return databases(folder) or f"sqlite://{folder / FILE}"


async def migrated(database: str) -> str:
    async def run() -> None:
        context = TortoiseContext()
        with context:
            await migrate(config=tortoise_config(database_at(database), APPS))
        await context.close_connections()

    await asyncio.create_task(run())
    return database


async def generated(database: str) -> str:
    async def run() -> None:
        context = TortoiseContext()
        with context:
            await context.init(config=tortoise_config(database_at(database), APPS))
            await context.generate_schemas(safe=False)
        await context.close_connections()

    await asyncio.create_task(run())
    return database


async def change(database: str, sql: str) -> None:
    if database.startswith("postgres"):
        connection = await asyncpg.connect(database)
        await connection.execute(sql)
        await connection.close()
        return
    with closing(sqlite3.connect(database.removeprefix("sqlite://"))) as file:
        file.executescript(sql)


@both_databases
async def test_the_migrations_make_what_the_models_say(empty_databases: Databases, tmp_path: Path) -> None:
    found = await schema_of(await migrated(place(empty_databases, tmp_path / "migrated")))
    wanted = await schema_of(await generated(place(empty_databases, tmp_path / "generated")))
    assert found.keys() == wanted.keys()
    for table, described in wanted.items():
        assert found[table] == described, table
    assert {"message", "event", "inbox", "outbox"} <= found.keys()


@both_databases
async def test_the_comparison_sees_every_difference(empty_databases: Databases, tmp_path: Path) -> None:
    database = await migrated(place(empty_databases, tmp_path))
    seen = [await schema_of(database)]
    assert await schema_of(database) == seen[0]
    for sql in DIFFERENCES:
        await change(database, sql)
        seen.append(await schema_of(database))
        assert seen.count(seen[-1]) == 1, sql


@both_databases
async def test_migrating_twice_is_harmless(empty_databases: Databases, tmp_path: Path) -> None:
    database = await migrated(place(empty_databases, tmp_path))
    once = await schema_of(database)
    await change(database, "INSERT INTO datum (name, value) VALUES ('a', '1')")
    assert await schema_of(await migrated(database)) == once
    store = await Store.open(tmp_path, SystemClock(), database=empty_databases(tmp_path), on_events=lambda _: None)
    assert await store.reader.value("SELECT value FROM datum WHERE name = ?", "a") == "1"
    await store.close()


@both_databases
async def test_tables_of_somebody_else_are_a_clear_error_and_nothing_is_held(
    empty_databases: Databases, tmp_path: Path
) -> None:
    database = place(empty_databases, tmp_path)
    await change(database, "CREATE TABLE message (mine INT)")
    threads = threading.active_count()
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=r"message.*already exists"):
            await Store.open(tmp_path, SystemClock(), database=empty_databases(tmp_path), on_events=lambda _: None)
    assert threading.active_count() == threads
    await change(database, "DROP TABLE message")
    store = await Store.open(tmp_path, SystemClock(), database=empty_databases(tmp_path), on_events=lambda _: None)
    await store.close()


async def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_bytes(b"no database" * 1000)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="file is not a database"):
            await Store.open(tmp_path, SystemClock(), on_events=lambda _: None)


@on_postgres
async def test_of_several_that_migrate_at_once_one_does_it(empty_databases: Databases, tmp_path: Path) -> None:
    url = empty_databases(tmp_path)

    async def one(number: int) -> Store:
        return await Store.open(tmp_path / str(number), SystemClock(), database=url, on_events=lambda _: None)

    opened = await asyncio.gather(*map(one, range(4)), return_exceptions=True)
    (store,) = (found for found in opened if isinstance(found, Store))
    refused = [str(found) for found in opened if isinstance(found, StoreUnavailable)]
    assert len(refused) == 3
    assert all("another hub is using this database" in reason for reason in refused), refused
    applied = await store.reader.all("SELECT app, name FROM tortoise_migrations")
    assert len({(row["app"], row["name"]) for row in applied}) == len(applied) > 0
    await store.close()
    again = await one(4)
    await again.close()
