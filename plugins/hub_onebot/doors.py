"""The addresses of the channel: where implementations dial in, where they post events, and where they fetch files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web

from hub import Context, Refused
from hub_onebot.config import OneBotConfig
from hub_onebot.events import Event
from hub_onebot.gates import check_signature, check_token
from hub_onebot.ids import id_of
from hub_onebot.intake import Intake, check_account
from hub_onebot.lines import Lines
from hub_onebot.link import CLOSE_LIMIT, Link, Role

_ROLES: Final[Mapping[str, Role]] = {"universal": "universal", "api": "api", "event": "event"}


class ReverseDoor:
    """Implementations dial ``/NAME`` (or ``/NAME/api`` and ``/NAME/event``)."""

    def __init__(self, ctx: Context, config: OneBotConfig, lines: Lines, intake: Intake) -> None:
        self._ctx = ctx
        self._config = config
        self._lines = lines
        self._intake = intake

    def open(self) -> None:
        """From now on they may."""
        for path in ("", "/api", "/event"):
            self._ctx.route("GET", f"/{self._ctx.name}{path}", self._socket)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        try:
            check_token(request, self._config.access_token)
            self_id, role = id_of(request.headers.get("X-Self-ID")), _role(request)
            if not self_id:
                raise Refused(400, "no_account", "the header X-Self-ID is missing")
            check_account(self_id, self._config)
        except Refused:
            self._ctx.count("onebot_refused")
            raise
        most = int(self._config.max_event_bytes)
        socket = web.WebSocketResponse(autoping=False, max_msg_size=most, timeout=CLOSE_LIMIT)
        await socket.prepare(request)
        link = Link(
            self._ctx, socket, role, self_id, self._event,
            call_timeout=self._config.call_timeout, silence=self._config.silence,
        )  # fmt: skip
        self._lines.join(link)
        try:
            await link.serve()
        finally:
            self._lines.leave(link)
        return socket

    async def _event(self, link: Link, event: Event) -> None:
        await self._intake.pushed(event, link.self_id)


class HttpDoor:
    """Implementations post signed events to ``/NAME``."""

    def __init__(self, ctx: Context, config: OneBotConfig, intake: Intake) -> None:
        self._ctx = ctx
        self._config = config
        self._intake = intake

    def open(self) -> None:
        """From now on they may."""
        self._ctx.route("POST", f"/{self._ctx.name}", self._posted)

    async def _posted(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            check_signature(request, body, self._config.secret)
            event = _event_in(body)
            self_id = id_of(request.headers.get("X-Self-ID")) or id_of(event.get("self_id"))
        except Refused:
            self._ctx.count("onebot_refused")
            raise
        await self._intake.posted(event, self_id)
        return web.Response(status=204)


class MediaDoor:
    """Files for implementations, by links that were signed for them."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def open(self) -> None:
        """From now on they are to be had."""
        self._ctx.route("GET", f"/{self._ctx.name}/media/{{id}}", self._file)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        store, id = self._ctx.media, request.match_info["id"]
        if not store.check_link(id, request.query.get("token", "")):
            raise Refused(403, "wrong_link", "the link is not good, or not any more")
        attachment = await store.get(id)
        if attachment is None:
            raise Refused(404, "not_found", "there is no such file")
        return await store.response(request, attachment)


def _role(request: web.Request) -> Role:
    told = request.headers.get("X-Client-Role", "").lower() or request.path.rpartition("/")[2]
    role = _ROLES.get(told) if request.headers.get("X-Client-Role") else _ROLES.get(told, "universal")
    if role is None:
        raise Refused(400, "unknown_role", "the header X-Client-Role is API, Event or Universal")
    return role


def _event_in(body: bytes) -> Event:
    try:
        event = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, "bad_request", "the body is no JSON") from error
    except RecursionError as error:
        raise Refused(400, "bad_request", "the body is nested too deep") from error
    if not isinstance(event, dict) or not isinstance(event.get("post_type"), str):
        raise Refused(422, "no_event", "the body is no event of OneBot v11")
    return event
