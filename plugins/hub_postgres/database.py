"""PostgreSQL: one writing connection; a session lock keeps a second hub away."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from tortoise.backends.base.config_generator import expand_db_url

from hub import ConfigError, Conflict, StoreUnavailable
from hub.stores import POSITION, Group, Statement, StoreError

if TYPE_CHECKING:
    import asyncpg

_LOCK: Final = 0x66726F6E74
"""Key of the advisory lock a hub holds on its database."""
_WHERE: Final = frozenset({"host", "port", "user", "password", "database"})


class Postgres:
    """One database: written through one asyncpg connection, read through Tortoise's."""

    def __init__(self, url: str) -> None:
        if find_spec("asyncpg") is None:
            raise ConfigError("a PostgreSQL database needs asyncpg: pip install 'frontdesk-hub[postgres]'")
        import asyncpg

        # The last one: the server said goodbye while nobody listened, and the connection is not closed yet.
        lost = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
        self.troubles: tuple[type[Exception], ...] = (OSError, *lost)
        self._url = url
        self._connection: asyncpg.Connection[Any] | None = None
        self._sql: dict[Statement, str] = {}

    def tortoise(self, *, read_only: bool) -> dict[str, Any]:
        """What Tortoise needs to connect as asyncpg does with the same URL: options are settings of the session."""
        found: dict[str, Any] = expand_db_url(self._url.replace("postgresql://", "postgres://"))
        credentials = found["credentials"]
        options = {name: credentials.pop(name) for name in tuple(credentials) if name not in _WHERE}
        if "sslmode" in options:
            credentials["ssl"] = options.pop("sslmode")
        return {**found, "credentials": {**credentials, "server_settings": options}}

    def sql(self, text: str) -> str:
        """`text` with its ``?`` replaced by ``$1``, ``$2`` … No literal of ours holds a question mark."""
        head, *parts = text.split("?")
        return head + "".join(f"${number}{part}" for number, part in enumerate(parts, 1))

    def is_bad_value(self, error: BaseException | None) -> bool:
        """Whether it is what was asked that is wrong: text with NUL in it, or a table that is not there."""
        import asyncpg

        return isinstance(error, asyncpg.DataError) or _is_bad_sql(error)

    async def open(self) -> None:
        """Connect. Raises StoreUnavailable when that fails or another hub is there."""
        import asyncpg

        # ValueError: the address makes no sense.
        failures: tuple[type[Exception], ...] = (ValueError, *self.troubles)
        try:
            connection = await asyncpg.connect(self._url, timeout=10)
            free = await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK)
            if not free:
                await connection.close()
        except failures as error:
            raise StoreUnavailable(f"cannot reach PostgreSQL: {error}") from error
        if not free:
            raise StoreUnavailable("another hub is using this database; stop it, or give this one its own")
        self._connection = connection

    async def _connected(self) -> asyncpg.Connection[Any]:
        if self._connection is None or self._connection.is_closed():
            self._connection = None
            await self.open()
        assert self._connection is not None
        return self._connection

    async def write(self, group: Group) -> dict[int, int]:
        """See `hub.stores.Database`."""
        import asyncpg

        connection = await self._connected()
        found: dict[int, int] = {}
        try:
            async with connection.transaction():
                for statement, rows in group:
                    await self._run(connection, statement, rows, found)
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
            raise StoreError(f"a row cannot be stored: {error}") from error
        except self.troubles as error:
            if _is_bad_sql(error):
                raise StoreError(f"a row cannot be stored: {error}") from error
            if not isinstance(error, asyncpg.PostgresError):
                connection.terminate()
            raise StoreUnavailable(f"the database cannot be written: {error}") from error
        return found

    async def position(self) -> int:
        """See `hub.stores.Database`."""
        connection = await self._connected()
        try:
            return int(await connection.fetchval(POSITION))
        except self.troubles as error:
            connection.terminate()
            raise StoreUnavailable(f"the database cannot be read: {error}") from error

    async def _run(
        self, connection: asyncpg.Connection[Any], statement: Statement, rows: Any, found: dict[int, int]
    ) -> None:
        sql = self._sql.get(statement) or self._sql.setdefault(statement, self.sql(statement.sql))
        if statement.checked:
            for row in rows:
                if not (await connection.execute(sql, *row)).endswith(" 1"):
                    raise Conflict(f"{statement.table} was changed by somebody else")
            return
        await connection.executemany(sql, rows)
        if statement.once:
            await self._already_there(connection, statement, rows, found)

    @staticmethod
    async def _already_there(
        connection: asyncpg.Connection[Any], statement: Statement, rows: Any, found: dict[int, int]
    ) -> None:
        # The first value of such a row is its id, whatever the column is called.
        name = statement.columns[0]
        query = f"SELECT {name} FROM {statement.table} WHERE"
        new = await connection.fetch(f"{query} {name} = ANY($1)", [row[0] for row in rows])
        stored = {record[name] for record in new}
        where = " AND ".join(f"{column} = ${number}" for number, column in enumerate(statement.once, 1))
        places = [statement.columns.index(column) for column in statement.once]
        for row in rows:
            if row[0] not in stored:
                key = [row[place] for place in places]
                found[row[0]] = await connection.fetchval(f"{query} {where}", *key)

    async def close(self) -> None:
        """Close the connection; the lock goes with it."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


def _is_bad_sql(error: BaseException | None) -> bool:
    """Whether a statement is wrong, and would be wrong tomorrow as well; a right that is missing can be granted."""
    import asyncpg

    if isinstance(error, asyncpg.InterfaceError):
        # Too many or too few values: the class and the missing number are those of a closed connection.
        return "the server expects" in str(error)
    return isinstance(error, asyncpg.SyntaxOrAccessError) and not isinstance(error, asyncpg.InsufficientPrivilegeError)
