"""A process that takes permits for ever, saying each one: ``python -m tests.windows.taking FOLDER DATABASE RUN``."""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

from tests.windows.kit import ledger, reopened


async def main(folder: str, database: str, run: str) -> None:
    windows = ledger(await reopened(Path(folder), database))
    await windows.opened("u1", "message", messages=None, seconds=3600, ref="m1")
    for number in itertools.count():
        permit = await windows.take("u1", f"{run}-{number}")
        print(permit.key, permit.number, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
