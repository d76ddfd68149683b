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

from bench.path import HERE, compare, slow_disk


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    today = datetime.datetime.now(datetime.UTC).date()
    return f"{today}, {os.cpu_count()} cores of {model}, Python {platform.python_version()}"


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer messages")
    quick = parser.parse_args().quick
    rounds, number = (2, 2000) if quick else (5, 8000)
    print(f"{machine()}; {rounds} rounds of {number} messages\n")
    print("| what | median (least to most) | goal | reached |\n| --- | --- | --- | --- |", flush=True)
    for row in await compare(rounds, number):
        print(row, flush=True)
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        print("| fsync 5 ms slower | not measured: no C compiler | | |")
        return
    with tempfile.TemporaryDirectory() as folder:
        shim = Path(folder) / "slow_fsync.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", shim, HERE / "slow_fsync.c", "-ldl"], check=True)
        for row in await slow_disk(number, shim):
            print(row, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
