"""Keeps what the hub stores in a PostgreSQL database (``hub.database: postgres://…``)."""

from __future__ import annotations

from hub_postgres.database import Postgres

__all__ = ["Postgres"]
