"""The channel's own tables. Times are milliseconds since 1970 UTC."""

from __future__ import annotations

from typing import Final

from tortoise import fields
from tortoise.models import Model

from hub.tables import delete, insert, upsert


class Customer(Model):
    """What the platform told about a customer. The key is ``corp/external_userid``."""

    key = fields.CharField(200, primary_key=True)
    name = fields.CharField(200, db_default="")
    avatar = fields.CharField(1000, db_default="")
    unionid = fields.CharField(100, db_default="")
    told_at = fields.BigIntField()

    class Meta:
        table = "wecom_customer"


class Happening(Model):
    """An event that had its effect, so that it has none when it is told again. The key is ``account/msgid``."""

    key = fields.CharField(300, primary_key=True)
    at = fields.BigIntField()

    class Meta:
        table = "wecom_happening"


class Statements:
    """All that is written, by what it is for."""

    put_customer: Final = upsert(Customer, "key")
    drop_customer: Final = delete(Customer, ("key",))
    add_happening: Final = insert(Happening)
    drop_happening: Final = delete(Happening, ("key",))
