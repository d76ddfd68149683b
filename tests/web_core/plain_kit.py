"""A hub without plugins on a real port, for what the web layer does by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from hub.clock import Clock
from hub.config import HubConfig, LoadedConfig
from hub.hub import Hub
from hub.server import Server
from tests.web_core.realtime_kit import Lines


class Place:
    """The server, an HTTP client for it and what was logged."""

    def __init__(self, server: Server, session: aiohttp.ClientSession, log: Lines) -> None:
        self.server = server
        self.hub = server.hub
        self.http = session
        self.log = log

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        async with self.http.request(method, path, **options) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def open_place(
    data: Path, settings: dict[str, Any] | None = None, clock: Clock | None = None
) -> AsyncIterator[Place]:
    """A running server; `settings` is the YAML's document."""
    log = Lines()
    config = LoadedConfig(HubConfig.model_validate(settings or {"hub": {"locale": "en"}}))
    async with (
        Server(Hub(config, data, clock=clock, log=log)) as server,
        aiohttp.ClientSession(server.url, auto_decompress=False) as session,
    ):
        yield Place(server, session, log)
