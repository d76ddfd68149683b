"""The ledger's tables, and what is written there. Times are milliseconds since 1970 UTC."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from hub.tables import IdField, Statement, delete, insert, update


class Window(Model):
    """What one thing the customer did allows. Opened anew it has another id, and counts from the beginning.

    `allowed` messages (null: any number) until `until_at` (null: always); `used` of them are out, `number` is that of the
    latest. `spent` when the platform says that nothing is left.
    """

    id = IdField()
    instance = fields.CharField(100)
    address = fields.CharField(300)
    rule = fields.CharField(30)
    ref = fields.CharField(300, db_default="")
    opened_at = fields.BigIntField()
    until_at = fields.BigIntField(null=True)
    allowed = fields.IntField(null=True)
    used = fields.IntField(db_default=0)
    number = fields.IntField(db_default=0)
    spent = fields.BooleanField(db_default=False)
    version = fields.IntField(db_default=0)

    class Meta:
        table = "windows_window"
        unique_together = (("instance", "address", "rule", "ref"),)
        indexes = (Index(fields=("instance", "until_at")),)


class Taken(Model):
    """One permit, by the instance and the key of the message it is for. Kept until `until_at` is well past."""

    name = fields.CharField(300, primary_key=True)
    instance = fields.CharField(100)
    window_id = fields.BigIntField()
    rule = fields.CharField(30)
    ref = fields.CharField(300, db_default="")
    number = fields.IntField()
    until_at = fields.BigIntField()

    class Meta:
        table = "windows_taken"
        indexes = (Index(fields=("instance", "until_at")),)


_KEY: Final = ("instance", "address", "rule", "ref")
_ADD: Final = insert(Window)
_ANEW: Final = ", ".join(f"{column} = excluded.{column}" for column in _ADD.columns if column not in _KEY)
_CHANGE: Final = update(Window, "version", checked=False)
_OPEN: Final = "(until_at IS NULL OR until_at > ?)"
_THESE: Final = f"instance = ? AND address = ? AND {_OPEN}"


def _over(model: type[Model]) -> Statement:
    gone = delete(model)
    return replace(gone, sql=f"DELETE FROM {gone.table} WHERE instance = ? AND until_at <= ?")


class Statements:
    """All that is written, by what it is for."""

    open_once: Final = insert(Window, once=_KEY)
    open_anew: Final = replace(_ADD, sql=f"{_ADD.sql} ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {_ANEW}")
    count: Final = update(Window, "used", "number", "version", where=("id", "version"))
    spend: Final = replace(_CHANGE, sql=f"UPDATE windows_window SET spent = ?, version = version + 1 WHERE {_THESE}")
    spend_one: Final = replace(spend, sql=f"{spend.sql} AND ref = ?")
    end: Final = replace(_CHANGE, sql=f"UPDATE windows_window SET until_at = ?, version = version + 1 WHERE {_THESE}")
    end_one: Final = replace(end, sql=f"{end.sql} AND ref = ?")
    take: Final = insert(Taken)
    give_back: Final = delete(Taken, ("name",), checked=True)
    windows_over: Final = _over(Window)
    permits_over: Final = _over(Taken)


OF_ADDRESS: Final = "SELECT * FROM windows_window WHERE instance = ? AND address = ?"
OF_ID: Final = "SELECT * FROM windows_window WHERE id = ?"
TAKEN: Final = "SELECT * FROM windows_taken WHERE name = ?"
