"""The webhook: signed pushes, verified on the bytes as they came, not older than allowed."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from aiohttp import web

from hub import Context, Refused
from hub.pages import answer
from hub_qq.config import QQConfig
from hub_qq.intake import Intake
from hub_qq.keys import Keys

DISPATCH: Final = 0
TAKEN: Final = 12
PROVE: Final = 13


class Webhook:
    """Answers the platform. `handle` is for ``POST /<instance>/webhook``."""

    def __init__(self, ctx: Context, config: QQConfig, intake: Intake) -> None:
        self._ctx = ctx
        self._config = config
        self._intake = intake
        self._keys = Keys(config.secret)

    async def handle(self, request: web.Request) -> web.Response:
        """One push. Raises Refused: 400 for what is no JSON object, 401 for what the platform did not sign, or long ago."""
        bot = request.headers.get("X-Bot-Appid", "")
        if bot not in ("", self._config.app_id):
            raise self._refused("wrong_bot", "this is another bot's webhook")
        body = await request.read()
        payload = None
        if b'"plain_token"' in body:
            # The question who we are may come without a signature: it is asked before the platform knows us.
            payload = _object(body)
            if payload.get("op") == PROVE:
                return self._prove(payload.get("d"))
        self._check(request, body)
        payload = payload or _object(body)
        if payload.get("op") == DISPATCH:
            try:
                await self._intake.take(payload)
            except Refused as refused:
                if refused.status < 500:
                    self._ctx.count("qq_unusable")
                raise
        return answer({"op": TAKEN, "d": 0})

    def _prove(self, asked: Any) -> web.Response:
        token, at = (asked.get("plain_token"), asked.get("event_ts")) if isinstance(asked, dict) else (None, None)
        proof = self._keys.proof(token, at)
        if proof is None:
            raise Refused(422, "bad_question", "this is not what the platform asks a webhook")
        return answer({"plain_token": token, "signature": proof})

    def _check(self, request: web.Request, body: bytes) -> None:
        timestamp = request.headers.get("X-Signature-Timestamp", "")
        if not self._keys.signed(request.headers.get("X-Signature-Ed25519", ""), timestamp, body):
            raise self._refused("bad_signature", "this push is not signed by the platform")
        if not timestamp.isdecimal() or abs(self._ctx.clock.now() - int(timestamp[:20])) > self._config.replay_window:
            self._ctx.count("qq_replayed")
            raise self._refused("replayed", "this push was signed too long ago")

    def _refused(self, code: str, message: str) -> Refused:
        self._ctx.count("qq_forged" if code != "replayed" else "qq_refused")
        return Refused(401, code, message)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except RecursionError as error:
        raise Refused(400, "bad_request", "the body is nested too deep") from error
    if not isinstance(value, dict):
        raise Refused(400, "bad_request", "the body has to be a JSON object")
    return value
