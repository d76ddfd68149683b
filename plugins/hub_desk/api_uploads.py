"""Files that agents send, and those of their customers."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from hub import Agent
from hub.pages import Parameter, answer
from hub_desk.book import Book
from hub_desk.words import locale_of, refusal
from hub_desk.workbench import Workbench

LARGEST: Final = 20 * 1024 * 1024
TYPES: Final = frozenset(
    {
        *("image/png", "image/jpeg", "image/gif", "image/webp"),
        *("application/pdf", "application/zip", "text/plain", "audio/mpeg", "audio/mp4", "video/mp4"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)
_FILE: Final = {"type": "string", "pattern": "^[0-9a-f]{32}$"}


def register(desk: Workbench) -> None:
    """Add these routes."""
    requests = UploadRequests(desk)
    book = Book(desk, "Files")
    gives = ("media", "mime", "size", "width", "height", "name")
    book.signed_in("POST", "/api/uploads", requests.upload, "Keep a file, to be sent", upload=True, gives=gives)
    file = Parameter("id", _FILE, "a file's id", place="path")
    book.signed_in("GET", "/media/{id}", requests.file, "The file", query=[file], media="*/*")


class UploadRequests:
    """The handlers."""

    def __init__(self, desk: Workbench) -> None:
        self._desk = desk
        self._ctx = desk.ctx

    async def upload(self, request: web.Request, agent: Agent) -> web.Response:
        """`{"media", "mime", "size", "width", "height", "name"}`."""
        kept = await self._ctx.media.multipart(request, owner=f"agent:{agent.id}", max_bytes=LARGEST, types=TYPES)
        size = {"size": kept.size, "width": kept.width, "height": kept.height}
        return answer({"media": kept.id, "mime": kept.mime, **size, "name": kept.name})

    async def file(self, request: web.Request, agent: Agent) -> web.StreamResponse:
        """The bytes; a browser runs nothing of them."""
        kept = await self._ctx.media.get(request.match_info["id"])
        if kept is None:
            raise refusal("not_found", locale_of(request, self._ctx.locale))
        return await self._ctx.media.response(request, kept)
