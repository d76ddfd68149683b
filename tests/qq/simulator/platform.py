"""The platform itself: one server with its API, its gateway and its files, and the pusher of webhooks."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from tests.qq.simulator.answers import Answers
from tests.qq.simulator.api import Api, Failure, Posted
from tests.qq.simulator.events import Events, Json, texts_of
from tests.qq.simulator.gateway import Gateway
from tests.qq.simulator.signing import key_of, sign
from tests.qq.simulator.tokens import Tokens

__all__ = ["Answered", "Failure", "Posted", "QQPlatform"]


@dataclass(frozen=True)
class Answered:
    """What the bot's address answered to a push."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """As JSON."""
        return json.loads(self.body)


class QQPlatform:
    """``async with QQPlatform(webhook=…) as qq``: everything of the platform at ``qq.url``.

    `webhook` is the bot's address (none: its events go to the gateway); `now` the clock that windows and tokens go by.
    """

    def __init__(
        self,
        *,
        app_id: str = "102000001",
        secret: str = "DG5g3B4j9X2KOErG",
        webhook: str = "",
        now: Callable[[], float] = time.time,
        token_lifetime: float = 7200,
        heartbeat: int = 45_000,
    ) -> None:
        self.app_id = app_id
        self.webhook = webhook
        self.now = now
        self.url = ""
        self.files: dict[str, tuple[bytes, str]] = {}
        self.file_requests: list[str] = []
        self.slow_files: asyncio.Event | None = None
        self.tokens = Tokens(app_id, secret, now, token_lifetime)
        self.answers = Answers(now)
        self.events = Events(app_id, now, self.answers.open)
        self.api = Api(self.answers, self.tokens.valid, app_id, now)
        self.gateway = Gateway(self.tokens.valid, app_id, heartbeat)
        self._secret = secret
        self._runner: web.AppRunner | None = None
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> QQPlatform:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    async def start(self, port: int = 0, more: list[web.RouteDef] | None = None) -> None:
        """Answer at `url`."""
        application = web.Application(client_max_size=32 << 20)
        application.add_routes([
            web.post("/app/getAppAccessToken", self._token),
            web.get("/gateway", self._gateway),
            web.get("/gateway/bot", self._gateway),
            web.get("/gateway/socket", self.gateway.serve),
            web.get("/files/{name}", self._file),
            *self.api.routes(),
            *(more or []),
        ])
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._http = aiohttp.ClientSession()

    async def stop(self) -> None:
        """No answers any more."""
        for failure in self.api.failures:
            if failure.gate is not None:
                failure.gate.set()
        await self.gateway.close()
        if self._http is not None:
            await self._http.close()
        if self._runner is not None:
            await self._runner.cleanup()

    # -- events go out ------------------------------------------------------------------------------

    async def deliver(self, payload: Json) -> Answered | int:
        """An event on the way the bot chose: the webhook's answer, or the number in the gateway's session."""
        return await (self.push(payload) if self.webhook else self.gateway.dispatch(payload))

    async def push(self, payload: Json, **how: Any) -> Answered:
        """Sign and post an event to the webhook; see `push_bytes`."""
        return await self.push_bytes(json.dumps(payload, ensure_ascii=False).encode(), **how)

    async def push_bytes(
        self, body: bytes, *, timestamp: str = "", signature: str | None = None, headers: dict[str, str] | None = None
    ) -> Answered:
        """Post these bytes; `timestamp` and `signature` are right ones unless given."""
        assert self._http is not None
        timestamp = timestamp or str(int(self.now()))
        signature = sign(self._secret, timestamp, body) if signature is None else signature
        head = {
            "Content-Type": "application/json",
            "User-Agent": "QQBot-Callback",
            "X-Bot-Appid": self.app_id,
            "X-Signature-Timestamp": timestamp,
            "X-Signature-Ed25519": signature,
            "X-Signature-Method": "Ed25519",
            **(headers or {}),
        }
        async with self._http.post(self.webhook, data=body, headers=head) as answer:
            return Answered(answer.status, dict(answer.headers), await answer.read())

    async def verify(self, plain_token: str = "Arq0D5A61EgUu4OxUvOp", event_ts: str = "1725442341") -> bool:
        """Ask the webhook to prove that it knows the secret (op 13)."""
        answer = await self.push({"op": 13, "d": {"plain_token": plain_token, "event_ts": event_ts}})
        if answer.status != 200:
            return False
        signature = key_of(self._secret).sign(f"{event_ts}{plain_token}".encode()).hex()
        return bool(answer.json() == {"plain_token": plain_token, "signature": signature})

    # -- what customers got -------------------------------------------------------------------------

    def received(self, target: str) -> list[str]:
        """The texts that came to ``c2c:OPENID``, ``group:OPENID`` …, in order."""
        return texts_of([one.body for one in self.api.sent if one.target == target])

    async def hears(self, target: str, text: str) -> Posted:
        """Wait until a message with this text came there."""

        def found() -> list[Posted]:
            return [one for one in self.api.sent if one.target == target and text in texts_of([one.body])[0]]

        await self.api.until(found)
        return found()[0]

    def keep_file(self, name: str, content: bytes, kind: str) -> str:
        """A file customers send; its address."""
        self.files[name] = (content, kind)
        return f"{self.url}/files/{name}"

    # -- addresses of its own -----------------------------------------------------------------------

    async def _token(self, request: web.Request) -> web.Response:
        return web.json_response(self.tokens.give(await request.json()))

    async def _gateway(self, request: web.Request) -> web.Response:
        if not self.tokens.valid(request.headers.get("Authorization", "")):
            return web.json_response({"code": 11244, "err_code": 11244, "message": "token expired"}, status=401)
        limit = {"total": 1000, "remaining": 900, "reset_after": 3_600_000, "max_concurrency": 1}
        url = self.url.replace("http://", "ws://") + "/gateway/socket"
        return web.json_response({"url": url, "shards": 1, "session_start_limit": limit})

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.file_requests.append(name)
        if self.slow_files is not None:
            await self.slow_files.wait()
        if name not in self.files:
            return web.Response(status=404)
        content, kind = self.files[name]
        return web.Response(body=content, content_type=kind)
