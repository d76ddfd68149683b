"""Stopping: nobody waits for what only waits, everybody gets an answer, and what is not done stays stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest

from hub import Refused
from hub.conversations.scene import Scene
from hub.testing import EchoBot, FakeChannel, FakePlatform, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub

LONG = 3600.0
"""Patience that no test survives."""


async def dead_still(kit: HubKit) -> None:
    """Stop the path of a hub whose clock nobody turns."""
    async with asyncio.timeout(30):
        await kit.hub.path.stop(LONG)


async def test_a_delivery_that_waits_for_its_next_attempt_ends_at_once_and_is_still_due(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await make_hub(use(FakeChannel, "fake", world=world), EchoBot, clock=ManualClock())
    visitor = kit.visitor("fake", "u1")
    world.fail(retry_after=LONG)
    await visitor.says("一")
    rows = await kit.until(lambda: kit.rows("SELECT * FROM outbox WHERE attempts = 1"), "a delivery that waits")
    await dead_still(kit)
    assert await kit.rows("SELECT * FROM outbox") == rows
    await kit.restart()
    assert world.texts() == []
    await visitor.hears("一", turning=LONG / 4)
    assert [message.attempt for message in world.attempts] == [1, 2]


async def test_a_delivery_whose_channel_does_not_run_does_not_hold_up_the_end(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, clock=ManualClock())
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    await kit.settled()
    await kit.hub.registry.stop("fake")
    agent = kit.agent("刘芳")
    await agent.takes(visitor)
    await kit.until(lambda: kit.rows("SELECT * FROM outbox WHERE error <> ''"), "a line that waits for its channel")
    await dead_still(kit)
    assert len(await kit.rows("SELECT * FROM outbox WHERE state = 0")) == 1


async def test_a_message_that_waits_to_be_tried_again_stays_new(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), EchoBot, clock=ManualClock())
    visitor = kit.visitor("fake", "u1")
    real = kit.hub.people.find

    async def broken(key: Any) -> Any:
        raise Refused(409, "later", "not now")

    kit.hub.people.find = broken  # type: ignore[method-assign]
    await visitor.says("一")
    await kit.until(lambda: kit.hub.path.lanes._resting, "an arrival that waits")
    await dead_still(kit)
    kit.hub.people.find = real  # type: ignore[method-assign]
    assert [row["state"] for row in await kit.rows("SELECT state FROM inbox")] == [0]
    await kit.restart()
    await visitor.hears("一", turning=1)


async def acts(kit: HubKit, person_id: int) -> tuple[asyncio.Event, asyncio.Task[Any], asyncio.Task[Any]]:
    """One act under way, which ends when the event is set, and one behind it."""
    begun, gate = asyncio.Event(), asyncio.Event()

    async def slow(scene: Scene) -> str:
        begun.set()
        await gate.wait()
        scene.tag(["slow"])
        return "done"

    async def quick(scene: Scene) -> str:
        scene.tag(["quick"])
        return "done"

    first = asyncio.create_task(kit.hub.path.play(person_id, "test", slow))
    await begun.wait()
    second = asyncio.create_task(kit.hub.path.play(person_id, "test", quick))
    await kit.until(lambda: any(lane.items for lane in kit.hub.path.lanes._lanes.values()), "an act that has not begun")
    return gate, first, second


async def test_an_act_that_has_not_begun_is_refused_and_the_one_under_way_ends(hub_kit: HubKit) -> None:
    visitor = hub_kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    conversation = await visitor.conversation()
    gate, first, second = await acts(hub_kit, conversation.person_id)
    stop = asyncio.create_task(hub_kit.hub.path.stop(LONG))
    with pytest.raises(Refused) as refused:
        await second
    assert (refused.value.status, refused.value.code) == (503, "stopping")
    assert not stop.done()
    gate.set()
    assert await first == "done"
    await stop
    stored = await hub_kit.rows("SELECT tags FROM conversation")
    assert "slow" in stored[0]["tags"]
    assert "quick" not in stored[0]["tags"]


async def test_an_act_that_takes_too_long_is_answered_too(hub_kit: HubKit) -> None:
    visitor = hub_kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    _, first, second = await acts(hub_kit, (await visitor.conversation()).person_id)
    await hub_kit.hub.path.stop(0.01)
    for act in (first, second):
        with pytest.raises(Refused, match="stopping"):
            await act


async def test_nothing_can_be_asked_of_a_hub_that_stops(hub_kit: HubKit) -> None:
    visitor = hub_kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    conversation = await visitor.conversation()
    hub_kit.hub.stopping = True
    with pytest.raises(Refused, match="stopping"):
        await visitor.says("二")
    with pytest.raises(Refused, match="stopping"):
        await hub_kit.hub.path.act("echobot", conversation.id, [])


async def test_a_fault_in_an_act_reaches_who_asked_and_the_lane_goes_on(hub_kit: HubKit) -> None:
    visitor = hub_kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")

    async def faulty(scene: Scene) -> None:
        raise KeyError("a fault")

    with pytest.raises(KeyError):
        await hub_kit.hub.path.play((await visitor.conversation()).person_id, "test", faulty)
    await visitor.says("二")
    await visitor.hears("二")


async def test_what_ends_last_does_not_hold_up_the_end_by_a_delivery_of_its_own(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await make_hub(use(FakeChannel, "fake", world=world), EchoBot, clock=ManualClock())
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    begun, gate = asyncio.Event(), asyncio.Event()
    world.fail(retry_after=LONG)
    person = (await visitor.conversation()).person_id

    async def slow(scene: Scene) -> None:
        begun.set()
        await gate.wait()
        scene.line("closed")

    act = asyncio.create_task(kit.hub.path.play(person, "test", slow))
    await begun.wait()
    stop = asyncio.create_task(dead_still(kit))
    await kit.until(lambda: kit.hub.path.lanes._stopped, "a path that stops")
    gate.set()
    await act
    await stop
    assert [row["state"] for row in await kit.rows("SELECT state FROM outbox")] == [0]
    assert world.texts() == ["一"]


class Sluggish(EchoBot):
    """Starts at once, and never again."""

    starts: ClassVar[list[int]]

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self.starts.append(1)
        if len(self.starts) > 1:
            await asyncio.Event().wait()
        yield


async def test_a_message_that_waits_for_a_bot_to_start_does_not_hold_up_the_end(make_hub: MakeHub) -> None:
    starts: list[int] = []
    bot = type("Sluggish", (Sluggish,), {"starts": starts})
    kit = await make_hub(use(FakeChannel, "fake", world=FakePlatform()), use(bot, "bot"), clock=ManualClock())
    again = asyncio.create_task(kit.hub.registry.restart("bot", EchoBot.Config()))
    await kit.until(lambda: len(starts) == 2, "a bot that is starting")
    await kit.visitor("fake", "u1").says("一")
    await kit.until(lambda: kit.hub.path.lanes._resting, "a message that waits for it")
    await dead_still(kit)
    assert [row["state"] for row in await kit.rows("SELECT state FROM inbox")] == [0]
    again.cancel()
