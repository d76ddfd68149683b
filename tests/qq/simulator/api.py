"""The platform's API: takes what a bot sends, by its rules, and fails as a test wants it to."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import BodyPartReader, web

from tests.qq.simulator.answers import NO_PROACTIVE, Answers
from tests.qq.simulator.events import Json

REJECTED_TOKEN: Final = 11244
LONGEST: Final = 4000
BAD_MEDIA: Final = 304080
BAD_CONTENT: Final = 22006
TOO_LONG: Final = 40054007


@dataclass
class Posted:
    """One request to send something, and what was answered: `code` is 0 where the customer got it."""

    target: str
    body: Json
    id: str
    at: float
    code: int = 0

    @property
    def passive(self) -> bool:
        """Did it answer something?"""
        return bool(self.body.get("msg_id") or self.body.get("event_id"))


@dataclass
class Failure:
    """What happens to one of the next requests to send.

    `code` is answered with `status`; with `taken` the customer gets the message all the same. `gate` holds the answer back,
    `cut` ends the connection instead of answering.
    """

    code: int = 0
    status: int = 200
    taken: bool = False
    gate: asyncio.Event | None = None
    cut: bool = False
    headers: dict[str, str] | None = None


class Api:
    """What was sent, by whom, and how it ended.

    `tried` are all requests to send in their order, `clicks` the acknowledged button clicks, `uploads` the files by their
    ``file_info``. `proactive` tells whether messages that answer nothing are taken.
    """

    def __init__(self, answers: Answers, valid: Callable[[str], bool], bot: str, now: Callable[[], float]) -> None:
        self.tried: list[Posted] = []
        self.clicks: dict[str, int] = {}
        self.recalled: list[tuple[str, str]] = []
        self.uploads: dict[str, Json] = {}
        self.upload_ttl = 3600
        self.proactive = False
        self.failures: deque[Failure] = deque()
        self.news = asyncio.Condition()
        self._ends: dict[str, float] = {}
        self._answers = answers
        self._valid = valid
        self._bot = bot
        self._now = now

    @property
    def sent(self) -> list[Posted]:
        """What customers got, in order."""
        return [one for one in self.tried if not one.code]

    def routes(self) -> list[web.RouteDef]:
        """All addresses of the API."""
        return [
            web.get("/users/@me", self._me),
            web.post("/v2/users/{openid}/messages", self._send("c2c", "openid")),
            web.post("/v2/groups/{openid}/messages", self._send("group", "openid")),
            web.post("/channels/{id}/messages", self._send("channel", "id")),
            web.post("/dms/{id}/messages", self._send("dms", "id")),
            web.delete("/v2/users/{openid}/messages/{message}", self._recall("c2c", "openid")),
            web.delete("/v2/groups/{openid}/messages/{message}", self._recall("group", "openid")),
            web.delete("/channels/{id}/messages/{message}", self._recall("channel", "id")),
            web.delete("/dms/{id}/messages/{message}", self._recall("dms", "id")),
            web.post("/v2/users/{openid}/files", self._upload("users")),
            web.post("/v2/groups/{openid}/files", self._upload("groups")),
            web.put("/interactions/{id}", self._click),
        ]

    # -- sending ------------------------------------------------------------------------------------

    def _send(self, scene: str, name: str) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if refused := self._refused(request):
                return refused
            target = f"{scene}:{request.match_info[name]}"
            return await self._take(request, target, await _body_of(request))

        return handle

    async def _take(self, request: web.Request, target: str, body: Json) -> web.StreamResponse:
        failure = self.failures.popleft() if self.failures else Failure()
        refusal = failure.code or (failure.status if failure.status >= 400 else 0)
        posted = Posted(target, body, f"ROBOT1.0_{uuid.uuid4().hex}", self._now(), refusal)
        if not refusal or failure.taken:
            posted.code = self._judge(target, body)
        async with self.news:
            self.tried.append(posted)
            self.news.notify_all()
        if failure.gate is not None:
            await failure.gate.wait()
        if failure.cut:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        code = failure.code or posted.code
        if code or failure.status >= 400:
            return _error(code, failure.status if failure.status != 200 else 400, failure.headers)
        return web.json_response({"id": posted.id, "timestamp": "2026-11-28T09:30:00+08:00", **_channel(target, self._bot)})

    def _judge(self, target: str, body: Json) -> int:
        msg_id, event_id = str(body.get("msg_id") or ""), str(body.get("event_id") or "")
        if wrong := self._wrong_content(target, body):
            return wrong
        if msg_id or event_id:
            return self._answers.judge(target, msg_id=msg_id, event_id=event_id, seq=int(body.get("msg_seq") or 1))
        return 0 if self.proactive else NO_PROACTIVE

    def _wrong_content(self, target: str, body: Json) -> int:
        if len(str(body.get("content") or "")) > LONGEST:
            return TOO_LONG
        if target.startswith(("channel", "dms")):
            return 0 if any(body.get(name) for name in ("content", "image", "file_image", "markdown")) else BAD_CONTENT
        match body.get("msg_type"):
            case 0 if body.get("content"):
                return 0
            case 2 if body.get("markdown") or body.get("keyboard"):
                return 0
            case 7:
                info = str((body.get("media") or {}).get("file_info"))
                kind = "users" if target.startswith("c2c") else "groups"
                known = self.uploads.get(info, {}).get("kind") == kind and self._ends.get(info, 0) > self._now()
                return 0 if known else BAD_MEDIA
            case _:
                return BAD_CONTENT

    def _recall(self, scene: str, name: str) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if refused := self._refused(request):
                return refused
            self.recalled.append((f"{scene}:{request.match_info[name]}", request.match_info["message"]))
            return web.json_response({})

        return handle

    # -- files and the rest -------------------------------------------------------------------------

    def _upload(self, kind: str) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if refused := self._refused(request):
                return refused
            body = await request.json()
            data = body.get("file_data")
            try:
                content = base64.b64decode(data, validate=True) if data else b""
            except binascii.Error:
                return _error(40034004, 400)
            if body.get("file_type") not in (1, 2, 3, 4) or not (data or body.get("url")) or body.get("srv_send_msg"):
                return _error(40034004, 400)
            info = uuid.uuid4().hex
            self.uploads[info] = {"kind": kind, "type": body["file_type"], "url": body.get("url", ""), "content": content}
            self.uploads[info]["name"] = body.get("file_name", "")
            self._ends[info] = self._now() + (self.upload_ttl or 1e9)
            return web.json_response({"file_uuid": uuid.uuid4().hex, "file_info": info, "ttl": self.upload_ttl})

        return handle

    async def _click(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refused(request):
            return refused
        async with self.news:
            self.clicks[request.match_info["id"]] = int((await request.json())["code"])
            self.news.notify_all()
        return web.json_response({})

    async def _me(self, request: web.Request) -> web.StreamResponse:
        return self._refused(request) or web.json_response({"id": self._bot, "username": "小前台", "bot": True})

    def _refused(self, request: web.Request) -> web.Response | None:
        if self._valid(request.headers.get("Authorization", "")):
            return None
        return _error(REJECTED_TOKEN, 401)

    async def until(self, check: Callable[[], object], within: float = 15.0) -> None:
        """Wait for something to be true of what was sent."""
        async with self.news:
            try:
                await asyncio.wait_for(self.news.wait_for(check), within)
            except TimeoutError:
                tried = "\n  ".join(f"{one.target} {one.code} {one.body}" for one in self.tried) or "(nothing)"
                raise AssertionError(f"waited {within:g} s in vain; what was sent:\n  {tried}") from None


def _error(code: int, status: int, headers: dict[str, str] | None = None) -> web.Response:
    said = {"message": f"error {code}", "code": code, "err_code": code, "trace_id": uuid.uuid4().hex}
    return web.json_response(said if code else {"message": "error"}, status=status, headers=headers)


def _channel(target: str, bot: str) -> Json:
    """A message of a channel comes back whole."""
    scene, _, id = target.partition(":")
    return {} if scene in ("c2c", "group") else {"channel_id": id, "guild_id": "18500", "author": {"id": bot, "bot": True}}


async def _body_of(request: web.Request) -> Json:
    if not request.content_type.startswith("multipart/"):
        body: Json = await request.json()
        return body
    found: Json = {}
    reader = await request.multipart()
    while isinstance(part := await reader.next(), BodyPartReader):
        raw = bytes(await part.read())
        name = part.name or ""
        if name == "file_image":
            found[name] = raw
        elif part.headers.get("Content-Type", "").startswith("application/json"):
            found |= json.loads(raw)
        else:
            found[name] = raw.decode()
    return found
