"""SQLite: one writing connection in a thread of its own."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from hub import ConfigError, Conflict, StoreUnavailable
from hub.stores import POSITION, Group, Statement, StoreError

T = TypeVar("T")
PRAGMAS: Final = (
    "journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "cache_size=-32000", "wal_autocheckpoint=8000",
    "secure_delete=ON",
)  # fmt: skip
"""Every commit on the disk before it is reported. The log is folded back every 32 MiB: what changes often is written once.
What is deleted is overwritten: who is erased is gone from the file too."""


def _locked(path: Path) -> IO[str]:
    """Keeps a second hub away while the file is open; that ends with the process, however it ends."""
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        who = f"another hub (process {holder}) is using {path.parent}"
        raise StoreUnavailable(f"{who}; stop it, or give this one its own --data") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


class SqliteFile:
    """One file: WAL, every commit on the disk before it is reported (``synchronous=FULL``)."""

    troubles: tuple[type[Exception], ...] = (OSError, sqlite3.Error)

    def __init__(self, address: str) -> None:
        path = Path(address.removeprefix("sqlite://"))
        if not path.name:
            raise ConfigError("sqlite:// is followed by the path of a file, as in sqlite:///srv/frontdesk/hub.db")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._lock: IO[str] | None = None

    def tortoise(self, *, read_only: bool) -> dict[str, Any]:
        """See `hub.stores.Database`."""
        options = {"query_only": "ON"} if read_only else {}
        return {"engine": "tortoise.backends.sqlite", "credentials": {"file_path": str(self._path), **options}}

    def sql(self, text: str) -> str:
        """SQLite takes ``?``."""
        return text

    def is_bad_value(self, error: BaseException | None) -> bool:
        """Whether a query is wrong, as of a table that is not there, or its values are."""
        return _is_bad_sql(error)

    async def open(self) -> None:
        """Lock and open the file. Raises StoreUnavailable when it cannot be, or another hub uses it."""
        self._lock = _locked(self._path.with_name("hub.lock"))
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    def _open(self) -> None:
        try:
            connection = sqlite3.connect(self._path, isolation_level=None, cached_statements=256)
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}").fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"cannot open {self._path}: {error}") from error
        self._connection = connection

    async def write(self, group: Group) -> dict[int, int]:
        """See `hub.stores.Database`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._use, _run, group)

    async def position(self) -> int:
        """See `hub.stores.Database`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._use, _position)

    def _use(self, function: Callable[..., T], *values: Any) -> T:
        connection = self._connection
        if connection is None:
            raise StoreUnavailable("the store is closed")
        try:
            return function(connection, *values)
        except BaseException as error:
            # A full disk ends the transaction by itself; then there is nothing to roll back.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error | OverflowError | ValueError):
                raise _translated(error) from error
            raise

    async def close(self) -> None:
        """Close the file, end the thread, and let the next hub in."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()
        if self._lock is not None:
            self._lock.close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _run(connection: sqlite3.Connection, group: Group) -> dict[int, int]:
    found: dict[int, int] = {}
    connection.execute("BEGIN IMMEDIATE")
    for statement, rows in group:
        changed = connection.executemany(statement.sql, rows).rowcount
        if changed == len(rows):
            continue
        if statement.checked:
            raise Conflict(f"{statement.table} was changed by somebody else")
        if statement.once:
            found.update(_already_there(connection, statement, rows))
    connection.execute("COMMIT")
    return found


def _position(connection: sqlite3.Connection) -> int:
    return int(connection.execute(POSITION).fetchone()[0])


def _already_there(connection: sqlite3.Connection, statement: Statement, rows: Any) -> dict[int, int]:
    """Which rows of an insert-once were there before: the new id and the one that stands."""
    where = " AND ".join(f"{column} = ?" for column in statement.once)
    places = [statement.columns.index(column) for column in statement.once]
    # The first value of such a row is its id, whatever the column is called.
    sql = f"SELECT {statement.columns[0]} FROM {statement.table} WHERE {where}"
    stand = {row[0]: connection.execute(sql, [row[place] for place in places]).fetchone()[0] for row in rows}
    return {new: stands for new, stands in stand.items() if stands != new}


def _translated(error: Exception) -> StoreError:
    if isinstance(error, sqlite3.OperationalError) and not _is_bad_sql(error):
        return StoreUnavailable(f"the database cannot be written: {error}")
    return StoreError(f"a row cannot be stored: {error}")


def _is_bad_sql(error: BaseException | None) -> bool:
    """Whether a statement is wrong, and would be wrong tomorrow as well; a full disk has a number of its own."""
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode == sqlite3.SQLITE_ERROR
    # Too many or too few values, or of a type there is no column for; a closed file is the same class without a number.
    return isinstance(error, sqlite3.Error) and "binding" in str(error)
