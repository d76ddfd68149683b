"""A hub that is killed while it assigns: everybody has an agent afterwards, once, and the loads are right."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.faults.process import Process, until

pytestmark = pytest.mark.fault
CUSTOMERS = 150
KILLED_AT = (30, 90)
ASSIGNED = "conversation WHERE owner_kind = 'agent'"


class Served(Process):
    """The hub with routing; `up` while it may be asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "data", folder / "log")
        self._command = ("-m", "tests.routing.serving", str(self.data))
        self.up = asyncio.Event()

    async def begin(self) -> None:
        await self.start()
        self.up.set()

    async def kill(self) -> None:
        self.up.clear()
        await self.child.kill()

    async def comes(self, session: aiohttp.ClientSession, number: int) -> None:
        """A customer writes until it is acknowledged, with the same key each time."""
        said = {"id": f"key {number}", "from": f"u{number}", "text": "hello"}
        while True:
            await self.up.wait()
            try:
                async with session.post(f"{self.child.url}/bench/messages", json=said) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                # Killed under way: it is not known whether it was stored.
                await asyncio.sleep(0)

    async def sweep(self, session: aiohttp.ClientSession) -> dict[str, Any]:
        async with session.get(f"{self.child.url}/test/sweep") as answer:
            found: dict[str, Any] = await answer.json()
        return found


async def everybody_comes(hub: Served, session: aiohttp.ClientSession) -> None:
    """Eight at a time."""
    numbers = iter(range(CUSTOMERS))

    async def some() -> None:
        for number in numbers:
            await hub.comes(session, number)

    await asyncio.gather(*(some() for _ in range(8)))


async def test_killed_twice_in_the_middle_of_assigning(tmp_path: Path) -> None:
    hub = Served(tmp_path)
    await hub.begin()
    try:
        async with aiohttp.ClientSession() as session:
            coming = asyncio.create_task(everybody_comes(hub, session))
            for many in KILLED_AT:
                await until(lambda many=many: hub.count(ASSIGNED) >= many, f"{many} have an agent")  # type: ignore[misc]
                await hub.kill()
                assert hub.count(ASSIGNED) < CUSTOMERS, "too late to be in the middle"
                await hub.begin()
            await coming
            await until(lambda: hub.count(ASSIGNED) == CUSTOMERS and hub.idle(), "everybody has an agent")
            while (told := await hub.sweep(session))["busy"]:
                await asyncio.sleep(0)
            assert told["repaired"] == 0, hub.log
            owners = hub.rows(f"SELECT owner_id, count(*) FROM {ASSIGNED} GROUP BY 1")
            expected = {str(agent): count * 20 for agent, count in owners}
            assert {agent: used for agent, used in told["loads"].items() if used} == expected
            stored = hub.rows("SELECT agent_id, used FROM routing_load WHERE used > 0")
            assert {str(agent): used for agent, used in stored} == expected
            assert max(expected.values()) <= 400
            times = "SELECT count(*) FROM event WHERE kind = 'conversation.assigned' GROUP BY conversation_id"
            assert hub.rows(times) == [(1,)] * CUSTOMERS
            assert hub.count("conversation") == hub.count("person") == CUSTOMERS
            chosen = "SELECT count(*) FROM routing_decision WHERE chosen <> '' GROUP BY conversation_id"
            assert hub.rows(chosen) == [(1,)] * CUSTOMERS
    finally:
        await hub.child.kill()
