"""Starts the bot of `peer_bot` and waits until it is there."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from tests.processes import running
from tests.qq.simulator import QQPlatform

BOT: Final = Path(__file__).with_name("peer_bot.py")


@asynccontextmanager
async def peer(platform: QQPlatform, secret: str, *, gateway: bool) -> AsyncIterator[int]:
    """The bot, connected to `platform` by its webhook or its gateway; its port."""
    options = {"app_id": platform.app_id, "secret": secret, "gateway": gateway, "api": f"{platform.url}/"}
    async with running([sys.executable, str(BOT)], BOT.parent, options) as app:
        try:
            yield app.port
        except AssertionError:
            print("the peer said:", *app.said[-40:], sep="\n")
            raise
