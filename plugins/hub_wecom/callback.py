"""The callback address: the console's check, and the news that there is something to fetch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from hub import Context, Refused
from hub_wecom.config import WeComConfig
from hub_wecom.envelope import Envelope
from hub_wecom.xml import fields_of, malformed

MAX_BODY: Final = 64 * 1024
NEWS: Final = "kf_msg_or_event"


class Callback:
    """Serves ``/<instance>/callback``. `fetch(open_kfid, token)` returns when what was announced is stored."""

    def __init__(self, ctx: Context, config: WeComConfig, fetch: Callable[[str, str], Awaitable[None]]) -> None:
        keys = (config.aes_key.get_secret_value(), config.previous_aes_key.get_secret_value())
        self._envelope = Envelope(config.corp_id, config.token.get_secret_value(), keys)
        self._ctx = ctx
        self._config = config
        self._fetch = fetch

    def serve(self) -> None:
        """Answer from now on."""
        self._ctx.route("GET", f"/{self._ctx.name}/callback", self.check_address)
        self._ctx.route("POST", f"/{self._ctx.name}/callback", self.receive)

    async def check_address(self, request: web.Request) -> web.Response:
        """The console asks whether this address is ours: it gets its secret word back, decrypted."""
        word = self._open(request, request.query.get("echostr", ""))
        return web.Response(text=word, content_type="text/plain", headers={"X-Content-Type-Options": "nosniff"})

    async def receive(self, request: web.Request) -> web.Response:
        """There is news. It is answered when the news is stored, so that what is not stored is announced again."""
        sealed = fields_of(await _body(request)).get("Encrypt")
        if not sealed:
            raise malformed("nothing in it is encrypted")
        news = fields_of(self._open(request, sealed))
        if news.get("ToUserName") != self._config.corp_id:
            raise Refused(403, "wrong_corp", "this callback is for another corp")
        if news.get("MsgType") == "event" and news.get("Event") == NEWS:
            await self._fetch(news.get("OpenKfId", ""), news.get("Token", ""))
        else:
            self._ctx.count("wecom_other_callbacks")
        return web.Response(text="success", content_type="text/plain")

    def _open(self, request: web.Request, sealed: str) -> str:
        """What is inside. Raises Refused: 401 for a wrong signature, 403 for what is too old or not for us."""
        query = request.query
        timestamp = query.get("timestamp", "")
        try:
            self._envelope.check(query.get("msg_signature", ""), timestamp, query.get("nonce", ""), sealed)
            self._check_age(timestamp)
            return self._envelope.open(sealed)
        except Refused as error:
            self._ctx.count(f"wecom_{error.code}")
            raise

    def _check_age(self, timestamp: str) -> None:
        """What was said long ago may be said again by somebody who listened."""
        if not timestamp.isdecimal() or abs(self._ctx.clock.now() - int(timestamp)) > self._config.callback_window:
            raise Refused(403, "stale", "the timestamp is too far from now")


async def _body(request: web.Request) -> bytes:
    """The request's body. Raises Refused (413) without reading on when it is too large."""
    body = bytearray()
    if (request.content_length or 0) > MAX_BODY:
        raise Refused(413, "too_large", "no callback is that large")
    async for chunk in request.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(413, "too_large", "no callback is that large")
    return bytes(body)
