"""The one column type Tortoise lacks."""

from __future__ import annotations

from typing import Any

from tortoise.fields import BigIntField


class IdField(BigIntField):
    """A primary key made by the application.

    SQLite stores a table by its key only where the type is exactly INTEGER; a BIGINT key would be
    a second tree to write on each insert.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"primary_key": True, "generated": False, **options})

    class _db_sqlite:  # noqa: N801 - Tortoise looks for this name
        SQL_TYPE = "INTEGER"
