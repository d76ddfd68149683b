"""The way of a message, told as people would."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from hub import Message, NotReady, Plugin, PluginConfig, Refused, StoreUnavailable, Text, hookimpl
from hub.clock import SystemClock
from hub.path.deadletters import DeadLetter
from hub.path.items import Arrival
from hub.plugin import Inbound, Sender
from hub.store.change import Change, to_json
from hub.store.statements import Statements
from hub.store.store import Store
from hub.testing import EchoBot, FakeChannel, FakePlatform, HubKit, ManualClock, ScriptBot, use
from hub.testing.fixtures import MakeHub
from tests.databases import Databases, both_databases

pytestmark = both_databases


async def test_from_the_greeting_to_the_next_conversation(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), use(ScriptBot, "bot", answers={"你好": "您好！"}))
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    await visitor.says("你好")
    await visitor.hears("您好！")
    await visitor.says("嗯？")
    await visitor.hears("我不太确定。")
    await visitor.says("啊？")
    await visitor.hears_line("handed_over")
    waiting = await visitor.is_with("queue")
    assert waiting.reason == "unsure"
    await agent.takes(visitor)
    await agent.sees("你好", "您好！", "嗯？", "我不太确定。", "啊？")
    await visitor.hears_line("joined", name="刘芳")
    await agent.notes("老客户")
    await agent.says("我来帮您。")
    await visitor.hears("我来帮您。")
    await agent.sees_note("老客户")
    await agent.closes("solved")
    await visitor.hears_line("closed")
    await visitor.hears_nothing_more()
    await visitor.says("你好")
    await visitor.hears("您好！")
    assert (await visitor.conversation()).id != waiting.id


async def test_the_same_key_is_one_message(hub_kit: HubKit) -> None:
    visitor = hub_kit.visitor("fake", "u1")
    first = await visitor.says("一", key="k")
    again = await visitor.says("一", key="k")
    assert again.duplicate
    assert again.message_id == first.message_id
    await visitor.hears("一")
    await visitor.hears_nothing_more()


async def test_each_person_is_answered_in_order(hub_kit: HubKit) -> None:
    people = [hub_kit.visitor("fake", f"u{number}") for number in range(10)]
    for number in range(20):
        for person in people:
            await person.says(f"{number}")
    await hub_kit.settled()
    for person in people:
        assert hub_kit.world("fake").texts(person.external_id) == [f"{number}" for number in range(20)]


async def test_what_a_crash_left_is_worked_on_once_and_in_order(
    make_hub: MakeHub, hub_databases: Databases, tmp_path: Path
) -> None:
    left = tmp_path / "left"
    store = await Store.open(left, SystemClock(), database=hub_databases(left), on_events=lambda _: None)
    for number in range(5):
        inbound = Inbound(f"k{number}", Sender("u1"), (Text(f"{number}"),))
        arrival = Arrival(store.ids.next(), "fake", "fake", inbound, 1)
        change = Change()
        change.write(Statements.receive, (arrival.id, "fake", inbound.key, 0, to_json(arrival), 1, 0, ""))
        await store.commit(change)
    await store.close()
    world = FakePlatform()
    kit = await make_hub(use(FakeChannel, "fake", world=world), EchoBot, data=left)
    visitor = kit.visitor("fake", "u1")
    await visitor.hears("0", "1", "2", "3", "4")
    await kit.restart()
    await visitor.hears_nothing_more()


async def test_a_failed_delivery_is_tried_again_then_dead_then_sent_on_request(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await make_hub(use(FakeChannel, "fake", world=world), EchoBot, clock=ManualClock())
    visitor = kit.visitor("fake", "u1")
    world.fail(times=2)
    await visitor.says("一")
    await visitor.hears("一", turning=1)
    assert [message.attempt for message in world.attempts] == [1, 2, 3]
    world.reject("unwelcome")
    await visitor.says("二")
    letters = await kit.until(kit.hub.path.dead.all, "a dead letter")
    assert letters[0].text == "二"
    assert "unwelcome" in letters[0].error
    await kit.hub.path.dead.retry(letters[0].id)
    await visitor.hears("二", turning=1)
    assert await kit.hub.path.dead.count() == 0


async def test_nothing_is_acknowledged_that_cannot_be_stored(hub_kit: HubKit) -> None:
    visitor = hub_kit.visitor("fake", "u1")
    async with hub_kit.store_down():
        with pytest.raises(StoreUnavailable):
            await visitor.says("一", key="k")
    await visitor.says("一", key="k")
    await visitor.hears("一")
    await visitor.hears_nothing_more()


async def test_a_second_hub_on_the_same_folder_is_refused(make_hub: MakeHub, hub_kit: HubKit) -> None:
    with pytest.raises(StoreUnavailable, match="another hub"):
        await make_hub(use(FakeChannel, "fake"), data=hub_kit.data)


async def test_two_hubs_in_one_process_know_nothing_of_each_other(make_hub: MakeHub) -> None:
    one = await make_hub(use(FakeChannel, "fake"), EchoBot)
    two = await make_hub(use(FakeChannel, "fake"), EchoBot)
    visitor = one.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    assert two.world("fake").arrived == []


class Careful(Plugin[PluginConfig]):
    """Lets nothing in while `closed`."""

    closed = True

    @hookimpl
    async def filter_inbound(self, message: Message) -> Message:
        """As it came."""
        if self.closed:
            raise NotReady("the list of words is being renewed")
        return message


async def test_a_dead_letter_tried_again_does_not_hide_what_an_earlier_run_left(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), Careful, clock=ManualClock())
    await kit.visitor("fake", "u1").says("一")
    (letter,) = await kit.until(kit.hub.path.dead.all, "a dead letter", turning=1)
    data = kit.hub.store.data("hub")
    await data.put("inbox_from", letter.id - 1)
    await kit.hub.path.dead.settle(letter.id, again=True)
    assert await data.get("inbox_from") == letter.id - 1


async def test_what_could_not_be_worked_on_is_kept_tried_again_on_request_or_dropped(make_hub: MakeHub) -> None:
    kit = await make_hub(use(FakeChannel, "fake"), Careful, EchoBot, clock=ManualClock())
    visitor, other = kit.visitor("fake", "u1"), kit.visitor("fake", "u2")
    await visitor.says("一")
    await other.says("二")

    async def two() -> Sequence[DeadLetter] | None:
        letters = await kit.hub.path.dead.all()
        return letters if len(letters) == 2 else None

    letters = await kit.until(two, "two dead letters", turning=1)
    assert {letter.text: letter.direction for letter in letters} == {"一": "in", "二": "in"}
    assert all("careful: filter_inbound failed" in letter.error for letter in letters)
    kit.plugin("careful", Careful).closed = False
    kept, dropped = sorted(letters, key=lambda letter: letter.text)
    await kit.hub.path.dead.retry(kept.id)
    await kit.hub.path.dead.drop(dropped.id)
    await visitor.hears("一", turning=1)
    await other.hears_nothing_more()
    assert await kit.hub.path.dead.count() == kit.hub.path.dead_total == 0
    for gone in (kept.id, dropped.id, 7):
        with pytest.raises(Refused, match="no such dead letter"):
            await kit.hub.path.dead.retry(gone)
    await kit.restart()
    await other.hears_nothing_more()


async def test_a_delivery_that_was_given_up_can_be_dropped_and_stays_visible_as_failed(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await make_hub(use(FakeChannel, "fake", world=world), EchoBot)
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    world.reject("unwelcome")
    await visitor.says("一")
    (letter,) = await kit.until(kit.hub.path.dead.all, "a dead letter")
    await kit.hub.path.dead.drop(letter.id)
    message = await kit.hub.reading.message(letter.id)
    assert message is not None
    assert (message.state, message.error) == ("failed", "unwelcome")
    assert await kit.rows("SELECT * FROM outbox") == []
    await agent.takes(visitor)
    await visitor.hears_line("joined", name="刘芳")
    await kit.restart()
    await visitor.hears_nothing_more()


async def test_a_restart_sends_what_was_ready_and_keeps_who_waits(make_hub: MakeHub, tmp_path: Path) -> None:
    world, data = FakePlatform(), tmp_path / "one"
    bots = use(ScriptBot, "bot", answers={"你好": "您好！"})
    kit = await make_hub(use(FakeChannel, "fake", world=world), bots, data=data, service={"unsure_before_handover": 1})
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    await visitor.says("你好")
    await visitor.hears("您好！")
    world.hang()
    await visitor.says("嗯？")
    waiting = await visitor.is_with("queue")
    await kit.restart()
    await visitor.hears_line("handed_over")
    again = await visitor.is_with("queue")
    assert (again.id, again.waiting_since) == (waiting.id, waiting.waiting_since)
    assert kit.hub.people.place_in_queue(again) == 1
    assert [one.id for one in await kit.hub.reading.waiting()] == [again.id]
    await agent.takes(visitor)
    await agent.sees("你好", "您好！", "嗯？")
    await visitor.hears_line("joined", name="刘芳")
    await kit.restart()
    await visitor.says("还在吗？")
    await agent.says("在的")
    await visitor.hears("在的")
    assert (await visitor.is_with("agent")).id == waiting.id
    await visitor.hears_nothing_more()


async def test_the_same_key_is_one_message_also_after_a_restart_and_in_one_group(hub_kit: HubKit) -> None:
    visitor, other = hub_kit.visitor("fake", "u1"), hub_kit.visitor("fake", "u2")
    together = await asyncio.gather(*(visitor.says("一", key="k") for _ in range(5)))
    assert [accepted.duplicate for accepted in together] == [False, True, True, True, True]
    assert len({accepted.message_id for accepted in together}) == 1
    await visitor.hears("一")
    await hub_kit.restart()
    again = await visitor.says("一", key="k")
    assert again.duplicate
    assert again.message_id == together[0].message_id
    assert (await other.says("二", key="k")).duplicate
    await hub_kit.settled()
    assert hub_kit.log_text.count("Traceback") == 0
    await other.hears_nothing_more()
