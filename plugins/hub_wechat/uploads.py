"""Files for customers: given to the platform for three days, and given again when it has them no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub import Attachment, Context, HubError, NotReady, StoreUnavailable
from hub.tables import Change
from hub_wechat.client import Api
from hub_wechat.tables import UPLOAD, Statements

LIFETIME: Final = 3 * 24 * 3600.0
MARGIN: Final = 3600.0

TAKEN: Final[Mapping[str, tuple[frozenset[str], int]]] = {
    "image": (frozenset({"image/png", "image/jpeg", "image/gif"}), 10 << 20),
    "voice": (frozenset({"audio/amr", "audio/mpeg"}), 2 << 20),
    "video": (frozenset({"video/mp4"}), 10 << 20),
}
"""What the platform takes, by kind: MIME types and bytes."""

_ENDINGS: Final = {
    "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "audio/amr": "amr", "audio/mpeg": "mp3", "video/mp4": "mp4",
}  # fmt: skip


class Uploads:
    """The platform's ids of our files."""

    def __init__(self, ctx: Context, api: Api, app_id: str) -> None:
        self._ctx = ctx
        self._api = api
        self._app_id = app_id

    async def media_id(self, attachment_id: str, kind: str) -> str:
        """Under which id the platform has this file; "" for one it does not take, or that is gone."""
        row = await self._ctx.reader.one(UPLOAD, self._name(attachment_id, kind))
        if row is not None and row["until_at"] / 1000 - MARGIN > self._ctx.clock.now():
            return str(row["media_id"])
        try:
            kept = await self._ctx.media.get(attachment_id)
        except NotReady:
            raise
        except HubError:
            return ""
        types, most = TAKEN[kind]
        if kept is None or kept.mime not in types or kept.size > most:
            return ""
        return await self._upload(kept, kind)

    async def _upload(self, kept: Attachment, kind: str) -> str:
        content = b"".join([chunk async for chunk in self._ctx.media.read(kept)])
        # The platform judges by the ending.
        file = (f"{kept.id}.{_ENDINGS[kept.mime]}", content, kept.mime)
        answer = await self._api.media.upload(kind, file)
        media_id = answer.get("media_id") if isinstance(answer, dict) else None
        if not isinstance(media_id, str):
            raise NotReady("WeChat gave no id for the file")
        until = int((self._ctx.clock.now() + LIFETIME) * 1000)
        await self._note((self._name(kept.id, kind), media_id, until))
        return media_id

    async def _note(self, row: tuple[str, str, int]) -> None:
        change = Change()
        change.write(Statements.put_upload, row)
        try:
            await self._ctx.commit(change)
        except StoreUnavailable as error:
            self._ctx.log.warning("an upload could not be noted", error=str(error))

    async def forget(self, attachment_id: str, kind: str) -> None:
        """The platform does not know the id any more."""
        change = Change()
        change.write(Statements.drop_upload, (self._name(attachment_id, kind),))
        await self._ctx.commit(change)

    def _name(self, attachment_id: str, kind: str) -> str:
        return f"{self._app_id}:{kind}:{attachment_id}"[:300]
