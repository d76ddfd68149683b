"""Deadlines, cancellation and addressed calls: who cancelled, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub import Channel, Limits, NotReady, Plugin, PluginConfig, Rejected, hookimpl
from hub.errors import HookFailed, Overdue, PluginFault
from tests.core.runtime_kit import Runtime
from tests.core.story import for_ever


def does(work: Callable[[], Awaitable[Any]]) -> type[Plugin[Any]]:
    """A plugin whose hooks `message_stored` and `filter_inbound` do `work`."""

    class Does(Plugin[PluginConfig]):
        @hookimpl
        async def message_stored(self) -> None:
            await work()

        @hookimpl
        async def filter_inbound(self) -> None:
            await work()

    return Does


async def deaf() -> None:
    """Swallows one cancellation and returns as if nothing had happened."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return


def start(call: Awaitable[Any]) -> asyncio.Task[Any]:
    return asyncio.ensure_future(call)


def stored(hub: Runtime) -> asyncio.Task[Any]:
    return start(hub.calls.notify("message_stored", message="hi", conversation=1))


@pytest.mark.parametrize("work", [for_ever, deaf])
async def test_who_hangs_is_cancelled_at_the_deadline_and_passed_by(hub: Runtime, work: Any) -> None:
    heard: list[str] = []

    async def hear() -> None:
        heard.append("next")

    hub.seat("hangs", does(work))
    hub.seat("next", does(hear))
    task = stored(hub)
    await hub.clock.advance(4.9)
    assert not task.done()
    await hub.clock.advance(0.2)
    assert task.done()
    await task
    assert heard == ["next"]
    assert task.cancelling() == 0
    assert hub.calls.counters["hangs", "message_stored"].failures == 1
    assert hub.log.events("error") == ["plugin failed"]


async def test_every_implementation_has_the_whole_deadline(hub: Runtime) -> None:
    async def four_seconds() -> None:
        await hub.clock.sleep(4)

    for name in "abc":
        hub.seat(name, does(four_seconds))
    task = stored(hub)
    await hub.clock.advance(12.1)
    await task
    assert hub.log.events("error") == []


async def test_a_filter_that_hangs_fails_the_call(hub: Runtime) -> None:
    hub.seat("hangs", does(for_ever))
    task = start(hub.calls.fold("filter_inbound", "hi", conversation=1, person=2))
    await hub.clock.advance(5.1)
    with pytest.raises(HookFailed, match="took longer than 5 s"):
        await task


async def test_a_deadline_works_for_calls_that_begin_while_the_sweeper_is_awake_or_asleep(hub: Runtime) -> None:
    hub.seat("hangs", does(for_ever))
    for _ in range(2):
        first = stored(hub)
        await hub.clock.advance(3)
        second = stored(hub)
        await hub.clock.advance(2.1)
        assert (first.done(), second.done()) == (True, False)
        await hub.clock.advance(3)
        assert second.done()
        await hub.clock.advance(60)


@pytest.mark.parametrize("work", [for_ever, deaf])
async def test_a_cancellation_from_outside_always_passes_through(hub: Runtime, work: Any) -> None:
    heard: list[str] = []

    async def hear() -> None:
        heard.append("next")

    hub.seat("waits", does(work))
    hub.seat("next", does(hear))
    task = stored(hub)
    await hub.clock.settle()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert heard == []
    assert hub.calls.counters["waits", "message_stored"].failures == 0


async def test_a_cancellation_turned_into_an_error_is_still_a_cancellation(hub: Runtime) -> None:
    async def turns() -> None:
        try:
            await for_ever()
        except asyncio.CancelledError:
            raise ValueError("interrupted") from None

    hub.seat("turns", does(turns))
    task = stored(hub)
    await hub.clock.settle()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_cancellation_asked_for_before_the_call_is_not_swallowed(hub: Runtime) -> None:
    hub.seat("waits", does(for_ever))

    async def cancels_itself() -> None:
        current = asyncio.current_task()
        assert current is not None
        current.cancel()
        await hub.calls.notify("message_stored", message="hi", conversation=1)

    task = start(cancels_itself())
    await asyncio.wait([task])
    assert task.cancelled()


async def test_outside_and_deadline_at_once_is_outside(hub: Runtime) -> None:
    async def slow_to_die() -> None:
        try:
            await for_ever()
        except asyncio.CancelledError:
            await hub.clock.sleep(0.5)
            raise

    hub.seat("slow", does(slow_to_die))
    task = stored(hub)
    await hub.clock.advance(5.1)
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_plugin_that_awaits_something_cancelled_fails_alone(hub: Runtime) -> None:
    async def stray() -> None:
        child = asyncio.ensure_future(asyncio.sleep(0))
        child.cancel()
        await child

    hub.seat("stray", does(stray))
    task = stored(hub)
    await task
    assert hub.calls.counters["stray", "message_stored"].failures == 1
    assert "awaited something that was cancelled" in hub.log.lines[-1][2]["error"]


async def test_a_plugins_own_timeout_is_its_own(hub: Runtime) -> None:
    seen: list[str] = []

    async def own() -> None:
        try:
            async with asyncio.timeout(0):
                await for_ever()
        except TimeoutError:
            seen.append("timeout")

    hub.seat("own", does(own))
    await stored(hub)
    assert seen == ["timeout"]
    assert hub.log.events("error") == []


async def test_a_nested_call_that_hangs_costs_only_itself(hub: Runtime) -> None:
    seen: list[Any] = []

    async def asks() -> None:
        seen.append(await hub.calls.collect("desk_panels", conversation=1, person=2))

    class Hangs(Plugin[PluginConfig]):
        @hookimpl
        async def desk_panels(self) -> None:
            await for_ever()

    hub.seat("asks", does(asks))
    hub.seat("hangs", Hangs)
    task = stored(hub)
    await hub.clock.advance(3.1)
    await task
    assert seen == [[]]
    assert hub.calls.counters["asks", "message_stored"].failures == 0
    assert hub.calls.counters["hangs", "desk_panels"].failures == 1


async def test_an_outer_deadline_ends_the_nested_call_without_blaming_it(hub: Runtime) -> None:
    class Bot(Plugin[PluginConfig]):
        @hookimpl
        async def answer(self) -> None:
            await for_ever()

    async def asks() -> None:
        await hub.calls.first("answer", turn=1)

    hub.seat("asks", does(asks))
    hub.seat("bot", Bot)
    task = stored(hub)
    await hub.clock.advance(5.1)
    await task
    assert hub.calls.counters["asks", "message_stored"].failures == 1
    assert hub.calls.counters["bot", "answer"].failures == 0


async def test_both_deadlines_in_the_same_sweep_leave_no_cancellation_behind(hub: Runtime) -> None:
    async def asks() -> None:
        await hub.calls.notify("delivery_failed", message=1, reason="")

    class Hangs(Plugin[PluginConfig]):
        @hookimpl
        async def delivery_failed(self) -> None:
            await for_ever()

    hub.seat("asks", does(asks))
    hub.seat("hangs", Hangs)
    task = stored(hub)
    await hub.clock.advance(5.1)
    await task
    assert task.cancelling() == 0
    assert hub.calls.counters["asks", "message_stored"].failures == 1


async def test_who_does_not_end_when_cancelled_is_cancelled_again_and_named(hub: Runtime) -> None:
    swallowed: list[int] = []

    async def stubborn() -> None:
        while len(swallowed) < 3:
            try:
                await for_ever()
            except asyncio.CancelledError:
                swallowed.append(1)

    hub.seat("stubborn", does(stubborn))
    task = stored(hub)
    await hub.clock.advance(8)
    await task
    assert len(swallowed) == 3
    assert task.cancelling() == 0
    assert hub.log.events("error") == ["does not end when cancelled", "plugin failed"]


# -- addressed calls ---------------------------------------------------------------------------------


class Narrow(Channel[PluginConfig]):
    """Takes two sends at a time."""

    limits = Limits(concurrency=2)
    hub_clock: Any = None
    at_once = 0
    most = 0

    async def work(self, seconds: float) -> float:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await self.hub_clock.sleep(seconds)
        finally:
            self.at_once -= 1
        return seconds


async def test_an_addressed_call_returns_what_the_method_returns(hub: Runtime) -> None:
    class Gives(Plugin[PluginConfig]):
        async def give(self, value: Any) -> Any:
            return value

    plugin = hub.seat("gives", Gives)
    for value in (0, None, "x"):
        assert await hub.calls.method("gives", plugin.give, value) == value
    assert hub.calls.counters["gives", "give"].calls == 3


async def test_plugin_errors_come_as_they_are_and_others_as_faults(hub: Runtime) -> None:
    class Raises(Plugin[PluginConfig]):
        async def fail(self, error: Exception) -> None:
            raise error

    plugin = hub.seat("raises", Raises)
    with pytest.raises(Rejected, match="never"):
        await hub.calls.method("raises", plugin.fail, Rejected("never"))
    with pytest.raises(PluginFault, match="raises: KeyError") as fault:
        await hub.calls.method("raises", plugin.fail, KeyError("k"))
    assert isinstance(fault.value.cause, KeyError)


async def test_an_addressed_call_has_a_deadline_of_its_own(hub: Runtime) -> None:
    plugin = hub.seat("hangs", does(for_ever))
    task = start(hub.calls.method("hangs", plugin.message_stored, deadline=2))
    await hub.clock.advance(2.1)
    with pytest.raises(Overdue, match="message_stored took longer than 2 s"):
        await task


async def test_a_channel_is_not_asked_for_more_at_a_time_than_it_allows(hub: Runtime) -> None:
    plugin = hub.seat("narrow", Narrow)
    plugin.hub_clock = hub.clock
    tasks = [start(hub.calls.method("narrow", plugin.work, 1)) for _ in range(5)]
    await hub.clock.advance(3.1)
    assert [task.result() for task in tasks] == [1] * 5
    assert plugin.most == 2


async def test_an_instance_that_is_not_there_is_not_ready(hub: Runtime) -> None:
    with pytest.raises(NotReady, match="'nobody' is not running"):
        await hub.calls.method("nobody", for_ever)


async def test_guard_tells_the_outcome_and_raises_only_cancellations(hub: Runtime) -> None:
    async def double(number: int) -> int:
        return number * 2

    async def fail() -> None:
        raise KeyError("k")

    assert (await hub.calls.guard("x", "job", double, 4)).value == 8
    assert isinstance((await hub.calls.guard("x", "job", fail)).error, KeyError)
    late = start(hub.calls.guard("x", "job", for_ever, deadline=1))
    await hub.clock.advance(1.1)
    assert isinstance(late.result().error, Overdue)
    cancelled = start(hub.calls.guard("x", "job", for_ever))
    await hub.clock.settle()
    cancelled.cancel()
    await asyncio.wait([cancelled])
    assert cancelled.cancelled()


async def test_idle_waits_for_the_calls_into_an_instance_that_was_taken_out(hub: Runtime) -> None:
    async def three() -> None:
        await hub.clock.sleep(3)

    hub.seat("busy", does(three))
    calls = [stored(hub), stored(hub)]
    await hub.clock.advance(1)
    calls.append(stored(hub))
    await hub.clock.settle()
    hub.calls.unregister("busy")
    idle = start(hub.calls.idle("busy"))
    await hub.clock.advance(2.5)
    assert [call.done() for call in calls] == [True, True, False]
    assert not idle.done()
    await hub.clock.advance(1)
    assert idle.done()
    await hub.calls.idle("busy")


async def test_a_call_tells_whose_code_a_task_is_in(hub: Runtime) -> None:
    hub.seat("waits", does(for_ever))
    task = stored(hub)
    await hub.clock.settle()
    assert hub.calls.caller_of(task) == "waits"
    assert hub.calls.caller_of(asyncio.current_task()) == ""
    task.cancel()
