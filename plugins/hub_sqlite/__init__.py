"""Keeps what the hub stores in a SQLite file: in the data folder where the YAML names no database."""

from __future__ import annotations

from hub_sqlite.database import SqliteFile

__all__ = ["SqliteFile"]
