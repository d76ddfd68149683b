"""Durable subscriptions: every event, in order, from where the reader stood; rather twice than never."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from hub import Event, NotReady, Plugin, Send, Text
from hub.feeds import BATCH, SKIPPED_AT_ONCE
from hub.store.change import Change
from hub.testing import EchoBot, FakeChannel, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from tests.databases import both_databases
from tests.store.diary import Diary, Listener

pytestmark = both_databases


async def listening(make_hub: MakeHub, diary: Diary, *plugins: type[Plugin[Any]], **more: Any) -> HubKit:
    """A hub whose listener stands at the end of the log."""
    kinds = more.pop("kinds", ())
    kit = await make_hub(use(FakeChannel, "fake"), *plugins, use(Listener, "listener", diary=diary, kinds=kinds), **more)
    await kit.until(lambda: stands(kit), "the listener has found its place")
    return kit


async def stands(kit: HubKit) -> int | None:
    """The stored position."""
    rows = await kit.rows("SELECT position FROM feed WHERE name = 'listener/all'")
    return int(rows[0]["position"]) + 1 if rows else None


async def happen(kit: HubKit, *kinds: str) -> list[int]:
    """Store events of these kinds together; their places."""
    change = Change()
    for kind in kinds:
        change.event(kind, 1)
    before = kit.hub.store.committer.position
    await kit.hub.store.commit(change)
    return list(range(before + 1, before + 1 + len(kinds)))


async def reads_to_the_end(kit: HubKit) -> None:
    """Wait until the listener's stored position is the end of the log."""

    async def look() -> bool:
        return await stands(kit) == kit.hub.store.committer.position + 1

    await kit.until(look, "the listener has read everything")


async def test_all_events_come_in_order_and_without_gaps(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await listening(make_hub, diary, EchoBot)
    begin = kit.hub.store.committer.position
    people = [kit.visitor("fake", f"u{number}") for number in range(5)]
    for number in range(5):
        await asyncio.gather(*(person.says(f"{number}") for person in people))
    await kit.settled()
    await reads_to_the_end(kit)
    assert diary.places == list(range(begin + 1, kit.hub.store.committer.position + 1))
    said = [event.message for batch in diary.batches for event in batch if event.message is not None]
    assert len([message for message in said if message.direction == "in"]) == 25
    assert len([message for message in said if message.direction == "out"]) == 25


async def test_a_new_subscription_begins_at_the_end_and_keeps_that_place(make_hub: MakeHub, tmp_path: Path) -> None:
    diary, data = Diary(), tmp_path / "one"
    before = await make_hub(use(FakeChannel, "fake"), data=data)
    await happen(before, "long ago")
    await before.stop()
    kit = await listening(make_hub, diary, data=data)
    await kit.hub.registry.stop("listener")
    missed = await happen(kit, "missed")
    await kit.hub.registry.start("listener")
    await reads_to_the_end(kit)
    assert diary.places == missed


async def test_at_most_a_hundred_at_a_time(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await listening(make_hub, diary)
    places = await happen(kit, *("x",) * (2 * BATCH + 50))
    await reads_to_the_end(kit)
    assert [len(batch) for batch in diary.batches] == [100, 100, 50]
    assert diary.places == places


async def test_only_the_kinds_that_were_asked_for(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await listening(make_hub, diary, kinds=("a", "c"))
    first, _, third = await happen(kit, "a", "b", "c")
    await reads_to_the_end(kit)
    assert diary.places == [first, third]
    assert [event.kind for batch in diary.batches for event in batch] == ["a", "c"]


async def test_what_nobody_wanted_moves_the_stored_place_only_now_and_then(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await listening(make_hub, diary, kinds=("a",))
    begin = await stands(kit)
    await happen(kit, *("x",) * (SKIPPED_AT_ONCE - 1))
    (feed,) = kit.hub.feeds.status()
    await kit.until(lambda: feed.position == kit.hub.store.committer.position, "they are passed by")
    assert await stands(kit) == begin
    await happen(kit, "x")
    await reads_to_the_end(kit)
    assert diary.batches == []


async def test_what_failed_comes_again_later_and_nothing_overtakes_it(make_hub: MakeHub) -> None:
    diary = Diary()
    diary.troubles.extend([NotReady("not now"), ValueError("a fault"), NotReady("not yet")])
    kit = await listening(make_hub, diary, clock=ManualClock())
    assert isinstance(kit.clock, ManualClock)
    begin = await stands(kit)
    places = await happen(kit, "a", "b")
    (feed,) = kit.hub.feeds.status()
    for failures, seconds in ((1, 1), (2, 2), (3, 4)):
        await kit.until(lambda failures=failures: feed.failures == failures, "it failed")
        assert feed.error
        places += await happen(kit, "later")
        await kit.clock.advance(seconds - 0.5)
        assert len(diary.batches) == failures
        assert await stands(kit) == begin
        await kit.clock.advance(0.5)
    await reads_to_the_end(kit)
    assert [batch[0].id for batch in diary.batches[:4]] == [places[0]] * 4
    assert [event.id for batch in diary.batches[3:] for event in batch] == places
    assert (feed.failures, feed.error) == (0, "")


async def test_a_restart_goes_on_from_the_place(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await listening(make_hub, diary)
    first = await happen(kit, "a", "b")
    await reads_to_the_end(kit)
    await kit.hub.registry.stop("listener")
    second = await happen(kit, "c", "d")
    await kit.restart()
    third = await happen(kit, "e")
    await reads_to_the_end(kit)
    assert diary.places == first + second + third


async def test_after_a_crash_between_the_work_and_the_place_the_same_events_come_again(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await listening(make_hub, diary)
    begin = await stands(kit)
    places = await happen(kit, "a", "b")
    await reads_to_the_end(kit)
    async with AsyncExitStack() as stack:

        async def crash(_: object) -> None:
            await stack.enter_async_context(kit.store_down())

        diary.then = crash
        places += await happen(kit, "c", "d")
        (feed,) = kit.hub.feeds.status()
        await kit.until(lambda: feed.error, "the place could not be stored")
        diary.then = None
        assert await stands(kit) == (begin or 0) + 2
        await kit.restart()
    await reads_to_the_end(kit)
    assert diary.places == places + places[2:]


async def test_two_readers_do_not_wait_for_each_other(make_hub: MakeHub) -> None:
    slow, quick = Diary(), Diary()
    slow.troubles.append(NotReady("not now"))
    uses = (use(Listener, "listener", diary=quick), use(Listener, "slow", diary=slow))
    kit = await make_hub(use(FakeChannel, "fake"), *uses, clock=ManualClock())
    await kit.until(lambda: stands(kit), "the listener has found its place")
    feeds = {feed.instance: feed for feed in kit.hub.feeds.status()}
    await kit.until(lambda: feeds["slow"].begun, "the other one as well")
    places = await happen(kit, "a", "b")
    await reads_to_the_end(kit)
    assert quick.places == places

    def again() -> bool:
        return len(slow.places) > len(places) and slow.places[-len(places) :] == places

    await kit.until(again, "the slow one gets them again", turning=1)


async def test_an_automation_that_answers_itself_is_stopped(make_hub: MakeHub) -> None:
    diary = Diary()
    kit = await listening(make_hub, diary, EchoBot, clock=ManualClock(), kinds=("message.created",))
    assert isinstance(kit.clock, ManualClock)

    async def answer(events: tuple[Event, ...]) -> None:
        ctx = kit.plugin("listener", Listener).ctx
        for event in events:
            if event.message is not None and event.message.direction == "out":
                await ctx.act(event.conversation_id, Send((Text("again"),)))

    diary.then = answer
    visitor, other = kit.visitor("fake", "u1"), kit.visitor("fake", "u2")
    await visitor.says("一")
    await visitor.hears("一")
    (feed,) = kit.hub.feeds.status()
    await kit.until(lambda: "acted 20 times within 10 s" in feed.error, "the guard steps in")
    await kit.settled()
    assert kit.world("fake").texts("u1").count("again") == 20
    diary.then = None
    await other.says("二")
    await other.hears("二")
    await kit.until(lambda: not feed.error, "the reader gets on once it leaves that be", turning=1)
