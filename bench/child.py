"""Server processes: started, measured, ended, killed."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PATIENCE: Final = 60.0
_URL: Final = re.compile(r"http://[\d.]+:\d+")
_TICK: Final = os.sysconf("SC_CLK_TCK")


class Child:
    """A process that says where it answers. `startup` is how many seconds it took from nothing to that line."""

    url: str
    startup: float

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log
        self._draining: asyncio.Task[None] | None = None

    @classmethod
    async def spawn(cls, log: Path, *command: str, env: Mapping[str, str] | None = None) -> Child:
        """Run ``python COMMAND``; standard error goes to the end of `log`."""
        path = os.pathsep.join((str(ROOT), str(ROOT / "plugins"), os.environ.get("PYTHONPATH", "")))
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *command),
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": path, **(env or {})},
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        return cls(process, log)

    @classmethod
    async def start(cls, log: Path, *command: str, env: Mapping[str, str] | None = None) -> Child:
        """The same, and wait until it answers. Raises RuntimeError with its log when it ends instead."""
        began = time.monotonic()
        child = await cls.spawn(log, *command, env=env)
        await child._ready()
        child.startup = time.monotonic() - began
        return child

    async def _ready(self) -> None:
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while line := await self._process.stdout.readline():
                found = _URL.search(line.decode())
                if found:
                    self.url = found.group()
                    self._draining = asyncio.create_task(self._drain(self._process.stdout))
                    return
            code = await self._process.wait()
        raise RuntimeError(f"the process ended with {code}:\n{self.log_text}")

    @staticmethod
    async def _drain(stream: asyncio.StreamReader) -> None:
        while await stream.read(4096):
            pass

    @property
    def log_text(self) -> str:
        """What it wrote to standard error."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far, all threads, user and system."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def memory(self, what: str) -> float:
        """MiB: ``VmRSS`` now, ``VmHWM`` at the peak."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(f"{what}:"))

    async def ended(self, within: float = PATIENCE) -> int:
        """The exit code, once there is one. Raises TimeoutError."""
        async with asyncio.timeout(within):
            return await self._process.wait()

    async def stop(self, within: float = PATIENCE) -> int:
        """SIGTERM; the exit code."""
        if self._process.returncode is None:
            self._process.terminate()
        return await self.ended(within)

    async def kill(self) -> None:
        """SIGKILL."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
