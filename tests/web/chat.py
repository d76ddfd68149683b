"""A real hub with a web chat on a real port, and pages of visitors that speak the protocol with it."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import aiohttp
import jwt

from hub import Plugin
from hub.config import load
from hub.hub import Hub
from hub.server import Server
from hub_media import Media
from hub_web import Web
from tests.web.echo_bot import Echo

SECRET: Final = "a shared secret of more than thirty-two bytes"
PATIENCE: Final = 60.0

CONFIG: Final = f"""
plugins:
  - {{use: media, required: true}}
  - use: web
    required: true
    config:
      title: {{zh-CN: 客服, en: Service}}
      greeting: {{zh-CN: 您好, en: Hello}}
      questions:
        - label: {{zh-CN: 多少钱, en: How much}}
          payload: "faq:price"
      allowed_origins: ["https://shop.example.com"]
      identity_secret: "{SECRET}"
      max_text: 50
      messages_per_minute: 30
      uploads: {{max_bytes: 20000, per_hour: 6, types: [image/png, application/pdf, text/plain]}}
  - use: echo
"""


def signed(
    subject: str = "u1", *, key: str = SECRET, algorithm: str = "HS256", ends_in: float = 60, **claims: Any
) -> str:
    """An identity as a shop's server makes it."""
    return jwt.encode({"sub": subject, "exp": time.time() + ends_in, **claims}, key, algorithm)


def text(words: str) -> dict[str, Any]:
    """The data of a `send`."""
    return {"body": [{"type": "text", "text": words}]}


class Site:
    """The hub and a client for its addresses. `status` and JSON body come back together."""

    def __init__(self, server: Server, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.hub = server.hub
        self.session = session

    def url(self, path: str) -> str:
        """An address of the web chat."""
        return f"{self.server.url}/web/{path}"

    async def get(self, path: str, **options: Any) -> tuple[int, Any]:
        """GET, answered in JSON."""
        async with self.session.get(self.url(path), **options) as answer:
            return answer.status, await answer.json()

    async def post(self, path: str, **options: Any) -> tuple[int, Any]:
        """POST, answered in JSON."""
        async with self.session.post(self.url(path), **options) as answer:
            return answer.status, await answer.json()

    async def begin(self, **asked: Any) -> Page:
        """A visitor's page with a session."""
        status, answer = await self.post("session", json={"locale": "en", **asked})
        assert status == 200, answer
        return Page(self, answer)

    async def rows(self, table: str) -> int:
        """How many rows a table has."""
        return int(await self.hub.store.reader.value(f"SELECT count(*) FROM {table}"))


class Page:
    """A visitor's page. `session` is the answer it began with."""

    def __init__(self, site: Site, session: dict[str, Any]) -> None:
        self.site = site
        self.session = session
        self.token: str = session["token"]
        self.headers = {"Authorization": f"Bearer {self.token}"}

    async def do(self, name: str, data: dict[str, Any], *, id: str = "") -> tuple[int, Any]:
        """A command over HTTP."""
        asked = {"id": id or str(uuid.uuid4()), "name": name, "data": data}
        return await self.site.post("commands", json=asked, headers=self.headers)

    async def snapshot(self) -> dict[str, Any]:
        """The present state."""
        status, answer = await self.site.get("snapshot", headers=self.headers)
        assert status == 200, answer
        found: dict[str, Any] = answer["snapshot"]
        return found

    async def until(self, sure: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state of which `sure` is true, found by long polls."""
        async with asyncio.timeout(PATIENCE):
            while True:
                _, answer = await self.site.get("snapshot", headers=self.headers)
                if sure(answer["snapshot"]):
                    return dict(answer["snapshot"])
                await self.site.get(f"events?after={answer['cursor']}&wait=1", headers=self.headers)

    async def said(self, count: int) -> list[str]:
        """The texts of the conversation, once there are `count`."""
        state = await self.until(lambda found: len(found["messages"]) >= count)
        return [message["body"][0].get("text", "") for message in state["messages"]]

    async def upload(self, content: bytes, name: str = "a.png", mime: str = "image/png") -> tuple[int, Any]:
        """Send a file up."""
        form = aiohttp.FormData()
        form.add_field("file", content, filename=name, content_type=mime)
        return await self.site.post("uploads", data=form, headers=self.headers)

    def socket(self, cursor: int | None = None) -> Socket:
        """A WebSocket of this page; ``async with`` it."""
        return Socket(self, cursor)


class Socket:
    """Speaks the protocol's frames. `welcome` is the server's first one."""

    welcome: dict[str, Any]

    def __init__(self, page: Page, cursor: int | None) -> None:
        self._page = page
        self._cursor = cursor

    async def __aenter__(self) -> Socket:
        self._raw = await self._page.site.session.ws_connect(self._page.site.url("ws"))
        await self._raw.send_json({"t": "hello", "token": self._page.token, "cursor": self._cursor, "locale": "en"})
        self.welcome = await self.frame("welcome")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._raw.close()

    async def frame(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found: dict[str, Any] = await self._raw.receive_json()
                if found["t"] == kind:
                    return found

    async def do(self, name: str, data: dict[str, Any], id: str) -> dict[str, Any]:
        """Give a command and wait for its ack."""
        await self._raw.send_json({"t": "do", "id": id, "name": name, "data": data})
        return await self.frame("ack")


@asynccontextmanager
async def open_site(folder: Path, config: str = CONFIG, **plugins: type[Plugin[Any]]) -> AsyncIterator[Site]:
    """A hub on `config` with its data in `folder`; `plugins` are those the document uses besides."""
    document = folder / "hub.yaml"
    document.write_text(config, encoding="utf-8")
    loaded = load(document, env={}, plugins={"media": Media, "web": Web, "echo": Echo, **plugins})
    async with Server(Hub(loaded, folder / "data")) as server, aiohttp.ClientSession() as session:
        yield Site(server, session)
