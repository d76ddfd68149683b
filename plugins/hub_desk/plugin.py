"""The workbench: its pages, and everything they speak with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, ClassVar, Final

from aiohttp import web
from pydantic import Field, StringConstraints

from hub import Agent, ConfigError, Conversation, Person, Plugin, PluginConfig, Refused, hookimpl
from hub.pages import Operation
from hub_desk import api
from hub_desk.endpoint import STREAM, DeskEndpoint
from hub_desk.rights import SIGNED_IN
from hub_desk.words import sentence, setup_url
from hub_desk.workbench import Workbench

PAGES: Final = Path(__file__).with_name("static")
"""Where the build writes the pages; they travel in the wheel."""

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
        "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""No inline script anywhere; inline styles because Element Plus positions its pop-ups with them."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class CannedReply(PluginConfig):
    """A reply agents choose by typing ``/``: found by its `title` and its `text`."""

    title: Line
    text: Words


class DeskConfig(PluginConfig):
    """Configuration of the workbench.

    `title` names the service on the pages; empty, they use their own words in the reader's language.
    """

    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    canned: tuple[CannedReply, ...] = Field(default=(), max_length=500)


class Desk(Plugin[DeskConfig]):
    """The workbench: accounts, docs/api.md and docs/realtime.md for agents, and the pages that speak them.

    `workbench` is what it works with while it runs.
    """

    Config: ClassVar[type[PluginConfig]] = DeskConfig
    tables: ClassVar[str] = "hub_desk.tables"
    workbench: Workbench

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve while this instance runs."""
        if not (PAGES / "index.html").is_file():
            raise ConfigError("the workbench pages are not built: run `npm ci && npm run build:desk` in frontend/")
        self.workbench = Workbench(self.ctx, [reply.model_dump() for reply in self.config.canned])
        await self.workbench.accounts.start()
        self._endpoint = DeskEndpoint(self.workbench)
        api.register(self.workbench)
        self.ctx.route("GET", STREAM, self._stream)
        about = Operation("What the pages show before anybody signed in", response={"type": "object"}, tags=("desk",))
        self.ctx.route("GET", "/desk/about.json", self._about, doc=about)
        self.ctx.static("/desk/", PAGES, spa=True, headers=HEADERS)
        yield

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await self.workbench.realtime.serve(request, self._endpoint)

    async def _about(self, _request: web.Request) -> web.Response:
        return web.json_response({"title": self.config.title}, headers={"Cache-Control": "no-cache"})

    @hookimpl
    async def signed_in(self, request: web.Request) -> Agent | None:
        """Whoever has a session here."""
        try:
            return self.workbench.accounts.require(request, SIGNED_IN)
        except Refused:
            return None

    @hookimpl
    async def customer_typing(self, person: Person, conversation: Conversation, on: bool) -> None:
        """The desks see it."""
        self._endpoint.customer_typing(person, conversation, on)

    @hookimpl
    async def welcome(self, url: str) -> Sequence[str] | None:
        """The link that makes the first administrator, as long as there is none."""
        token = await self.workbench.accounts.make_setup_link()
        return None if token is None else (sentence("setup", self.ctx.locale), setup_url(url, token))
