"""What the plugin keeps: access tokens by account, events it has seen, its customers' unionids, uploaded files."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from hub.tables import delete, insert, upsert


class Token(Model):
    """The access token of an account, shared by all its instances and processes. Times are milliseconds."""

    app_id = fields.CharField(64, primary_key=True)
    token = fields.TextField()
    until_at = fields.BigIntField()

    class Meta:
        table = "wechat_token"


class Seen(Model):
    """An event that is in the log, by the instance and the key of the event: the platform tells some twice."""

    name = fields.CharField(300, primary_key=True)
    at = fields.BigIntField()

    class Meta:
        table = "wechat_seen"
        indexes = (Index(fields=("at",)),)


class Customer(Model):
    """What is known of a customer. `name` is appid and openid. Without a `unionid` the platform gave none."""

    name = fields.CharField(200, primary_key=True)
    unionid = fields.CharField(128, db_default="")
    session_from = fields.CharField(1000, db_default="")
    asked_at = fields.BigIntField(db_default=0)

    class Meta:
        table = "wechat_customer"


class Upload(Model):
    """A file of ours that the platform has for a while. `name` is appid, kind and attachment."""

    name = fields.CharField(300, primary_key=True)
    media_id = fields.CharField(200)
    until_at = fields.BigIntField()

    class Meta:
        table = "wechat_upload"


class Statements:
    """What is written there."""

    put_token: Final = upsert(Token, "app_id")
    see: Final = insert(Seen)
    # Of one instance: names that begin with its own and a colon.
    forget_seen: Final = replace(
        delete(Seen, ("name",)), sql="DELETE FROM wechat_seen WHERE name >= ? AND name < ? AND at < ?"
    )
    put_customer: Final = upsert(Customer, "name")
    drop_customer: Final = delete(Customer, ("name",))
    put_upload: Final = upsert(Upload, "name")
    drop_upload: Final = delete(Upload, ("name",))


ACCESS: Final = "SELECT token, until_at FROM wechat_token WHERE app_id = ?"
SEEN: Final = "SELECT 1 FROM wechat_seen WHERE name = ?"
CUSTOMER: Final = "SELECT unionid, session_from, asked_at FROM wechat_customer WHERE name = ?"
UPLOAD: Final = "SELECT media_id, until_at FROM wechat_upload WHERE name = ?"
