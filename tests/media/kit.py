"""A hub on a real port with nothing but a media store, and one without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp

from hub import Plugin
from hub.clock import Clock
from hub.config import load
from hub.hub import Hub
from hub.server import Server
from hub_media import Media
from tests.web_core.plain_kit import Place
from tests.web_core.realtime_kit import Lines

STORE: Final = "hub: {locale: en}\nplugins:\n  - {use: media, required: true}\n"


@asynccontextmanager
async def open_place(
    folder: Path, document: str = STORE, *, clock: Clock | None = None, **plugins: type[Plugin[Any]]
) -> AsyncIterator[Place]:
    """A running server on `document`, with its data in `folder`; `plugins` are known besides `media`."""
    path, log = folder / "hub.yaml", Lines()
    path.write_text(document, encoding="utf-8")
    config = load(path, env={}, plugins={"media": Media, **plugins})
    async with (
        Server(Hub(config, folder, clock=clock, log=log)) as server,
        aiohttp.ClientSession(server.url, auto_decompress=False) as session,
    ):
        yield Place(server, session, log)
