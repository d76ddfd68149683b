"""A blocked loop is noticed, and who blocks it is named. These tests block for real: that is what is tested."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub import Plugin, PluginConfig, hookimpl
from hub_ops.watchdog import Watchdog
from tests.core.runtime_kit import Runtime, runtime


@pytest.fixture
async def hub() -> AsyncIterator[Runtime]:
    async with runtime() as made:
        yield made


@pytest.fixture
async def watchdog(hub: Runtime) -> AsyncIterator[Watchdog]:
    made = Watchdog(hub.log, hub.calls.caller_of, threshold=0.03)
    made.start()
    yield made
    made.stop()


def block(watchdog: Watchdog) -> None:
    """Hold the loop's thread until the watchdog has seen it (it gives up after ten seconds)."""
    end = time.monotonic() + 10
    while watchdog.culprit is None and time.monotonic() < end:
        time.sleep(0.001)


async def reports(hub: Runtime, number: int) -> list[dict[str, Any]]:
    """The lines about blockages, once there are `number` of them."""
    async with asyncio.timeout(10):
        while len(found := [facts for _, event, facts in hub.log.lines if event == "event loop was blocked"]) < number:
            await asyncio.sleep(0.01)
    return found


async def test_a_hook_that_blocks_is_named_by_instance_package_and_line(hub: Runtime, watchdog: Watchdog) -> None:
    class Blocks(Plugin[PluginConfig]):
        @hookimpl
        async def message_stored(self) -> None:
            block(watchdog)

    hub.seat("shop", Blocks)
    await hub.calls.notify("message_stored", message="hi", conversation=1)
    (facts,) = await reports(hub, 1)
    assert facts["instance"] == "shop"
    assert facts["package"] == "tests"
    assert facts["where"].startswith(__file__)
    assert "(block)" in facts["where"]
    assert "message_stored" in facts["stack"]
    assert facts["seconds"] > 0.03
    assert watchdog.blockages == 1
    assert watchdog.longest == pytest.approx(facts["seconds"], abs=0.001)


async def test_a_background_task_that_blocks_is_named_by_its_instance(hub: Runtime, watchdog: Watchdog) -> None:
    async def work() -> None:
        block(watchdog)

    await asyncio.create_task(work(), name="poller: poll")
    (facts,) = await reports(hub, 1)
    assert facts["instance"] == "poller"


async def test_each_blockage_is_one_line(hub: Runtime, watchdog: Watchdog) -> None:
    for number in (1, 2):
        block(watchdog)
        assert len(await reports(hub, number)) == number


async def test_a_blockage_that_does_not_end_is_reported_while_it_lasts(hub: Runtime) -> None:
    impatient = Watchdog(hub.log, hub.calls.caller_of, threshold=0.02, stuck=0.05)
    impatient.start()
    end = time.monotonic() + 10
    while not hub.log.events("warning") and time.monotonic() < end:
        time.sleep(0.001)
    impatient.stop()
    (facts,) = [facts for _, event, facts in hub.log.lines if event == "event loop is blocked and still is"]
    assert facts["where"].startswith(__file__)


async def test_a_loop_that_is_busy_and_not_blocked_is_left_in_peace(hub: Runtime) -> None:
    patient = Watchdog(hub.log, hub.calls.caller_of, threshold=5)
    patient.start()
    for _ in range(1000):
        await asyncio.sleep(0)
    patient.stop()
    assert (patient.blockages, patient.culprit, hub.log.events("warning")) == (0, None, [])


async def test_stop_ends_the_thread_and_is_harmless_twice(hub: Runtime) -> None:
    before = threading.active_count()
    made = Watchdog(hub.log, hub.calls.caller_of)
    made.stop()
    made.start()
    made.start()
    assert threading.active_count() == before + 1
    made.stop()
    made.stop()
    assert threading.active_count() == before
