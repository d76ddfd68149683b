"""Sessions: who is in front of a page, from the first visit to signed identity, and what the page needs to begin."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import msgspec
from aiohttp import web

from hub import Context, in_language
from hub.pages import read_json
from hub_web.commands import Commands
from hub_web.config import WebConfig
from hub_web.identity import verify
from hub_web.origins import Origins
from hub_web.tokens import Visitor, VisitorTokens, new_anonymous
from hub_web.uploads import Uploads
from hub_web.visitors import Visitors
from hub_web.words import refused

MAX_TOKEN: Final = 8192

Word = Annotated[str, msgspec.Meta(max_length=500)]
TokenText = Annotated[str, msgspec.Meta(max_length=MAX_TOKEN)]


class SessionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a page says when it begins. `context` are facts about the visit, such as the page's address."""

    token: TokenText | None = None
    identity: TokenText | None = None
    locale: Annotated[str, msgspec.Meta(max_length=35)] = ""
    context: Annotated[dict[Annotated[str, msgspec.Meta(max_length=50)], Word], msgspec.Meta(max_length=20)] = {}


class VisitorShape(msgspec.Struct, frozen=True):
    """The visitor, for their own page."""

    id: str
    name: str
    verified: bool


class QuestionShape(msgspec.Struct, frozen=True):
    """A question offered under the greeting."""

    label: str
    payload: str


class Greeting(msgspec.Struct, frozen=True):
    """The first thing a visitor reads."""

    text: str
    buttons: list[QuestionShape]


class PageLimits(msgspec.Struct, frozen=True):
    """What may be sent: characters, bytes, MIME types."""

    text: int
    upload_bytes: int
    upload_types: list[str]


class SessionAnswer(msgspec.Struct, frozen=True):
    """What a page needs to begin. `expires_at` is in milliseconds."""

    token: str
    expires_at: int
    visitor: VisitorShape
    greeting: Greeting
    title: str
    limits: PageLimits


class Sessions:
    """Opens and renews sessions, and admits requests by their tokens."""

    def __init__(
        self,
        ctx: Context,
        config: WebConfig,
        visitors: Visitors,
        tokens: VisitorTokens,
        origins: Origins,
        commands: Commands,
        uploads: Uploads,
    ) -> None:
        self._ctx = ctx
        self._config = config
        self._visitors = visitors
        self._tokens = tokens
        self._origins = origins
        self._commands = commands
        self._uploads = uploads

    async def open(self, request: web.Request) -> SessionAnswer:
        """A session for the page that asks: a new visitor, the one of the shown token, or the one an identity names."""
        self._check_origin(request)
        asked = await read_json(request, SessionRequest)
        now, locale = self._ctx.clock.now(), _language(asked.locale or self._ctx.locale)
        visitor = Visitor(new_anonymous(), locale=locale)
        if asked.token:
            visitor = replace(self._tokens.read(asked.token, now, renewing=True, locale=locale), locale=locale)
            await self._visitors.dossier(visitor)
        if asked.identity:
            subject, facts, keys = verify(asked.identity, self._config.identity_secret, now, locale)
            visitor = await self._recognised(visitor, replace(visitor, user=subject, facts=facts, keys=keys))
        context = dict(asked.context)
        scene = context.pop("scene", "")
        if context:
            self._commands.remember(visitor, context)
        if scene:
            await self._commands.bring(visitor, scene)
        return await self._answer(visitor, now)

    async def _recognised(self, visitor: Visitor, known: Visitor) -> Visitor:
        """The visitor as the person the shop knows. They stay who they were only if that was nobody else."""
        other = visitor.user not in ("", known.user)
        before = await self._ctx.dossier(visitor.anonymous_id)
        if other or (before is not None and not self._visitors.may_see(known, before)):
            return replace(known, anonymous=new_anonymous())
        return known

    async def _answer(self, visitor: Visitor, now: float) -> SessionAnswer:
        config, locale = self._config, visitor.locale
        token, ends = self._tokens.issue(visitor, now)
        dossier = await self._visitors.dossier(visitor)
        name = dossier.person.name if dossier is not None else visitor.facts.get("name", "")
        questions = [QuestionShape(in_language(one.label, locale), one.payload) for one in config.questions]
        return SessionAnswer(
            token,
            ends,
            VisitorShape(visitor.external_id, name, bool(visitor.user)),
            Greeting(in_language(config.greeting, locale), questions),
            in_language(config.title, locale),
            PageLimits(config.max_text, int(config.uploads.max_bytes), self._uploads.types),
        )

    async def admit(self, request: web.Request, token: str) -> Visitor:
        """The visitor a request speaks for. Raises Refused: 403 for a foreign page, 401 for a token that is not good."""
        self._check_origin(request)
        if len(token) > MAX_TOKEN:
            raise refused("invalid_token", self._ctx.locale)
        return self._tokens.read(token, self._ctx.clock.now(), locale=self._ctx.locale)

    async def bearer(self, request: web.Request) -> Visitor:
        """The same by the request's ``Authorization: Bearer`` header."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return await self.admit(request, token.strip() if scheme.lower() == "bearer" else "")

    def _check_origin(self, request: web.Request) -> None:
        if not self._origins.allows(request):
            raise refused("wrong_origin", self._ctx.locale)


def _language(asked: str) -> str:
    return "zh-CN" if asked.lower().startswith("zh") else "en"
