"""The demo shop: a page at ``/`` with the chat on it, for trying the hub out.

In the YAML: ``use: demo``. Leave it out in earnest: the chat belongs on your own site.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from hub import Plugin, PluginConfig

__all__ = ["Demo"]

PAGE: Final = Path(__file__).parent / "page"


class Demo(Plugin[PluginConfig]):
    """Serves the page's files; knows nothing of chats, people or messages."""

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve the page while running."""
        self.ctx.static("/", PAGE)
        yield
