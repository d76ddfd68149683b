"""What the media store knows of the files people sent; where their bytes are, its shelf knows."""

from __future__ import annotations

from typing import Final

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from hub.tables import delete, insert


class Kept(Model):
    """A stored file: the bytes are on the shelf under its id. `owner` may read it before it is sent."""

    id = fields.CharField(40, primary_key=True)
    owner = fields.CharField(400)
    name = fields.CharField(300)
    mime = fields.CharField(100)
    size = fields.BigIntField()
    width = fields.IntField(db_default=0)
    height = fields.IntField(db_default=0)
    sha256 = fields.CharField(64)
    created_at = fields.BigIntField()

    class Meta:
        table = "media_attachment"
        indexes = (Index(fields=("owner",)),)


ADD: Final = insert(Kept)
DROP: Final = delete(Kept)
FIND: Final = "SELECT id, owner, name, mime, size, width, height FROM media_attachment WHERE id = ?"
