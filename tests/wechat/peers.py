"""Starts apps that others wrote: nonebot with its WeChat adapter, and npm's wechat, each in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from tests.processes import NODE, running

HERE: Final = Path(__file__).parent
NPM: Final = HERE.parent / "peers" / "wechat"


def nonebot(**options: Any) -> Any:
    """An app on nonebot: each bot at /wxmp/revice/{appid}."""
    return running([sys.executable, str(HERE / "apps" / "with_nonebot.py")], HERE, options)


def npm_wechat(**options: Any) -> Any:
    """npm's wechat at /safe and /plain, wechat-crypto at /seal and /open."""
    return running([str(NODE), "app.js"], NPM, options)
