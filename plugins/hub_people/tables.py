"""What is kept about who is who. Times are milliseconds since 1970 UTC; JSON is kept as text."""

from __future__ import annotations

from typing import Final

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from hub.tables import IdField, Statement, delete, insert, update, upsert


class Link(Model):
    """The journal: who was linked with whom, by whom, why and how surely. It only grows, until a person is erased."""

    id = IdField()
    at = fields.BigIntField()
    act = fields.CharField(20)
    person_id = fields.BigIntField()
    other_id = fields.BigIntField(db_default=0)
    identity_id = fields.BigIntField(db_default=0)
    merge_id = fields.BigIntField(db_default=0)
    source = fields.CharField(100, db_default="")
    confidence = fields.FloatField(db_default=1)
    actor = fields.CharField(200, db_default="")

    class Meta:
        table = "people_link"
        indexes = (Index(fields=("person_id", "id")), Index(fields=("other_id", "id")))


class KnownKey(Model):
    """A key some identity brought. One that is `trusted` is an identity of its own besides."""

    id = IdField()
    identity_id = fields.BigIntField()
    kind = fields.CharField(50)
    scope = fields.CharField(100)
    value = fields.CharField(300)
    trusted = fields.BooleanField()
    confidence = fields.FloatField()
    at = fields.BigIntField()

    class Meta:
        table = "people_key"
        unique_together = (("identity_id", "kind", "scope", "value"),)
        indexes = (Index(fields=("kind", "scope", "value")),)


class Candidate(Model):
    """Two identities that are probably the same person's. state: open, confirmed, rejected."""

    id = IdField()
    one_id = fields.BigIntField()
    two_id = fields.BigIntField()
    why = fields.CharField(50)
    confidence = fields.FloatField()
    at = fields.BigIntField()
    state = fields.CharField(10, db_default="open")
    decided_by = fields.CharField(200, db_default="")
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "people_candidate"
        unique_together = (("one_id", "two_id", "why"),)
        indexes = (Index(fields=("two_id",)),)


class Merge(Model):
    """One person joined with another. `data` is what it takes to part them again, and `undone_at` says that they were."""

    id = IdField()
    survivor_id = fields.BigIntField()
    merged_id = fields.BigIntField()
    at = fields.BigIntField()
    source = fields.CharField(100)
    confidence = fields.FloatField()
    actor = fields.CharField(200)
    data = fields.TextField()
    undone_at = fields.BigIntField(null=True)
    undone_by = fields.CharField(200, db_default="")

    class Meta:
        table = "people_merge"
        indexes = (Index(fields=("survivor_id",)), Index(fields=("merged_id",)))


class Differing(Model):
    """What two joined persons said differently of themselves. state: open, kept, taken, undone."""

    id = IdField()
    merge_id = fields.BigIntField()
    person_id = fields.BigIntField()
    field = fields.CharField(200)
    kept = fields.TextField()
    other = fields.TextField()
    state = fields.CharField(10, db_default="open")
    decided_by = fields.CharField(200, db_default="")
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "people_conflict"
        indexes = (Index(fields=("person_id",)), Index(fields=("merge_id",)))


class Claim(Model):
    """A one-time proof of being the customer of a conversation. Neither code nor token is kept, only what recognises them.

    `via_id` is the identity the customer had there, `who` recognises whoever showed the claim. state: live, redeemed (somebody
    showed it), joined (and is connected), void.
    """

    id = IdField()
    conversation_id = fields.BigIntField()
    person_id = fields.BigIntField()
    via_id = fields.BigIntField()
    code = fields.CharField(64)
    token = fields.CharField(64, unique=True)
    issued_by = fields.CharField(200)
    issued_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    state = fields.CharField(10, db_default="live")
    who = fields.CharField(64, db_default="")
    identity_id = fields.BigIntField(db_default=0)
    redeemed_at = fields.BigIntField(null=True)

    class Meta:
        table = "people_claim"
        indexes = (Index(fields=("state",)), Index(fields=("conversation_id",)), Index(fields=("identity_id",)))


class Guess(Model):
    """Wrong codes of one sender (a digest of who it is), or of one channel."""

    who = fields.CharField(64, primary_key=True)
    wrong = fields.IntField()
    until = fields.BigIntField()

    class Meta:
        table = "people_guess"


class Waste(Model):
    """A file of somebody who was erased, until the media store has erased it as well."""

    file = fields.CharField(200, primary_key=True)

    class Meta:
        table = "people_waste"


class Erasure(Model):
    """Somebody who was erased, until all who keep personal data have forgotten them: ids, for want of which nobody could.

    `others` are the ids of those the person was joined of, `identities` is how they were known.
    """

    id = IdField()
    at = fields.BigIntField()
    person_id = fields.BigIntField()
    others = fields.TextField()
    identities = fields.TextField()

    class Meta:
        table = "people_erasure"
        indexes = (Index(fields=("person_id",)), Index(fields=("at",)))


class Duty(Model):
    """That an instance has to forget somebody, or has. `error` is the kind of what went wrong, never its words."""

    id = IdField()
    erasure_id = fields.BigIntField()
    instance = fields.CharField(100)
    done_at = fields.BigIntField(null=True)
    attempts = fields.IntField(db_default=0)
    next_at = fields.BigIntField(db_default=0)
    error = fields.CharField(100, db_default="")

    class Meta:
        table = "people_duty"
        unique_together = (("erasure_id", "instance"),)
        indexes = (Index(fields=("instance",)),)


class Keeper(Model):
    """An instance that ran, and whether it keeps personal data (implements `person_erased`), known also while it does not run."""

    instance = fields.CharField(100, primary_key=True)
    keeps = fields.BooleanField()

    class Meta:
        table = "people_keeper"


class Statements:
    """What is written to these tables, by what it is for."""

    add_link: Final = insert(Link)
    add_key: Final = insert(KnownKey, once=("identity_id", "kind", "scope", "value"))
    trust_key: Final = update(
        KnownKey, "trusted", "confidence", where=("identity_id", "kind", "scope", "value"), checked=False
    )
    add_candidate: Final = insert(Candidate, once=("one_id", "two_id", "why"))
    decide_candidate: Final = update(Candidate, "state", "decided_by", "decided_at", where=("id", "state"))
    add_merge: Final = insert(Merge)
    undo_merge: Final = Statement(
        "people_merge", 1, "UPDATE people_merge SET undone_at = ?, undone_by = ? WHERE id = ? AND undone_at IS NULL", checked=True
    )
    add_conflict: Final = insert(Differing)
    decide_conflict: Final = update(Differing, "state", "decided_by", "decided_at", where=("id", "state"))
    end_conflicts: Final = update(Differing, "state", where=("merge_id", "state"), checked=False)
    add_claim: Final = insert(Claim)
    redeem: Final = update(Claim, "state", "who", "redeemed_at", where=("id", "state"))
    identify_claim: Final = update(Claim, "identity_id", checked=False)
    settle_claim: Final = update(Claim, "state", where=("id", "state"), checked=False)
    put_guess: Final = upsert(Guess, "who")
    add_waste: Final = Statement("people_waste", 0, "INSERT INTO people_waste (file) VALUES (?) ON CONFLICT (file) DO NOTHING")
    drop_waste: Final = delete(Waste, ("file",))
    drop_guess: Final = delete(Guess, ("who",))
    forget_guesses: Final = Statement("people_guess", 2, "DELETE FROM people_guess WHERE until <= ?")
    add_erasure: Final = insert(Erasure)
    drop_erasure: Final = delete(Erasure)
    add_duty: Final = insert(Duty, once=("erasure_id", "instance"))
    do_duty: Final = update(Duty, "done_at", "error", checked=False)
    put_off_duty: Final = update(Duty, "attempts", "next_at", "error", checked=False)
    drop_duties: Final = delete(Duty, ("erasure_id",))
    spare: Final = Statement("people_duty", 2, "DELETE FROM people_duty WHERE instance = ? AND done_at IS NULL")
    put_keeper: Final = upsert(Keeper, "instance")
    drop_keeper: Final = delete(Keeper, ("instance",))
