"""The channel itself: puts the parts together while it runs, and delivers what the hub says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import quote

from hub import Channel, Conversation, Limits, NotReady, Outbound, PluginConfig, Sent, Unsupported, hookimpl
from hub_realtime import Realtime, Topic
from hub_web.commands import Commands
from hub_web.config import WebConfig
from hub_web.endpoint import VisitorEndpoint
from hub_web.origins import Origins
from hub_web.pages import Pages
from hub_web.queue import QueueNews
from hub_web.sessions import Sessions
from hub_web.tokens import VisitorTokens
from hub_web.uploads import Uploads
from hub_web.visitors import Visitors

KINDS: Final = frozenset(
    {"text", "image", "file", "voice", "video", "location", "card", "buttons", "choice", "mention", "quote", "waiting"}
)


class Web(Channel[WebConfig]):
    """The chat on a web page."""

    Config: ClassVar[type[PluginConfig]] = WebConfig
    platform: ClassVar[str] = "web"
    title: ClassVar[str] = "网页聊天"

    @property
    def limits(self) -> Limits:
        """Pages of ours show everything; a message is stored before it is shown, so none is ever shown twice."""
        return Limits(kinds=KINDS)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve the pages while running."""
        ctx, config = self.ctx, self.config
        self._visitors = visitors = Visitors(ctx, self.platform)
        uploads = Uploads(ctx, config.uploads)
        commands = Commands(ctx, config, visitors, uploads, self._link)
        tokens = VisitorTokens(ctx.secret("visitor tokens"), config.tokens)
        origins = Origins(config.allowed_origins, ctx.public_url)
        sessions = Sessions(ctx, config, visitors, tokens, origins, commands, uploads)
        endpoint = VisitorEndpoint(ctx, visitors, commands, self._link, sessions.admit)
        self._realtime = realtime = Realtime(ctx)
        self._queue = QueueNews(ctx, visitors, realtime)
        ctx.task(self._queue.run(), "places in the queue")
        Pages(ctx, Path(__file__).with_name("static"), endpoint, realtime, sessions, uploads, origins).serve()
        yield

    def _link(self, media: str) -> str:
        prefix = f"/{self.ctx.name}/media"
        try:
            return self.ctx.media.url_for(media, prefix, self.config.tokens.media)
        except (NotReady, Unsupported):
            # The conversation stays readable; whoever opens the file is told why there is none.
            return f"{prefix}/{media}"

    async def send(self, message: Outbound) -> Sent:
        """The stream brings the message to every page of the visitor; here we only learn whether one is open."""
        topics = await self._topics(message.address)
        listening = any(True for topic in topics for _ in self._realtime.parties(topic))
        return Sent(state="delivered" if listening else "sent")

    async def typing(self, address: str, on: bool, author: str) -> None:
        """Show the visitor that somebody writes."""
        who = {"kind": "agent", "id": "", "name": author}
        for topic in await self._topics(address):
            self._realtime.signal(topic, "typing", {"on": on, "author": who})

    async def invitation(self, scene: str, seconds: float) -> str:
        """A link to the chat as a page of its own; who comes by it brings `scene` to the hub, as a `Choice` with that payload."""
        return f"{self.ctx.public_url}/{self.ctx.name}/frame#scene={quote(scene, safe='')}"

    async def _topics(self, external_id: str) -> Iterable[Topic]:
        dossier = await self.ctx.dossier(external_id)
        return self._visitors.topics(dossier, external_id) if dossier is not None else ()

    @hookimpl
    async def conversation_changed(self, conversation: Conversation, before: Conversation | None) -> None:
        """Somebody left a queue: those behind them hear their new place."""
        if before is not None and before.owner_kind == "queue":
            self._queue.moved(before.team)
