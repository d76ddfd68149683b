"""Starts apps that others wrote (aiocqhttp, nonebot, koishi), each in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from tests.processes import NODE, running

HERE: Final = Path(__file__).parent
KOISHI: Final = HERE.parent / "peers" / "koishi"


def aiocqhttp(**options: Any) -> Any:
    """An app on aiocqhttp: sockets at /ws, events at /."""
    return running([sys.executable, str(HERE / "apps" / "with_aiocqhttp.py")], HERE, options)


def nonebot(**options: Any) -> Any:
    """An app on nonebot: sockets at /onebot/v11/ws, events at /onebot/v11/http."""
    return running([sys.executable, str(HERE / "apps" / "with_nonebot.py")], HERE, options)


def koishi(**options: Any) -> Any:
    """An app on koishi: sockets and events at /onebot."""
    return running([str(NODE), "app.js"], KOISHI, {"path": "/onebot", **options})
