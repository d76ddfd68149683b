"""What the hub knows of the files people sent; where their bytes are, the media store knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.records import Attachment
from hub.store.change import Change
from hub.store.statements import Statements

if TYPE_CHECKING:
    from hub.clock import Clock
    from hub.store.store import Store


class Attachments:
    """The rows, written once and never changed."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def add(self, attachment: Attachment, digest: str) -> None:
        """Store the row; `digest` is the SHA-256 of the content in hex. Raises StoreUnavailable."""
        a, now = attachment, int(self._clock.now() * 1000)
        change = Change()
        change.write(Statements.add_attachment, (a.id, a.owner, a.name, a.mime, a.size, a.width, a.height, digest, now))
        await self._store.commit(change)

    async def get(self, id: str) -> Attachment | None:
        """The file of this id."""
        sql = "SELECT id, owner, name, mime, size, width, height FROM attachment WHERE id = ?"
        row = await self._store.reader.one(sql, id)
        return None if row is None else Attachment(**row)
