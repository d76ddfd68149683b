"""An instance that fails again and again is left alone, and comes back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub import NotReady, Plugin, PluginConfig, Rejected, StoreUnavailable, hookimpl
from hub.breaker import LIMIT, Breaker
from hub.errors import HookFailed
from tests.core.runtime_kit import Runtime


class Moody(Plugin[PluginConfig]):
    """Raises `error` while there is one."""

    error: BaseException | None = None
    asked = 0

    @hookimpl
    async def answer(self) -> str:
        return await self.go()

    @hookimpl
    async def filter_inbound(self) -> None:
        await self.go()

    async def go(self) -> str:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return "fine"


async def ask(hub: Runtime) -> Any:
    return await hub.calls.first("answer", turn=1)


async def break_it(hub: Runtime, error: BaseException | None = None) -> Moody:
    plugin: Moody = hub.seat("moody", Moody)
    plugin.error = error or ValueError("bad mood")
    for _ in range(LIMIT):
        await ask(hub)
    plugin.asked = 0
    return plugin


async def test_five_failures_in_a_row_suspend_and_hooks_pass_by(hub: Runtime) -> None:
    heard: list[tuple[str, str]] = []
    hub.calls.on_suspended = lambda instance, reason: heard.append((instance, reason))
    plugin = await break_it(hub)
    assert heard == [("moody", "5 failures in a row, the last: ValueError: bad mood")]
    assert await ask(hub) is None
    assert plugin.asked == 0


async def test_a_success_in_between_starts_the_count_again(hub: Runtime) -> None:
    plugin = hub.seat("moody", Moody)
    for _ in range(3):
        plugin.error = ValueError()
        for _ in range(LIMIT - 1):
            await ask(hub)
        plugin.error = None
        assert await ask(hub) == "fine"


@pytest.mark.parametrize("error", [Rejected("no"), StoreUnavailable("disk full")])
async def test_errors_that_are_no_fault_do_not_count(hub: Runtime, error: Exception) -> None:
    plugin = hub.seat("moody", Moody)
    plugin.error = error
    for _ in range(LIMIT * 2):
        await ask(hub)
    assert plugin.asked == LIMIT * 2


async def test_not_ready_counts(hub: Runtime) -> None:
    plugin = await break_it(hub, NotReady("line is down"))
    await ask(hub)
    assert plugin.asked == 0


async def test_overdue_counts(hub: Runtime) -> None:
    class Hangs(Plugin[PluginConfig]):
        @hookimpl
        async def answer(self) -> None:
            await asyncio.Event().wait()

    hub.seat("hangs", Hangs)
    for _ in range(LIMIT):
        asked = asyncio.ensure_future(ask(hub))
        await hub.clock.advance(10.1)
        await asked
    assert "instance suspended" in hub.log.events("error")


async def test_a_probe_that_works_brings_it_back(hub: Runtime) -> None:
    resumed: list[str] = []
    hub.calls.on_resumed = resumed.append
    plugin = await break_it(hub)
    plugin.error = None
    await hub.clock.advance(0.9)
    assert await ask(hub) is None
    await hub.clock.advance(0.2)
    assert await ask(hub) == "fine"
    assert await ask(hub) == "fine"
    assert resumed == ["moody"]


async def test_probes_that_fail_come_less_and_less_often(hub: Runtime) -> None:
    plugin = await break_it(hub)
    probes = []
    for second in range(1, 250):
        await hub.clock.advance(1)
        before = plugin.asked
        await ask(hub)
        await ask(hub)
        if plugin.asked > before:
            assert plugin.asked == before + 1
            probes.append(second)
    waits = [later - sooner for sooner, later in zip([0, *probes], probes, strict=False)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_a_filter_that_is_suspended_fails_closed(hub: Runtime) -> None:
    plugin = await break_it(hub)
    with pytest.raises(HookFailed, match="suspended") as failed:
        await hub.calls.fold("filter_inbound", "hi", conversation=1, person=2)
    assert isinstance(failed.value.cause, NotReady)
    assert failed.value.cause.retry_after == pytest.approx(1)
    assert plugin.asked == 0


async def test_addressed_calls_to_a_suspended_instance_are_not_made(hub: Runtime) -> None:
    plugin = await break_it(hub)
    with pytest.raises(NotReady, match="suspended"):
        await hub.calls.method("moody", plugin.go)
    assert isinstance((await hub.calls.guard("moody", "job", plugin.go)).error, NotReady)
    assert plugin.asked == 0


async def test_hooks_methods_and_jobs_count_together(hub: Runtime) -> None:
    plugin = hub.seat("moody", Moody)
    plugin.error = NotReady("down")
    for _ in range(2):
        await ask(hub)
        await hub.calls.guard("moody", "job", plugin.go)
    with pytest.raises(NotReady, match="down"):
        await hub.calls.method("moody", plugin.go)
    assert await ask(hub) is None
    assert plugin.asked == LIMIT


async def test_a_probe_cancelled_from_outside_leaves_the_next_call_as_the_probe(hub: Runtime) -> None:
    plugin = await break_it(hub)
    await hub.clock.advance(1)
    gate = asyncio.Event()

    async def waits() -> None:
        await gate.wait()

    probe = asyncio.ensure_future(hub.calls.guard("moody", "job", waits))
    await hub.clock.settle()
    assert await ask(hub) is None
    assert plugin.asked == 0
    probe.cancel()
    await asyncio.wait([probe])
    plugin.error = None
    assert await ask(hub) == "fine"


async def test_another_registration_starts_with_a_clean_sheet(hub: Runtime) -> None:
    await break_it(hub)
    hub.calls.unregister("moody")
    hub.seat("moody", Moody)
    assert await ask(hub) == "fine"


def test_failures_of_calls_under_way_do_not_make_the_wait_longer() -> None:
    breaker = Breaker(lambda: 0.0)
    opened = [breaker.failed() for _ in range(LIMIT + 3)]
    assert opened == [False] * (LIMIT - 1) + [True] + [False] * 3
    assert breaker.retry_after() == 1
