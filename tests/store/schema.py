"""A database's schema as plain values, so that two can be compared: SQLite's catalogue, or PostgreSQL's."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, Final

import asyncpg

Schema = Mapping[str, Mapping[str, Any]]
"""By table: its columns, its keys, its constraints and its indexes."""

_OF_THE_MIGRATIONS: Final = "tortoise_migrations"

_COLUMNS: Final = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
           a.attidentity, a.attgenerated, a.attcollation, col_description(a.attrelid, a.attnum)
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname"""
_CONSTRAINTS: Final = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass ORDER BY 1"
_INDEXES: Final = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = $1 ORDER BY 1"
_NAME: Final = re.compile(r"INDEX \S+ ON")


async def schema_of(database: str) -> Schema:
    """The schema of a SQLite file or a PostgreSQL database, by its address, the migrations' own table left out."""
    if database.startswith("postgres"):
        return await _of_postgres(database)
    with closing(sqlite3.connect(database.removeprefix("sqlite://"))) as connection:
        return _of_sqlite(connection)


async def _of_postgres(url: str) -> Schema:
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {
            table: {
                "columns": [tuple(row) for row in await connection.fetch(_COLUMNS, f'"{table}"')],
                "constraints": [row[0] for row in await connection.fetch(_CONSTRAINTS, f'"{table}"')],
                # How an index is called makes no difference; what it is on does.
                "indexes": [_NAME.sub("INDEX ON", row[0]) for row in await connection.fetch(_INDEXES, table)],
            }
            for (table,) in tables
            if table != _OF_THE_MIGRATIONS
        }
    finally:
        await connection.close()


def _of_sqlite(connection: sqlite3.Connection) -> Schema:
    tables = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {
        table: {
            "columns": sorted(row[1:] for row in _pragma(connection, "table_xinfo", table)),
            "keys": sorted(row[2:] for row in _pragma(connection, "foreign_key_list", table)),
            "checks": sorted(re.findall(r"CHECK\s*\((.*?)\)", sql)),
            "indexes": sorted(_index(connection, *row[1:]) for row in _pragma(connection, "index_list", table)),
        }
        for table, sql in tables.fetchall()
        if table != _OF_THE_MIGRATIONS
    }


def _index(connection: sqlite3.Connection, name: str, unique: int, origin: str, partial: int) -> tuple[Any, ...]:
    columns = [row[1:] for row in _pragma(connection, "index_xinfo", name)]
    (sql,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    where = (sql or "").partition(" WHERE ")[2]
    return (unique, origin, partial, where, str(columns))


def _pragma(connection: sqlite3.Connection, pragma: str, of: str) -> Sequence[tuple[Any, ...]]:
    return connection.execute(f"SELECT * FROM pragma_{pragma}(?)", (of,)).fetchall()
