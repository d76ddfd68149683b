"""Starts the bot of `peer_bot` and waits until it is there."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp

from tests.qq.simulator import QQPlatform

PATIENCE: Final = 60.0


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def peer(platform: QQPlatform, secret: str, *, gateway: bool) -> AsyncIterator[int]:
    """The bot, connected to `platform` by its webhook or its gateway; its port."""
    port = free_port()
    how = {"app_id": platform.app_id, "secret": secret, "gateway": gateway, "port": port, "api": f"{platform.url}/"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("peer_bot.py")), env={**os.environ, "PEER": json.dumps(how)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said: list[str] = []
    reading = asyncio.create_task(_read(process, said))
    try:
        await asyncio.wait_for(_answers(process, port, said), PATIENCE)
        yield port
    except AssertionError:
        process.kill()
        await reading
        print("the peer said:\n" + "".join(said[-40:]))
        raise
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def _read(process: asyncio.subprocess.Process, said: list[str]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        said += [line.decode(errors="replace")]


async def _answers(process: asyncio.subprocess.Process, port: int, said: list[str]) -> None:
    """Its server is up: anything but a refused connection."""
    async with aiohttp.ClientSession() as session:
        while process.returncode is None:
            try:
                async with session.get(f"http://127.0.0.1:{port}/"):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
    raise AssertionError("the peer ended:\n" + "".join(said[-30:]))
