"""The tables, as Tortoise models. They define the schema; the committer writes the rows, Tortoise reads them.

Ids are made by the application and grow with time (`hub.store.ids`); times are milliseconds since 1970 UTC;
JSON is kept as text and never filtered on, so that SQLite and PostgreSQL behave alike.
"""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from hub.store.fields import IdField


class Person(Model):
    """A human customer."""

    id = IdField()
    name = fields.CharField(200)
    tier = fields.CharField(50, db_default="")
    locale = fields.CharField(20, db_default="")
    verified = fields.BooleanField(db_default=False)
    attributes = fields.TextField()
    created_at = fields.BigIntField()

    class Meta:
        table = "person"


class Identity(Model):
    """One way a person is known."""

    id = IdField()
    platform = fields.CharField(50)
    scope = fields.CharField(100)
    external_id = fields.CharField(300)
    person_id = fields.BigIntField()
    verified = fields.BooleanField(db_default=False)
    source = fields.CharField(100, db_default="")
    linked_at = fields.BigIntField()

    class Meta:
        table = "identity"
        unique_together = (("platform", "scope", "external_id"),)
        indexes = (Index(fields=("person_id",)),)


class Conversation(Model):
    """One episode of service. `open_person` is the person while it is open: one open conversation each."""

    id = IdField()
    person_id = fields.BigIntField()
    open_person = fields.BigIntField(null=True, unique=True)
    status = fields.CharField(10)
    owner_kind = fields.CharField(10)
    owner_id = fields.CharField(100, db_default="")
    team = fields.CharField(100, db_default="")
    reason = fields.CharField(20, db_default="")
    opened_at = fields.BigIntField()
    closed_at = fields.BigIntField(null=True)
    waiting_since = fields.BigIntField(null=True)
    unanswered_since = fields.BigIntField(null=True)
    unsure = fields.IntField(db_default=0)
    unread = fields.IntField(db_default=0)
    tags = fields.TextField()
    last_text = fields.CharField(200, db_default="")
    last_at = fields.BigIntField(db_default=0)
    last_direction = fields.CharField(10, db_default="")
    version = fields.IntField(db_default=0)

    class Meta:
        table = "conversation"
        indexes = (Index(fields=("person_id", "id")), Index(fields=("status", "id")))


class Leg(Model):
    """One live address of a conversation on one channel."""

    id = IdField()
    conversation_id = fields.BigIntField()
    channel = fields.CharField(100)
    address = fields.CharField(300)
    identity_id = fields.BigIntField()
    live = fields.BooleanField(db_default=True)
    opened_at = fields.BigIntField()
    last_inbound_at = fields.BigIntField(db_default=0)
    context = fields.TextField()

    class Meta:
        table = "leg"
        indexes = (Index(fields=("conversation_id", "id")),)


class Message(Model):
    """One thing said. ``sent`` is written ahead: while its outbox row is there it still waits.

    It is its own line of the event log, ``message.created``: `event_id` is the place, `event_at` when it was taken, and `data`
    what else there is to tell.
    """

    id = IdField()
    conversation_id = fields.BigIntField()
    leg_id = fields.BigIntField()
    person_id = fields.BigIntField()
    direction = fields.CharField(10)
    author_kind = fields.CharField(10)
    author_id = fields.CharField(100, db_default="")
    author_name = fields.CharField(200, db_default="")
    body = fields.TextField()
    at = fields.BigIntField()
    state = fields.CharField(12)
    client_id = fields.CharField(200, db_default="")
    external_id = fields.CharField(200, db_default="")
    code = fields.CharField(30, db_default="")
    error = fields.TextField(db_default="")
    event_id = fields.BigIntField(unique=True)
    event_at = fields.BigIntField()
    data = fields.TextField(null=True)

    class Meta:
        table = "message"
        indexes = (Index(fields=("conversation_id", "event_id")),)


class Inbox(Model):
    """What channels brought, before and after it was worked on. state: 0 new, 1 done, 2 dead.

    The id becomes the message's id. Done rows keep their key so that a late repeat is recognised. There is no index
    on the state: what is new is among the last rows, and the sweep remembers where to begin.
    """

    id = IdField()
    channel = fields.CharField(100)
    key = fields.CharField(300)
    state = fields.SmallIntField(db_default=0)
    payload = fields.TextField(null=True)
    received_at = fields.BigIntField()
    attempts = fields.SmallIntField(db_default=0)
    error = fields.TextField(db_default="")

    class Meta:
        table = "inbox"
        unique_together = (("channel", "key"),)


class Outbox(Model):
    """What has to go out and has not, by the message's id. state: 0 due, 2 dead. A delivered row is deleted."""

    id = IdField()
    channel = fields.CharField(100)
    state = fields.SmallIntField(db_default=0)
    due_at = fields.BigIntField()
    attempts = fields.SmallIntField(db_default=0)
    progress = fields.SmallIntField(db_default=0)
    error = fields.TextField(db_default="")

    class Meta:
        table = "outbox"


class Event(Model):
    """The append-only log, but for what messages tell by themselves: `id` is dense and given by the committer."""

    id = IdField()
    at = fields.BigIntField()
    kind = fields.CharField(50)
    person_id = fields.BigIntField()
    conversation_id = fields.BigIntField()
    message_id = fields.BigIntField(null=True)
    public = fields.BooleanField(db_default=False)
    data = fields.TextField(null=True)

    class Meta:
        table = "event"
        indexes = (Index(fields=("person_id", "id")),)


class Feed(Model):
    """How far a durable subscription has read. The key is ``instance/name``."""

    name = fields.CharField(200, primary_key=True)
    position = fields.BigIntField()

    class Meta:
        table = "feed"


class Timer(Model):
    """Something to do at a time. `name` (``instance/job/key``) is unique among what is still to come."""

    id = IdField()
    name = fields.CharField(300, unique=True)
    instance = fields.CharField(100)
    job = fields.CharField(100)
    due_at = fields.BigIntField()
    payload = fields.TextField()
    seconds = fields.FloatField(db_default=0)
    cron = fields.CharField(100, db_default="")
    attempts = fields.SmallIntField(db_default=0)
    error = fields.TextField(db_default="")

    class Meta:
        table = "timer"
        indexes = (Index(fields=("due_at",)),)


class Datum(Model):
    """A small durable value: of an instance (``instance/key``) or of the hub (``hub/key``)."""

    name = fields.CharField(300, primary_key=True)
    value = fields.TextField()

    class Meta:
        table = "datum"


class Agent(Model):
    """Somebody who serves. `teams` is a JSON list."""

    id = IdField()
    login = fields.CharField(100, unique=True)
    name = fields.CharField(200)
    role = fields.CharField(20)
    teams = fields.TextField()
    state = fields.CharField(10, db_default="offline")
    active = fields.BooleanField(db_default=True)
    created_at = fields.BigIntField()

    class Meta:
        table = "agent"
