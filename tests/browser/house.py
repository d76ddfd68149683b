"""Where the stories play: `hub serve` in a process of its own, and Chromium."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import aiohttp
from playwright.async_api import Browser, Playwright, expect

from tests.processes import free_port

ROOT: Final = Path(__file__).parents[2]
SHOTS: Final = ROOT / "tests" / "artifacts"
DEMO: Final = ROOT / "config" / "demo.yaml"
PATIENCE: Final = 60.0
START: Final = 180.0
"""Seconds a start may take: the knowledge base is given 30 on a busy machine, and is then tried again."""


class Demo:
    """`hub serve`, on the demo's document or another, with more in its `environment`.

    `setup_link` is what it printed at its first start.
    """

    def __init__(self, data: Path, config: Path = DEMO, environment: Mapping[str, str] | None = None) -> None:
        self.environment = dict(environment or {})
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.setup_link = ""
        self._data = data
        self._config = config
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and return when it says that it has started."""
        command: Sequence[str] = (
            *(str(Path(sys.executable).with_name("hub")), "serve", "--config", str(self._config)),
            *("--port", str(self.port), "--data", str(self._data)),
        )
        log = (self._data.parent / "hub.log").open("a")
        self._process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env={**os.environ, **self.environment}, stdout=asyncio.subprocess.PIPE, stderr=log
        )
        log.close()
        assert self._process.stdout is not None
        async with asyncio.timeout(START):
            while line := (await self._process.stdout.readline()).decode():
                found = re.search(r"http\S+/desk/setup#token=\S+", line)
                if found:
                    self.setup_link = found.group(0)
                if self.setup_link and (found or self.url in line):
                    await self._all_running()
                    return
        raise AssertionError(f"the demo did not start; see {self._data.parent / 'hub.log'}")

    async def _all_running(self) -> None:
        """The knowledge base takes some seconds to load; until then people are handed over."""
        async with aiohttp.ClientSession() as client:
            while True:
                async with client.get(f"{self.url}/readyz") as answer:
                    instances = (await answer.json())["instances"]
                if all(instance["state"] == "running" for instance in instances):
                    return
                await asyncio.sleep(0.1)

    async def kill(self) -> None:
        """kill -9."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self._process is None or self._process.returncode is not None:
            return 0
        self._process.terminate()
        async with asyncio.timeout(30):
            return await self._process.wait()


async def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium; whatever is expected of its pages may take as long as the machine needs."""
    expect.set_options(timeout=PATIENCE * 1000)
    chromium = shutil.which("chromium")
    assert chromium is not None, "install Debian's chromium: .ci/browser does"
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    options = ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb", *quiet]
    return await playwright.chromium.launch(executable_path=chromium, args=options)
