"""The workbench's own tables, and what is written there. Times are milliseconds since 1970 UTC."""

from __future__ import annotations

from typing import Final

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from hub.tables import IdField, delete, insert, upsert


class Password(Model):
    """An agent's password, as an argon2id hash. Who has none cannot sign in yet."""

    agent_id = IdField()
    hash = fields.CharField(300)

    class Meta:
        table = "desk_password"


class Session(Model):
    """A signed-in browser. The key is the SHA-256 of the token in the cookie."""

    digest = fields.CharField(64, primary_key=True)
    agent_id = fields.BigIntField()
    csrf = fields.CharField(64)
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "desk_session"
        indexes = (Index(fields=("agent_id",)),)


class Invitation(Model):
    """A one-time link that makes an account. The key is the SHA-256 of its token."""

    digest = fields.CharField(64, primary_key=True)
    login = fields.CharField(100, db_default="")
    name = fields.CharField(200, db_default="")
    role = fields.CharField(20)
    created_at = fields.BigIntField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "desk_invitation"


class SentOnce(Model):
    """What agents sent, by their id and the id their page gave it, so that a repeat finds the message."""

    key = fields.CharField(300, primary_key=True)
    message_id = fields.BigIntField()

    class Meta:
        table = "desk_sent_once"


class Audit(Model):
    """Who did what to personal data or rights."""

    id = IdField()
    at = fields.BigIntField()
    actor = fields.CharField(200)
    act = fields.CharField(100)
    subject = fields.CharField(200)
    data = fields.TextField(db_default="")

    class Meta:
        table = "desk_audit"
        indexes = (Index(fields=("at",)),)


class Statements:
    """All that is written, by what it is for."""

    put_password: Final = upsert(Password, "agent_id")
    put_session: Final = upsert(Session, "digest")
    drop_session: Final = delete(Session, ("digest",))
    drop_sessions_of: Final = delete(Session, ("agent_id",))
    add_invitation: Final = insert(Invitation)
    use_invitation: Final = delete(Invitation, ("digest",), checked=True)
    drop_invitation: Final = delete(Invitation, ("digest",))
    sent_once: Final = insert(SentOnce)
    add_audit: Final = insert(Audit)
