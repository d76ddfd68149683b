"""The hub on `config/express.yaml`, beside simulated platforms, until one ends it: ``make express``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Final

from tests.express.phones import Phones

ROOT: Final = Path(__file__).parents[2]


async def run(port: int, data: Path) -> int:
    """The hub's exit code."""
    phones = Phones(f"http://127.0.0.1:{port}")
    async with phones.running(port + 1) as page:
        print(f"==> 以微信、QQ 客户的身份写消息 / Write as a customer of WeChat or QQ: {page}", flush=True)
        command = (sys.executable, "-m", "hub_cli", "serve", "--config", str(ROOT / "config" / "express.yaml"))
        options = ("--port", str(port), "--data", str(data))
        hub = await asyncio.create_subprocess_exec(*command, *options, env={**os.environ, **phones.environment})
        for end in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(end, partial(_end, hub))
        return await hub.wait()


def _end(hub: asyncio.subprocess.Process) -> None:
    if hub.returncode is None:
        hub.terminate()


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.express", description="config/express.yaml, simulated")
    parser.add_argument("--port", type=int, default=8080, help="the hub's port; the page of the phones has the next one")
    parser.add_argument("--data", type=Path, default=Path("var/express"), help="the folder for what is stored")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(run(options.port, options.data)))


if __name__ == "__main__":
    main()
