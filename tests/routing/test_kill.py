"""A hub that is killed while it assigns: everybody has an agent afterwards, once, and the loads are right."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.faults.process import Process, until
from tests.routing.serving import CAPACITY, COST

pytestmark = pytest.mark.fault
KILLED_AT = (30, 90)
LAST = 60  # customers who come after the second kill
AHEAD = 150  # so many are under way at most: a slow machine is not flooded, and still is not done when it is killed
ASSIGNED = "conversation WHERE owner_kind = 'agent'"


class Served(Process):
    """The hub with routing; `up` while it may be asked."""

    def __init__(self, folder: Path, *words: str) -> None:
        super().__init__(folder / "data", folder / "log")
        self._command = ("-m", "tests.routing.serving", str(self.data), *words)
        self.up = asyncio.Event()

    async def begin(self) -> None:
        await self.start()
        self.up.set()

    async def kill(self) -> None:
        self.up.clear()
        await self.child.kill()

    async def comes(self, session: aiohttp.ClientSession, number: int) -> None:
        """A customer writes until it is acknowledged, with the same key each time."""
        await self.says(session, f"key {number}", f"u{number}", "hello")

    async def says(self, session: aiohttp.ClientSession, key: str, who: str, text: str) -> None:
        said = {"id": key, "from": who, "text": text}
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

    async def killed(self) -> None:
        """Killed, and begun again."""
        await self.kill()
        await self.begin()


class Coming:
    """
    Customers, eight at a time, until they are told that nobody else comes; `came` counts them.

    They are not counted out beforehand: whatever the speed of the machine, some are under way at each kill.
    """

    def __init__(self, hub: Served, session: aiohttp.ClientSession) -> None:
        self._hub = hub
        self._session = session
        self._until: int | None = None
        self.came = 0
        self._all = asyncio.gather(*(self._some() for _ in range(8)))

    async def _some(self) -> None:
        while self._until is None or self.came < self._until:
            self.came += 1
            await self._hub.comes(self._session, self.came)
            await until(lambda: self.came - self._hub.count(ASSIGNED) < AHEAD, "fewer wait for an agent")

    async def the_last(self, more: int) -> None:
        """So many still come; wait for them."""
        self._until = self.came + more
        await self._all


async def test_killed_twice_in_the_middle_of_assigning(tmp_path: Path) -> None:
    hub = Served(tmp_path)
    await hub.begin()
    try:
        async with aiohttp.ClientSession() as session:
            coming = Coming(hub, session)
            for many in KILLED_AT:
                await until(lambda many=many: hub.count(ASSIGNED) >= many, f"{many} have an agent")  # type: ignore[misc]
                await hub.kill()
                await hub.begin()
            await coming.the_last(LAST)
            await until(lambda: hub.count(ASSIGNED) == coming.came and hub.idle(), "everybody has an agent")
            while (told := await hub.sweep(session))["busy"]:
                await asyncio.sleep(0)
            assert told["repaired"] == 0, hub.log
            owners = hub.rows(f"SELECT owner_id, count(*) FROM {ASSIGNED} GROUP BY 1")
            expected = {str(agent): count * COST for agent, count in owners}
            assert {agent: used for agent, used in told["loads"].items() if used} == expected
            stored = hub.rows("SELECT agent_id, used FROM routing_load WHERE used > 0")
            assert {str(agent): used for agent, used in stored} == expected
            assert max(expected.values()) <= CAPACITY
            times = "SELECT count(*) FROM event WHERE kind = 'conversation.assigned' GROUP BY conversation_id"
            assert hub.rows(times) == [(1,)] * coming.came
            assert hub.count("conversation") == hub.count("person") == coming.came
            chosen = "SELECT count(*) FROM routing_decision WHERE chosen <> '' GROUP BY conversation_id"
            assert hub.rows(chosen) == [(1,)] * coming.came
    finally:
        await hub.child.kill()


TURN = "message WHERE direction = 'out' AND body LIKE '%it is your turn now%'"
LATE = "event WHERE kind = 'routing.callback_late'"
PARKED = "event WHERE kind = 'routing.park'"


async def test_killed_again_and_again_while_somebody_is_to_be_called_back(tmp_path: Path) -> None:
    """Each step is taken by another process, and once."""
    hub = Served(tmp_path, "calls")
    await hub.begin()
    try:
        async with aiohttp.ClientSession() as session:
            await hub.comes(session, 1)
            await until(lambda: hub.count("routing_case") == 1, "they wait")
            await hub.says(session, "a wish", "u1", "Get back to me")
            await until(lambda: hub.count("routing_call") == 1, "they are to be called back")
            await hub.killed()
            await until(lambda: hub.count(LATE) == 1, "it is late")
            await hub.killed()
            async with session.post(f"{hub.child.url}/test/staff") as answer:
                assert answer.status == 200
            await until(lambda: hub.count(TURN) >= 1, "they are called")
            await hub.killed()
            await until(lambda: hub.count(PARKED) == 1, "they were called twice, and nobody was there")
            await hub.killed()
            await hub.comes(session, 2)
            await until(lambda: hub.count(ASSIGNED) == 2 and hub.idle(), "somebody else comes meanwhile")
            await hub.sweep(session)
            assert (hub.count(TURN), hub.count(LATE), hub.count(PARKED)) == (2, 1, 1), hub.log
            assert hub.rows("SELECT calls, late FROM routing_call") == [(2, 1)]
            assert hub.rows("SELECT owner_kind, count(*) FROM conversation GROUP BY 1") == [("agent", 2)]
    finally:
        await hub.child.kill()
