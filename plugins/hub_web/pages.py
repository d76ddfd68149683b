"""The addresses of the chat: the loader, the panel, and what they ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web

from hub import Context
from hub.pages import Operation, Parameter, answer, number, read_json, whole
from hub_realtime import Party, Realtime
from hub_web.endpoint import VisitorEndpoint
from hub_web.origins import Origins
from hub_web.sessions import SessionAnswer, SessionRequest, Sessions
from hub_web.uploads import Uploads
from hub_web.words import refused

LONGEST_WAIT: Final = 25

# The loader and the panel's files are public: any page that may embed the chat loads them.
FILE_HEADERS: Final = {"Cross-Origin-Resource-Policy": "cross-origin", "Referrer-Policy": "no-referrer"}


class CommandRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command over HTTP; `id` is the page's own and makes it happen once."""

    id: str
    name: str
    data: dict[str, Any] = {}


class Pages:
    """Serves one web chat. `folder` has the built pages."""

    def __init__(
        self,
        ctx: Context,
        folder: Path,
        endpoint: VisitorEndpoint,
        realtime: Realtime,
        sessions: Sessions,
        uploads: Uploads,
        origins: Origins,
    ) -> None:
        self._ctx = ctx
        self._folder = folder
        self._endpoint = endpoint
        self._realtime = realtime
        self._sessions = sessions
        self._uploads = uploads
        self._origins = origins

    def serve(self) -> None:
        """Take the routes."""
        base = f"/{self._ctx.name}"
        if self._folder.is_dir():
            self._ctx.static(base, self._folder, headers=FILE_HEADERS)
        else:
            self._ctx.log.warning("the chat's pages are not built: run npm run build:widget in frontend/")
        self._ctx.route("GET", f"{base}/frame", self._frame)
        self._ctx.route("GET", f"{base}/ws", self._socket)
        self._serve_commands(base)
        self._serve_files(base)

    def _serve_commands(self, base: str) -> None:
        begin = Operation(
            "Begin or renew a visitor's session", request=SessionRequest, response=SessionAnswer, errors=(401, 403)
        )
        present = _bearer("The visitor's present state", 403)
        after = Parameter("after", whole(0, 2**53), "The cursor.", required=True)
        wait = Parameter("wait", whole(0, LONGEST_WAIT, 0), "Seconds to wait where there is nothing yet.")
        later = _bearer("What happened after a cursor", 403, 409, parameters=(after, wait))
        do = _bearer("Do something once", 403, 404, 429, request=CommandRequest)
        self._ctx.route("POST", f"{base}/session", self._session, doc=begin)
        self._ctx.route("GET", f"{base}/snapshot", self._snapshot, doc=present)
        self._ctx.route("GET", f"{base}/events", self._events, doc=later)
        self._ctx.route("POST", f"{base}/commands", self._command, doc=do)

    def _serve_files(self, base: str) -> None:
        media = Parameter("id", {"type": "string", "pattern": "^[0-9a-f]{32}$"}, place="path")
        token = Parameter("token", {"type": "string"}, "From the address the message came with.", required=True)
        file = Operation(
            "A file of a message", parameters=(media, token), media="application/octet-stream", errors=(403,)
        )
        up = _bearer("Send a file up", 403, 429, upload=True)
        self._ctx.route("POST", f"{base}/uploads", self._upload, doc=up)
        self._ctx.route("GET", f"{base}/media/{{id}}", self._media, doc=file)

    # -- pages --------------------------------------------------------------------------------------

    async def _frame(self, request: web.Request) -> web.StreamResponse:
        page = self._folder / "index.html"
        if not page.is_file():
            return web.Response(
                status=503, text="The chat's pages are not built: run npm run build:widget in frontend/."
            )
        headers = {
            **FILE_HEADERS,
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-cache",
            "Content-Security-Policy": self._origins.frame_policy(request),
        }
        return web.FileResponse(page, headers=headers)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not self._origins.allows(request):
            raise refused("wrong_origin", self._ctx.locale)
        return await self._realtime.serve(request, self._endpoint)

    # -- the same over HTTP -------------------------------------------------------------------------

    async def _session(self, request: web.Request) -> web.Response:
        return answer(await self._sessions.open(request))

    async def _party(self, request: web.Request) -> Party:
        return await self._endpoint.party(await self._sessions.bearer(request))

    async def _snapshot(self, request: web.Request) -> web.Response:
        return answer(await self._realtime.present(self._endpoint, await self._party(request)))

    async def _events(self, request: web.Request) -> web.Response:
        party = await self._party(request)
        if "after" not in request.query:
            raise refused("malformed", party.locale)
        after = number(request, "after", 0)
        wait = number(request, "wait", 0, most=LONGEST_WAIT)
        events = await self._realtime.poll(self._endpoint, party, after, wait)
        return answer({"cursor": events[-1]["seq"] if events else after, "events": events})

    async def _command(self, request: web.Request) -> web.Response:
        party = await self._party(request)
        asked = await read_json(request, CommandRequest)
        return answer(await self._realtime.command(self._endpoint, party, asked.name, asked.id, dict(asked.data)))

    # -- files --------------------------------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.Response:
        visitor = await self._sessions.bearer(request)
        return answer(await self._uploads.take(request, visitor))

    async def _media(self, request: web.Request) -> web.StreamResponse:
        media = request.match_info["id"]
        store = self._ctx.media
        if not store.check_link(media, request.query.get("token", "")):
            raise refused("media_link", self._ctx.locale)
        kept = await store.get(media)
        if kept is None:
            raise refused("not_found", self._ctx.locale)
        return await store.response(request, kept)


def _bearer(summary: str, *errors: int, **more: Any) -> Operation:
    """Something a page with a session may ask for."""
    return Operation(summary, response={"type": "object"}, security="bearer", errors=errors, **more)
