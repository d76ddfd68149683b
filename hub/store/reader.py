"""Reading: plain SQL with ``?`` on Tortoise's connection, apart from the one that writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import BaseORMException

from hub.errors import StoreError, StoreUnavailable
from hub.store.database import Database

Row = Mapping[str, Any]


class Reader:
    """Reads rows as mappings. Sees what was committed before the call, and never waits for a writer."""

    def __init__(self, connection: BaseDBAsyncClient, database: Database) -> None:
        self._connection = connection
        self._database = database
        # Tortoise translates what is wrong with a query, and lets through what is wrong with the connection.
        self._troubles: tuple[type[Exception], ...] = (BaseORMException, *database.troubles)

    async def all(self, sql: str, *values: Any) -> Sequence[Row]:
        """All rows. Raises StoreUnavailable when the database cannot be read, StoreError for a value it cannot compare."""
        try:
            return await self._connection.execute_query_dict(self._database.sql(sql), list(values))
        except (OverflowError, UnicodeEncodeError) as error:
            raise StoreError(f"this cannot be looked for: {error}") from error
        except self._troubles as error:
            if any(map(self._database.is_bad_value, (error, error.__cause__, error.__context__))):
                raise StoreError(f"this cannot be looked for: {error}") from error
            raise StoreUnavailable(f"the database cannot be read: {error}") from error

    async def one(self, sql: str, *values: Any) -> Row | None:
        """The first row, or None."""
        rows = await self.all(sql, *values)
        return rows[0] if rows else None

    async def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = await self.one(sql, *values)
        return next(iter(row.values())) if row else None


def marks(values: Sequence[Any]) -> str:
    """``?, ?, ?`` for an IN list; at least one value is needed."""
    return ", ".join("?" * len(values))
