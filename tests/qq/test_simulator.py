"""The simulator runs beside a hub, without pytest."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aiohttp
import pytest

from hub.clock import SystemClock
from hub.testing.fixtures import MakeHub
from tests.processes import free_port
from tests.qq.kit import world

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


async def test_it_serves_a_hub_from_the_command_line(make_hub: MakeHub) -> None:
    async with world(make_hub, clock=SystemClock()) as here:
        port = free_port()
        options = ["--port", str(port), "--webhook", here.qq.webhook]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.qq.simulator", *options, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        try:
            assert process.stdout is not None
            line = await asyncio.wait_for(process.stdout.readline(), 60)
            assert f"http://127.0.0.1:{port}" in line.decode()
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
                async with session.post("/simulator/verify") as answer:
                    assert await answer.json() == {"proved": True}
                said = {"scene": "group", "from": "M1", "group": "G1", "text": "/查单 123"}
                async with session.post("/simulator/says", json=said) as answer:
                    assert (await answer.json())["status"] == 200
                async with session.get("/simulator/received", params={"target": "group:G1"}) as answer:
                    assert await answer.json() == []
            assert await here.heard() == ["/查单 123"]
        finally:
            process.kill()
            await process.wait()
