"""A process that stores and says what is stored, until it is killed. Arguments: data folder, database, first number."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hub.clock import SystemClock
from hub.store.store import Store
from tests.store.opened import datum, person

WRITERS = 8


async def main(folder: Path, database: str, first: int) -> None:
    store = await Store.open(folder, SystemClock(), database=database, on_events=lambda _: None)

    async def write(number: int) -> None:
        while True:
            change = person(number, name=f"{number}")
            change.writes += datum(f"{number}").writes
            await store.commit(change)
            print(number, flush=True)
            number += WRITERS

    await asyncio.gather(*(write(first + number) for number in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
