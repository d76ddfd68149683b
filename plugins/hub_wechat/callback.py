"""The address the platform calls: the check of the address itself, and pushes, each answered within five seconds."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

from hub import Context, HubError, Refused, in_language
from hub.pages import outcome_of
from hub_wechat.actions import Quota
from hub_wechat.arrivals import Arrivals
from hub_wechat.config import WeChatConfig
from hub_wechat.envelope import MAX_BODY, Envelopes, Opened
from hub_wechat.happenings import Happenings
from hub_wechat.passive import Passive, Waiting
from hub_wechat.pieces import Piece, answer_of, transfer_of
from hub_wechat.pushes import Push, push_of

SUCCESS: Final = "success"
SPOKEN: Final = frozenset({"click", "scan"})
"""Events by which customers say something: a pressed button of the menu, a scanned code."""


class Callback:
    """Answers the platform. Messages go to `arrivals`, other events to `happenings`."""

    def __init__(
        self, ctx: Context, config: WeChatConfig, *, arrivals: Arrivals, happenings: Happenings, quota: Quota, passive: Passive
    ) -> None:
        self._ctx = ctx
        self._config = config
        self._arrivals = arrivals
        self._happenings = happenings
        self._quota = quota
        self._passive = passive
        self._envelopes = Envelopes(config, ctx.clock, ctx.count)

    async def check(self, request: web.Request) -> web.Response:
        """The platform asks whether this is our address: we say back what it said, as text and nothing else."""
        self._envelopes.check(request.query)
        echo = request.query.get("echostr", "")
        if len(echo) > 1000:
            raise Refused(400, "malformed", "echostr is too long")
        return web.Response(text=echo, content_type="text/plain")

    async def push(self, request: web.Request) -> web.StreamResponse:
        """Something happened. Answered when it is stored, with what there is to say by then."""
        self._envelopes.check(request.query)
        opened = self._envelopes.open(await _body(request), request.query)
        push = push_of(dict(opened.fields))
        self._ctx.count("wechat_pushes")
        if push.is_event:
            return await self._event(request, push, opened)
        if not push.known:
            await self._happenings.tell(push)
        return await self._message(request, push, opened)

    async def _event(self, request: web.Request, push: Push, opened: Opened) -> web.StreamResponse:
        if push.name in SPOKEN:
            return await self._message(request, push, opened)
        await self._quota.opens(push)
        greeting = self._greeting(push) if await self._happenings.tell(push) else ""
        if not greeting:
            return await self._message(request, push, opened) if push.scene else _text(SUCCESS)
        if push.scene:
            # The push carries the greeting, so what is said to the scene goes by the API.
            await self._arrivals.accept(push)
        return self._answer(greeting, push, opened)

    def _greeting(self, push: Push) -> str:
        """The words for a new follower, as the answer to the push."""
        follows = push.name == "subscribe" and self._config.account == "official"
        return in_language(self._config.welcome, self._ctx.locale) if follows else ""

    # -- messages -------------------------------------------------------------------------------

    async def _message(self, request: web.Request, push: Push, opened: Opened) -> web.StreamResponse:
        if self._passive.knows(push.key):
            return _text(SUCCESS)
        waiting = self._passive.enter(push.key)
        await self._stored(push, waiting)
        if self._config.account == "miniprogram" and self._config.transfer_customer_service is None:
            self._passive.left(waiting)
            return _text(SUCCESS)
        piece = await waiting.reply
        if piece is None and await self.is_with_people(push.openid) and not push.is_event:
            self._passive.left(waiting)
            return await self._transferred(push, opened)
        answer = _text(SUCCESS) if piece is None else self._answer(piece, push, opened)
        outcome = await outcome_of(written(answer, request))
        self._passive.left(waiting, outcome.error)
        if outcome.error is not None:
            raise outcome.error
        return answer

    async def _stored(self, push: Push, waiting: Waiting) -> None:
        """The message and the window it opens, in one commit where they meet."""
        try:
            await self._quota.opens(push)
            accepted = await self._arrivals.accept(push)
        except HubError:
            self._passive.failed(waiting)
            raise
        self._passive.stored(waiting, accepted.message_id)

    async def is_with_people(self, openid: str) -> bool:
        """Does somebody's talk belong to people, who are to serve in WeChat's own desk?"""
        if self._config.transfer_customer_service is None:
            return False
        dossier = await self._ctx.dossier(openid, self._config.app_id)
        conversation = dossier.conversation if dossier is not None else None
        return conversation is not None and conversation.status == "open" and conversation.owner_kind != "bot"

    async def _transferred(self, push: Push, opened: Opened) -> web.Response:
        transfer = self._config.transfer_customer_service
        assert transfer is not None
        self._ctx.count("wechat_transferred")
        body = transfer_of(transfer.account, push, opened.form, self._ctx.clock.now())
        return self._sealed(body, opened)

    def _answer(self, said: Piece | str, push: Push, opened: Opened) -> web.Response:
        piece = Piece("text", said) if isinstance(said, str) else said
        return self._sealed(answer_of(piece, push, opened.form, self._ctx.clock.now()), opened)

    def _sealed(self, body: str, opened: Opened) -> web.Response:
        mime = "application/json" if opened.form == "json" else "application/xml"
        return web.Response(text=self._envelopes.seal(body, opened), content_type=mime)


def _text(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/plain")


async def written(answer: web.Response, request: web.Request) -> None:
    """Write the answer out: only then is what it carries on its way. Raises ConnectionResetError when nobody is there."""
    # A busy loop may not have read yet that the platform hung up; in a turn of it, it has.
    await asyncio.sleep(0)
    if request.transport is None or request.transport.is_closing():
        raise ConnectionResetError("the platform has gone")
    await answer.prepare(request)
    await answer.write_eof()


async def _body(request: web.Request) -> bytes:
    """The body, as long as it is one of a push. Raises Refused (413)."""
    if (request.content_length or 0) > MAX_BODY:
        raise Refused(413, "too_large", f"a push has at most {MAX_BODY} bytes")
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(413, "too_large", f"a push has at most {MAX_BODY} bytes")
    return bytes(body)
