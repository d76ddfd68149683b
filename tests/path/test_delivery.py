"""Delivery: pace, windows, parts, order, waits, and what becomes of a message whose fate is unknown."""

from __future__ import annotations

import pytest

from hub import Refused
from hub.path.delivery import LONGEST_WAIT, MAX_ATTEMPTS
from hub.plugin import Limits
from hub.testing import EchoBot, FakeChannel, FakePlatform, HubKit, ManualClock, use
from hub.testing.fixtures import MakeHub
from tests.path.delivery_kit import Losses, Timed, answers, changes, gaps, opened, told

SLACK = 30
"""Seconds the clock may be turned by while something is being stored."""


def timed(kit: HubKit) -> Timed:
    return kit.plugin("fake", Timed)


# -- pace and windows ---------------------------------------------------------------------------------


async def test_a_channel_gets_no_more_a_second_than_it_takes(make_hub: MakeHub) -> None:
    world, other = FakePlatform(), FakePlatform()
    slow = use(Timed, "fake", world=world, limits=Limits(per_second=2))
    kit = await make_hub(slow, use(Timed, "quick", world=other), EchoBot, clock=ManualClock())
    people = [kit.visitor("fake", f"u{number}") for number in range(6)]
    for person in people:
        await person.says("一")
    quick = kit.visitor("quick", "q")
    await quick.says("二")
    await quick.hears("二")
    await kit.until(lambda: len(kit.hub.path.delivery.lanes._resting) == 5, "five that wait for their turn")
    await kit.until(lambda: len(world.arrived) == 6, "all six", turning=0.125)
    assert all(gap >= 0.5 for gap in gaps(timed(kit).times))
    assert timed(kit).times[-1] == 2.5, "and no longer than needed"


async def test_after_a_rest_a_channel_is_not_flooded(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world, per_second=1)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    assert isinstance(kit.clock, ManualClock)
    await kit.clock.advance(100)
    for number in range(3):
        await kit.visitor("fake", f"v{number}").says("二")
    await kit.until(lambda: len(kit.hub.path.delivery.lanes._resting) == 2, "two that wait for their turn")
    await kit.until(lambda: len(world.arrived) == 4, "all four", turning=0.25)
    assert gaps(timed(kit).times)[1:] == [1, 1]


async def test_outside_the_window_a_message_is_a_dead_letter_until_the_customer_writes_again(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world, window=3600)
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    await visitor.says("一")
    await visitor.hears("一")
    await agent.takes(visitor)
    await visitor.hears_line("joined", name="刘芳")
    assert isinstance(kit.clock, ManualClock)
    await kit.clock.advance(3599)
    await agent.says("in time")
    await visitor.hears("in time")
    await kit.clock.advance(2)
    late = await agent.says("too late")
    (letter,) = await kit.until(kit.hub.path.dead.all, "a dead letter")
    assert letter.error == "the platform delivers only within 1 h after the customer's last message"
    assert (letter.id, letter.attempts, letter.channel) == (late.id, 0, "fake")
    await visitor.says("我在")
    await kit.settled()
    await kit.hub.path.dead.retry(letter.id)
    await visitor.hears("too late")


# -- trying again -------------------------------------------------------------------------------------


async def test_waits_grow_and_at_last_it_is_a_dead_letter(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world)
    world.fail(times=MAX_ATTEMPTS)
    await kit.visitor("fake", "u1").says("一")
    await kit.until(lambda: kit.plugin("losses", Losses).lost, "the hook delivery_failed", turning=0.25)
    assert [message.attempt for message in world.attempts] == list(range(1, MAX_ATTEMPTS + 1))
    assert len({message.key for message in world.attempts}) == 1
    for number, gap in enumerate(gaps(timed(kit).times), 1):
        longest = min(LONGEST_WAIT, 2.0**number)
        assert longest / 2 <= gap <= longest + SLACK, number
    reason = f"tried {MAX_ATTEMPTS} times: the platform is busy"
    assert kit.plugin("losses", Losses).lost == [("一", reason)]
    (letter,) = await kit.hub.path.dead.all()
    assert (letter.error, letter.attempts) == (reason, MAX_ATTEMPTS)
    (message,) = await answers(kit)
    assert (message.state, message.error) == ("failed", reason)
    assert await changes(kit, message.id) == [("queued", ""), ("failed", reason)]


async def test_a_platform_that_says_when_is_asked_then_and_not_before(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world)
    world.fail(retry_after=300)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一", turning=5)
    (gap,) = gaps(timed(kit).times)
    assert 300 <= gap <= 300 + SLACK


async def test_a_bots_message_that_waits_is_shown_so_and_then_as_sent(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一")
    world.fail()
    await visitor.says("二")
    await kit.until(lambda: kit.rows("SELECT * FROM outbox WHERE attempts = 1"), "a delivery that waits")
    assert [message.state for message in await answers(kit)] == ["sent", "queued"]
    await visitor.hears("二", turning=1)
    await kit.settled()
    first, second = await answers(kit)
    assert await changes(kit, first.id) == []
    await told(kit, second.id, ("queued", ""), ("sent", ""))


async def test_an_agent_hears_when_a_message_went(make_hub: MakeHub) -> None:
    kit = await opened(make_hub, FakePlatform())
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    await visitor.says("一")
    await visitor.hears("一")
    await agent.takes(visitor)
    said = await agent.says("二")
    assert said.state == "queued"
    await visitor.hears_line("joined", name="刘芳")
    await visitor.hears("二")
    await told(kit, said.id, ("sent", ""))


async def test_while_an_instance_is_left_alone_no_message_uses_up_its_attempts(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world)
    people = [kit.visitor("fake", f"u{number}") for number in range(12)]
    # Five failures suspend the instance; then each probe fails, with waits that grow to a minute.
    world.fail(14)
    for person in people:
        await person.says("一")
    await kit.until(lambda: len(world.arrived) == len(people), "everybody's answer", turning=20)
    assert await kit.hub.path.dead.all() == []
    assert len(world.attempts) == 14 + len(people)


async def test_a_refused_message_is_a_dead_letter_at_once_and_the_next_one_goes(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world)
    world.reject("spam")
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.says("二")
    await visitor.hears("二")
    assert len(world.attempts) == 2
    assert [letter.error for letter in await kit.hub.path.dead.all()] == ["spam"]


# -- order ----------------------------------------------------------------------------------------------


async def test_messages_to_one_customer_keep_their_order_and_hold_up_nobody_else(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world)
    visitor, other = kit.visitor("fake", "u1"), kit.visitor("fake", "u2")
    world.fail(times=3)
    await visitor.says("一")
    await kit.until(lambda: kit.rows("SELECT * FROM outbox WHERE attempts = 1"), "a delivery that waits")
    world._trouble.clear()
    world.fail(retry_after=50)
    await visitor.says("二")
    await visitor.says("三")
    await kit.until(lambda: len(world.attempts) == 2, "a second try", turning=0.5)
    await other.says("四")
    await other.hears("四")
    assert world.texts("u1") == []
    await visitor.hears("一", "二", "三", turning=5)


async def test_the_next_conversation_does_not_overtake_the_last_line_of_the_one_before(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world)
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    await visitor.says("一")
    await visitor.hears("一")
    await agent.takes(visitor)
    await visitor.hears_line("joined", name="刘芳")
    world.fail(retry_after=100)
    await agent.closes()
    await kit.until(lambda: kit.rows("SELECT * FROM outbox WHERE attempts = 1"), "the line waits")
    await visitor.says("二")
    await kit.until(lambda: kit.rows("SELECT id FROM outbox LIMIT 1 OFFSET 1"), "an answer behind it")
    await kit.until(lambda: len(world.texts("u1")) == 4, "both", turning=10)
    assert world.texts("u1")[2:] == [kit.hub.texts.line("closed", ""), "二"]


# -- parts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resend_safe", [True, False])
async def test_a_long_message_goes_in_parts_and_only_what_is_missing_goes_again(
    make_hub: MakeHub, resend_safe: bool
) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world, max_text=10, resend_safe=resend_safe)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("abcdefghijABCDEFGHIJ0123456789")
    await visitor.hears("abcdefghij", "ABCDEFGHIJ", "0123456789")
    await visitor.hears_nothing_more()
    assert [(message.part, message.parts, message.attempt) for message in world.arrived] == [(0, 3, 1), (1, 3, 1), (2, 3, 1)]
    assert len({message.key for message in world.arrived}) == 3
    assert await kit.rows("SELECT * FROM outbox") == []


async def test_parts_that_arrived_do_not_go_again_after_an_error_or_a_restart(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world, max_text=10)
    visitor = kit.visitor("fake", "u1")
    send, tried = FakePlatform.take, world.attempts

    async def take(self: FakePlatform, message: object, *, drop_repeats: bool) -> object:
        if len(tried) == 1:
            world.fail(retry_after=100)
        return await send(self, message, drop_repeats=drop_repeats)  # type: ignore[arg-type]

    world.take = take.__get__(world)  # type: ignore[method-assign]
    await visitor.says("abcdefghijABCDEFGHIJ")
    await kit.until(lambda: kit.rows("SELECT * FROM outbox WHERE progress = 1 AND attempts = 1"), "half of it")
    await kit.restart()
    await visitor.hears("abcdefghij")
    await visitor.hears("ABCDEFGHIJ", turning=10)
    await visitor.hears_nothing_more()
    assert [message.part for message in tried] == [0, 1, 1]


async def test_a_dead_letter_goes_again_from_where_it_stopped(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world, max_text=10)
    visitor, agent = kit.visitor("fake", "u1"), kit.agent("刘芳")
    await visitor.says("一")
    await visitor.hears("一")
    await agent.takes(visitor)
    await visitor.hears("刘芳")
    world._trouble.extend([(None, True)])  # type: ignore[list-item]
    world.reject("not this part")
    said = await agent.says("abcdefghijABCDEFGHIJ")
    (letter,) = await kit.until(kit.hub.path.dead.all, "a dead letter")
    await kit.hub.path.dead.retry(letter.id)
    await visitor.hears("abcdefghij", "ABCDEFGHIJ")
    await visitor.hears_nothing_more()
    await told(kit, said.id, ("failed", "not this part"), ("queued", ""), ("sent", ""))
    message = await kit.hub.reading.message(said.id)
    assert message is not None
    assert (message.state, message.error) == ("sent", "")


# -- unknown outcome ------------------------------------------------------------------------------------


@pytest.mark.parametrize("delivered", [True, False])
async def test_an_unknown_outcome_is_tried_again_with_the_same_key_where_that_is_safe(
    make_hub: MakeHub, delivered: bool
) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world)
    visitor = kit.visitor("fake", "u1")
    world.break_down(delivered=delivered)
    await visitor.says("一")
    await kit.until(lambda: len(world.attempts) == 2, "a second try", turning=1)
    await visitor.hears("一")
    await visitor.hears_nothing_more()
    assert len({message.key for message in world.attempts}) == 1
    assert await kit.hub.path.dead.count() == 0


@pytest.mark.parametrize("delivered", [True, False])
async def test_an_unknown_outcome_is_a_dead_letter_where_a_second_copy_would_be_seen(
    make_hub: MakeHub, delivered: bool
) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world, resend_safe=False)
    visitor = kit.visitor("fake", "u1")
    world.break_down(delivered=delivered)
    await visitor.says("一")
    (letter,) = await kit.until(kit.hub.path.dead.all, "a dead letter", turning=1)
    assert letter.error.startswith("unknown outcome, not sent again: ")
    await kit.restart()
    await kit.settled(turning=1)
    assert len(world.attempts) == 1


@pytest.mark.parametrize("delivered", [True, False])
async def test_a_platform_that_can_be_asked_is_asked_before_a_message_goes_again(
    make_hub: MakeHub, delivered: bool
) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world, asking=True, resend_safe=False)
    visitor = kit.visitor("fake", "u1")
    world.break_down(delivered=delivered)
    await visitor.says("一")
    await visitor.hears("一", turning=1)
    await kit.settled(turning=1)
    await visitor.hears_nothing_more()
    assert len(world.attempts) == (1 if delivered else 2)
    (message,) = await answers(kit)
    assert message.external_id == f"fake-{message.id}"


async def test_a_platform_that_is_busy_has_the_full_number_of_tries_where_a_second_copy_would_be_seen(
    make_hub: MakeHub,
) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world, resend_safe=False)
    world.fail(times=MAX_ATTEMPTS - 1)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    await visitor.hears("一", turning=5)
    assert len(world.attempts) == MAX_ATTEMPTS


@pytest.mark.parametrize(("resend_safe", "asking", "again"), [(True, False, 1), (False, False, 0), (False, True, 1)])
async def test_a_hub_that_ends_while_sending_knows_afterwards_what_it_may_do(
    make_hub: MakeHub, resend_safe: bool, asking: bool, again: int
) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world, resend_safe=resend_safe, asking=asking)
    visitor = kit.visitor("fake", "u1")
    world.hang()
    await visitor.says("一")
    await kit.until(lambda: world.attempts, "an attempt under way")
    await kit.hub.path.stop(0.01)
    assert world.arrived == []
    await kit.restart()
    await kit.settled(turning=1)
    assert len(world.attempts) == 1 + again
    assert len({message.key for message in world.attempts}) == 1
    letters = await kit.hub.path.dead.all()
    assert [letter.error[:15] for letter in letters] == ([] if again else ["unknown outcome"])


# -- channels that do not run ----------------------------------------------------------------------------


async def test_messages_wait_in_order_for_a_channel_that_does_not_run_yet(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world)
    visitor = kit.visitor("fake", "u1")
    await visitor.says("零")
    await visitor.hears("零")
    await kit.settled()
    await kit.hub.registry.stop("fake")
    for text in ("一", "二"):
        await visitor.says(text)
    await kit.until(lambda: kit.rows("SELECT id FROM outbox WHERE error <> ''"), "a message that waits")
    assert [message.state for message in await answers(kit)] == ["sent", "queued", "sent"]
    await kit.restart()
    await visitor.hears("一", "二", turning=1)
    await visitor.hears_nothing_more()


# -- dead letters ----------------------------------------------------------------------------------------


async def test_a_dead_letter_that_is_dropped_stays_failed_and_is_gone_from_the_list(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world)
    world.reject("no")
    await kit.visitor("fake", "u1").says("一")
    (letter,) = await kit.until(kit.hub.path.dead.all, "a dead letter")
    assert kit.hub.path.dead_total == 1
    await kit.hub.path.dead.drop(letter.id)
    assert (await kit.hub.path.dead.all(), kit.hub.path.dead_total) == ([], 0)
    assert [(message.state, message.error) for message in await answers(kit)] == [("failed", "no")]
    for act in (kit.hub.path.dead.drop, kit.hub.path.dead.retry):
        with pytest.raises(Refused) as unknown:
            await act(letter.id)
        assert unknown.value.status == 404
    await kit.restart()
    await kit.settled(turning=1)
    assert len(world.attempts) == 1


async def test_a_dead_letter_that_is_refused_again_is_one_again(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world)
    for reason in ("no", "still no"):
        world.reject(reason)
    await kit.visitor("fake", "u1").says("一")
    (letter,) = await kit.until(kit.hub.path.dead.all, "a dead letter")
    await kit.hub.path.dead.retry(letter.id)
    (again,) = await kit.until(kit.hub.path.dead.all, "a dead letter again")
    assert (again.id, again.error) == (letter.id, "still no")
    await kit.until(lambda: kit.hub.path.dead_total == 1, "one dead letter that is counted")


async def test_the_store_may_fail_while_an_end_is_noted_and_nothing_goes_twice(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await opened(make_hub, world, resend_safe=False)
    visitor = kit.visitor("fake", "u1")
    world.hang()
    world.break_down(delivered=True)
    await visitor.says("一")
    await kit.until(lambda: world.attempts, "an attempt under way")
    async with kit.store_down():
        world.resume()
        await kit.until(lambda: "a delivery waits" in kit.log_text, "a store that is not available", turning=0.5)
    await kit.until(kit.hub.path.dead.all, "a dead letter", turning=1)
    assert len(world.attempts) == 1


async def test_a_body_no_channel_can_show_is_a_dead_letter_and_the_lane_goes_on(make_hub: MakeHub) -> None:
    world = FakePlatform()
    kit = await make_hub(use(Faulty, "fake", world=world), EchoBot, clock=ManualClock())
    visitor = kit.visitor("fake", "u1")
    await visitor.says("一")
    (letter,) = await kit.until(kit.hub.path.dead.all, "a dead letter")
    assert "ZeroDivisionError" in letter.error
    kit.plugin("fake", Faulty).fine = True
    await visitor.says("二")
    await visitor.hears("二")


class Faulty(FakeChannel):
    """Cannot say what it takes."""

    fine = False
    asked = 0

    @property
    def limits(self) -> Limits:
        self.asked += 1
        if not self.fine and self.asked > 1:
            raise ZeroDivisionError("limits")
        return Limits()
