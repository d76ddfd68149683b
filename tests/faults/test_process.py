"""The process around the hub: a second one on the same data, the signal that ends it, a plugin that blocks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.faults.process import Process, Visitors, until

pytestmark = pytest.mark.fault
Start = Callable[[], Awaitable[tuple[Process, Visitors]]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts processes on ``data`` of this test's folder; whatever still runs after the test is killed."""
    started: list[Process] = []
    async with aiohttp.ClientSession() as session:

        async def start() -> tuple[Process, Visitors]:
            process = Process(tmp_path / "data", tmp_path / f"log{len(started)}")
            started.append(process)
            await process.start()
            return process, Visitors(session, process.child.url)

        yield start
        for process in started:
            await process.child.kill()


async def test_a_second_hub_on_the_same_data_is_refused(start: Start, tmp_path: Path) -> None:
    first, visitors = await start()
    second = Process(first.data, tmp_path / "log of the second")
    await second.spawn()
    assert await second.child.ended() == 1
    assert "another hub (process " in second.log
    assert str(first.data) in second.log
    assert "Traceback" not in second.log
    assert (await visitors.say("the first one goes on"))[0] == 200


async def test_a_killed_hub_leaves_no_lock(start: Start) -> None:
    first, _ = await start()
    await first.child.kill()
    _, visitors = await start()
    assert (await visitors.say("hello"))[0] == 200


async def test_sigterm_ends_it_in_good_order(start: Start) -> None:
    hub, visitors = await start()
    for number in range(50):
        assert (await visitors.say(f"text {number}"))[0] == 200
    # The visitors' connection is still open.
    assert await hub.child.stop(within=30) == 0
    assert "Traceback" not in hub.log
    assert dict(hub.rows("SELECT key, id FROM inbox")) == visitors.acknowledged
    # What was not finished is taken up by the next run.
    again, _ = await start()
    await until(again.idle, "all messages are answered")
    assert again.count("message WHERE direction = 'in'") == 50
    assert again.count("message WHERE direction = 'out'") == 50


async def test_who_blocks_the_loop_is_named_in_the_log(start: Start) -> None:
    hub, visitors = await start()
    assert (await visitors.say("block"))[0] == 200

    def blamed() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in hub.log.splitlines() if line.endswith("}")]
        return [line for line in lines if line["event"] == "event loop was blocked" and line.get("instance") == "sleepy"]

    await until(blamed, "the culprit is in the log")
    line = blamed()[0]
    assert line["seconds"] > 0.2
    assert "serving.py:" in line["where"]
    assert "Sleepy.answer" in line["where"]
