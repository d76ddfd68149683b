"""Routing's own tables. Times are milliseconds since 1970 UTC."""

from __future__ import annotations

from typing import Final

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from hub.tables import IdField, delete, insert, update, upsert


class Load(Model):
    """What an agent has in hand. The version counts changes: who assigns says which one they saw."""

    agent_id = IdField()
    version = fields.IntField(db_default=0)
    used = fields.IntField(db_default=0)
    talks = fields.IntField(db_default=0)
    at = fields.BigIntField(db_default=0)

    class Meta:
        table = "routing_load"


class Decision(Model):
    """One decision: when, about what, by which rule, whom, how long it took, with inputs and candidates as JSON."""

    id = IdField()
    conversation_id = fields.BigIntField()
    at = fields.BigIntField()
    rule = fields.CharField(60)
    queue = fields.CharField(100, db_default="")
    channel = fields.CharField(100, db_default="")
    chosen = fields.CharField(40, db_default="")
    arm = fields.CharField(10, db_default="")
    micros = fields.FloatField(db_default=0)
    data = fields.TextField()

    class Meta:
        table = "routing_decision"
        indexes = (Index(fields=("conversation_id", "id")), Index(fields=("at",)))


class Case(Model):
    """What an open case must not lose in a restart: its age, what it has before others, whether it is to be called back."""

    conversation_id = IdField()
    arrived = fields.BigIntField()
    boost = fields.FloatField(db_default=0)
    callback = fields.BooleanField(db_default=False)
    queue = fields.CharField(100, db_default="")
    parked = fields.BooleanField(db_default=False)

    class Meta:
        table = "routing_case"


class Call(Model):
    """A call back: when it was asked for, how often they were called, when and by which message, and if it was told late."""

    conversation_id = IdField()
    asked_at = fields.BigIntField(null=True)
    calls = fields.IntField(db_default=0)
    called_at = fields.BigIntField(null=True)
    message_id = fields.BigIntField(db_default=0)
    late = fields.BooleanField(db_default=False)

    class Meta:
        table = "routing_call"


class Last(Model):
    """Whom a person spoke with last."""

    person_id = IdField()
    agent_id = fields.BigIntField()
    at = fields.BigIntField()

    class Meta:
        table = "routing_last"


class Policy(Model):
    """A policy that was published, and the one before it (0 is that of the configuration)."""

    id = IdField()
    previous = fields.BigIntField(db_default=0)
    at = fields.BigIntField()
    author = fields.CharField(200, db_default="")
    text = fields.TextField()

    class Meta:
        table = "routing_policy"


class Choice(Model):
    """Which policy is in force for an instance, and the fingerprint of the configuration it was published over."""

    instance = fields.CharField(100, primary_key=True)
    policy_id = fields.BigIntField(db_default=0)
    base = fields.CharField(64, db_default="")

    class Meta:
        table = "routing_choice"


class Statements:
    """All of them, by what they are for."""

    add_load: Final = insert(Load)
    move_load: Final = update(Load, "version", "used", "talks", "at", where=("agent_id", "version"))
    add_decision: Final = insert(Decision)
    put_case: Final = upsert(Case, "conversation_id")
    drop_case: Final = delete(Case, ("conversation_id",))
    put_call: Final = upsert(Call, "conversation_id")
    drop_call: Final = delete(Call, ("conversation_id",))
    put_last: Final = upsert(Last, "person_id")
    add_policy: Final = insert(Policy)
    put_choice: Final = upsert(Choice, "instance")
