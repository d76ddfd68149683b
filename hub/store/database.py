"""The databases a store can be in, each by the driver that an installed package brings.

A package brings a driver by an entry point of the group ``hub.stores``: its name is the scheme of the addresses, its value
something that makes a `Database` of an address.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any, Final, Protocol

from hub.errors import ConfigError
from hub.store.committer import Writer

STORES: Final = "hub.stores"


class Database(Writer, Protocol):
    """A database: written through one connection of its own, read and migrated through Tortoise's.

    `troubles` are the errors of a connection that does not do its part.
    """

    troubles: tuple[type[Exception], ...]

    async def open(self) -> None:
        """Connect for writing. Raises StoreUnavailable when that fails or another hub is there."""

    def tortoise(self, *, read_only: bool) -> dict[str, Any]:
        """Tortoise's configuration of a connection to it."""

    def sql(self, text: str) -> str:
        """A statement with ``?`` for its values as this database wants it."""

    def is_bad_value(self, error: BaseException | None) -> bool:
        """Whether the database cannot work with a value, such as text with NUL in it."""


def database_at(address: str) -> Database:
    """The database at ``scheme://…``. Raises ConfigError where nobody knows the scheme, or the address makes no sense."""
    scheme = address.partition("://")[0]
    points = tuple(entry_points(group=STORES, name=scheme))
    if not points:
        raise ConfigError(f"no installed package stores in {scheme}://")
    made: Database = points[0].load()(address)
    return made
