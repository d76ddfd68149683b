"""Serves the built workbench, and tells it what the operator configured."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, ClassVar, Final

from aiohttp import web
from pydantic import Field, StringConstraints

from hub import ConfigError, Plugin, PluginConfig

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
    """The workbench: static pages that speak docs/realtime.md and docs/api.md with the hub."""

    Config: ClassVar[type[PluginConfig]] = DeskConfig

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve the pages while this instance runs."""
        if not (PAGES / "index.html").is_file():
            raise ConfigError("the workbench pages are not built: run `npm ci && npm run build:desk` in frontend/")
        self.ctx.set_canned([(reply.title, reply.text) for reply in self.config.canned])
        self.ctx.route("GET", "/desk/about.json", self._about)
        self.ctx.static("/desk/", PAGES, spa=True, headers=HEADERS)
        yield

    async def _about(self, _request: web.Request) -> web.Response:
        """What the pages show before anybody signed in."""
        return web.json_response({"title": self.config.title}, headers={"Cache-Control": "no-cache"})
