"""All measurements: `python -m bench` prints a Markdown table of ratios; `--quick` takes fewer rounds."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.hooks import hook_cost
from bench.path import HERE, compare, slow_disk
from bench.routing import decision_cost
from bench.sockets import compare_sockets
from bench.table import HEAD, row
from bench.vip import vip_waits
from bench.wechat import compare_wechat


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    today = datetime.datetime.now(datetime.UTC).date()
    return f"{today}, {os.cpu_count()} cores of {model}, Python {platform.python_version()}, asyncio's own loop"


def _print(rows: list[str]) -> None:
    print("\n".join(rows), flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer messages")
    quick = parser.parse_args().quick
    rounds, number = (2, 2000) if quick else (5, 8000)
    # The same number of messages in more and shorter rounds.
    turns, each = rounds * 4, number // 4
    print(f"{machine()}; {turns} rounds of {each} messages, {rounds} of all else\n")
    print(HEAD, flush=True)
    _print(await compare(turns, each))
    _print(await compare_sockets(rounds, number // 4))
    _print(await compare_wechat(rounds, 2 if quick else 5))
    _print(await hook_cost(rounds))
    _print(decision_cost())
    _print(await vip_waits())
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        print(row("every fsync 5 ms slower", "not measured: there is no C compiler"))
        return
    with tempfile.TemporaryDirectory() as folder:
        shim = Path(folder) / "slow_fsync.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", shim, HERE / "slow_fsync.c", "-ldl"], check=True)
        _print(await slow_disk(turns, each // 2, shim))


if __name__ == "__main__":
    asyncio.run(main())
