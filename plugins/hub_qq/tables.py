"""What the channel remembers: what became of messages it sent, and which of the platform's news it has told already."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from hub.tables import Statement, delete, insert, upsert


class Outgoing(Model):
    """A message on its way out, or a part of one. `name` is the instance and the hub's key.

    `state` is ``sent``; ``open`` while a request is under way that may not be made twice, ``unknown`` when that one had no
    answer; ``failed`` when it certainly did not go out; ``waiting`` until the customer writes again. Times are milliseconds
    since 1970 UTC.
    """

    name = fields.CharField(300, primary_key=True)
    instance = fields.CharField(100)
    message_id = fields.BigIntField()
    address = fields.CharField(300)
    state = fields.CharField(10)
    external_id = fields.CharField(300, db_default="")
    via = fields.CharField(20, db_default="")
    detail = fields.CharField(500, db_default="")
    at = fields.BigIntField()

    class Meta:
        table = "qq_outgoing"
        indexes = (Index(fields=("instance", "state", "address")), Index(fields=("instance", "at")))


class Told(Model):
    """News of the platform that stand in the event log: told once, however often they come."""

    name = fields.CharField(300, primary_key=True)
    instance = fields.CharField(100)
    at = fields.BigIntField()

    class Meta:
        table = "qq_told"
        indexes = (Index(fields=("instance", "at")),)


def _older(model: type[Model]) -> Statement:
    gone = delete(model)
    return replace(gone, sql=f"DELETE FROM {gone.table} WHERE instance = ? AND at < ?")


class Statements:
    """All that is written, by what it is for."""

    put_outgoing: Final = upsert(Outgoing, "name")
    drop_outgoing: Final = delete(Outgoing, ("name",))
    add_told: Final = insert(Told)
    old_outgoing: Final = _older(Outgoing)
    old_told: Final = _older(Told)


FIND: Final = "SELECT name, state, external_id, via, detail FROM qq_outgoing WHERE name = ?"
WAITING: Final = (
    "SELECT name, message_id FROM qq_outgoing WHERE instance = ? AND state = 'waiting' AND address = ?"
    " ORDER BY message_id, name LIMIT ?"
)
IS_TOLD: Final = "SELECT 1 AS told FROM qq_told WHERE name = ?"
