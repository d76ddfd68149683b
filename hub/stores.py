"""For packages that bring the driver of a database server; see `Database` and the entry-point group ``hub.stores``."""

from hub.errors import StoreError
from hub.store.committer import POSITION, Group
from hub.store.database import Database
from hub.store.statements import Statement

__all__ = ["POSITION", "Database", "Group", "Statement", "StoreError"]
