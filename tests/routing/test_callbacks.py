"""A call back outlives the router that promised it: what was told is told once, and what was not is told yet."""

from __future__ import annotations

from typing import Any, Final

import pytest

from hub import Author, Event, Text, plain_text
from hub.conversations.scene import Scene
from hub.testing.clock import ManualClock
from hub.testing.fixtures import MakeHub
from hub_routing.engine import Move, Router, Staff
from hub_routing.live.dispatcher import Dispatcher
from tests.databases import both_databases
from tests.routing.live import Service, service
from tests.routing.test_rules import router, task

RULES: Final = {"tries": 2, "retry_gap": "30s", "window": "5m"}
POLICY: Final = {"agents": {"capacity": 20}, "queues": {"q": {"callback": RULES}}}


def kinds(made: Router) -> list[str]:
    return [move.kind for move in made.drain()]


def called(made: Router) -> list[Move]:
    return [move for move in made.drain() if move.kind == "call"]


# -- the engine ---------------------------------------------------------------------------------------


def test_who_was_called_before_a_restart_is_called_again_when_it_is_time() -> None:
    made = router(POLICY, Staff("liu"))
    assert made.adopt(task(1, callback=True, asked_at=5.0, calls=1, called_at=100.0), "liu", 110)
    made.advance(129)
    assert kinds(made) == []
    made.advance(131)
    assert [move.more["try"] for move in called(made)] == [2]
    made.advance(161)
    assert kinds(made) == ["park"]


def test_a_try_whose_time_was_over_meanwhile_is_made_at_once_and_once() -> None:
    made = router(POLICY, Staff("liu"))
    assert made.adopt(task(1, callback=True, asked_at=5.0, calls=1, called_at=100.0), "liu", 500)
    made.advance(500)
    assert [move.at for move in called(made)] == [500]
    made.advance(529)
    assert kinds(made) == []
    made.advance(530)
    assert kinds(made) == ["park"]


def test_who_was_given_to_an_agent_and_not_called_yet_is_called_after_a_restart() -> None:
    made = router(POLICY, Staff("liu"))
    assert made.adopt(task(1, callback=True, asked_at=5.0), "liu", 110)
    assert [move.more["try"] for move in called(made)] == [1]


def test_the_last_try_of_before_leaves_the_room_to_others() -> None:
    made = router(POLICY, Staff("liu"))
    assert made.adopt(task(1, callback=True, asked_at=5.0, calls=2, called_at=100.0), "liu", 110)
    made.enter(task(2, 50.0), 111)
    made.drain()
    made.advance(130)
    assert [(move.kind, move.task and move.task.id) for move in made.drain()] == [("park", 1), ("assign", 2)]


@pytest.mark.parametrize(("late", "told"), [(False, ["callback_late"]), (True, [])])
def test_a_promise_of_before_is_late_once(late: bool, told: list[str]) -> None:
    made = router(POLICY)
    made.enter(task(1, callback=True, asked_at=10.0, late=late), 100)
    made.drain()
    made.advance(309)
    assert kinds(made) == []
    made.advance(310)
    assert kinds(made) == told
    made.advance(1000)
    assert kinds(made) == []


def test_a_promise_that_was_over_before_is_late_at_once() -> None:
    made = router(POLICY)
    made.enter(task(1, callback=True, asked_at=10.0), 400)
    made.drain()
    made.advance(400)
    assert [(move.kind, move.at) for move in made.drain()] == [("callback_late", 400)]


def test_another_policy_keeps_the_dates_of_a_call_back() -> None:
    made = router(POLICY, Staff("liu"))
    for id in (1, 2):
        made.enter(task(id, float(id)), float(id))
        made.callback(id, 5)
    made.enter(task(3, 3.0), 3)
    assert made.adopt(task(4, callback=True, asked_at=5.0, calls=1, called_at=100.0), "liu", 110)
    made.drain()
    longer = {**RULES, "window": "10m"}
    made.renew(router({**POLICY, "queues": {"q": {"callback": longer}}}).policy, 120)
    made.drain()
    made.advance(131)
    assert [(move.task and move.task.id, move.more["try"]) for move in called(made)] == [(4, 2)]
    made.advance(310)
    assert "callback_late" not in kinds(made), "more time is promised now"
    made.advance(606)
    assert [move.task and move.task.id for move in made.drain() if move.kind == "callback_late"] == [2]


def test_who_is_spoken_to_is_not_called_again() -> None:
    made = router(POLICY, Staff("liu"))
    made.enter(task(1), 0)
    made.finish(1, 1)
    assert made.adopt(task(2, callback=True, asked_at=5.0, calls=1, called_at=100.0), "liu", 110)
    made.answered(2, 115)
    made.drain()
    made.advance(500)
    assert kinds(made) == []


def test_who_was_silent_before_is_silent_still() -> None:
    made = router({"agents": {"capacity": 40}, "inactive_after": "10m"}, Staff("liu"))
    assert made.adopt(task(1, answered=True, parked=True), "liu", 1000)
    assert made.adopt(task(2, answered=True, active=900.0), "liu", 1000)
    assert made.loads() == {"liu": 20}
    made.advance(1499)
    assert made.loads() == {"liu": 20}
    made.advance(1500)
    assert made.loads() == {"liu": 0}
    made.drain()
    made.heard(1, 1600)
    assert (kinds(made), made.loads()) == (["wake"], {"liu": 20})


# -- a hub that begins anew ---------------------------------------------------------------------------

# In hours: a stop turns the clock by seconds, more of them the slower the machine is.
HOURS: Final = {"tries": 2, "retry_gap": "1h", "window": "6h"}
HOUR: Final = 3600
LIVE: Final = {"agents": {"capacity": 20}, "agent_gone": {"grace": "1000h"}, "queues": {"front": {"callback": HOURS}}}


async def told(house: Service, id: int) -> int:
    """How often they were told that it is their turn."""
    said = await house.routing.ctx.reading.messages(id)
    return sum("轮到您了" in plain_text(message.body) for message in said)


async def events(house: Service, id: int, kind: str) -> int:
    return len(await house.kit.rows("SELECT id FROM event WHERE conversation_id = ? AND kind = ?", id, kind))


async def asked(make_hub: MakeHub, clock: ManualClock) -> tuple[Service, Any, int]:
    """Somebody waits to be called back."""
    house = await service(make_hub, LIVE, clock=clock)
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    await house.kit.until(lambda: id in house.routing.dispatcher.router.tasks, "they wait")
    assert await house.routing.call_back(id)
    return house, visitor, id


async def again(house: Service, id: int) -> Any:
    """Stop and start; the task as it is known then."""
    await house.kit.settled()
    await house.kit.restart()
    return house.routing.dispatcher.router.tasks[id]


@both_databases
async def test_a_restart_counts_the_calls_on(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house, visitor, id = await asked(make_hub, clock)
    await house.agent("liu")
    await house.with_agent(visitor, "liu")
    assert await told(house, id) == 1, "stored with the assignment"
    task = await again(house, id)
    assert (task.status, task.callback, task.calls) == ("held", True, 1)
    await clock.advance(HOUR / 2)
    await house.kit.settled()
    assert await told(house, id) == 1
    await clock.advance(HOUR)

    async def twice() -> bool:
        return await told(house, id) == 2

    await house.kit.until(twice, "they are called once more", turning=0.1)
    await again(house, id)
    await clock.advance(HOUR)

    async def parked() -> bool:
        rows = await house.kit.rows("SELECT parked FROM routing_case WHERE conversation_id = ?", id)
        return bool(rows[0]["parked"])

    await house.kit.until(parked, "the agent has the room again", turning=0.1)
    task = await again(house, id)
    await clock.advance(10 * HOUR)
    await house.kit.settled()
    assert (await told(house, id), task.parked, house.routing.dispatcher.router.loads()[task.agent]) == (2, True, 0)
    assert await events(house, id, "routing.park") == 1


@both_databases
async def test_that_a_call_back_is_late_is_told_once_whatever_restarts(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house, _, id = await asked(make_hub, clock)
    await clock.advance(4 * HOUR)
    await again(house, id)
    assert await events(house, id, "routing.callback_late") == 0
    await clock.advance(3 * HOUR)

    async def late() -> bool:
        return await events(house, id, "routing.callback_late") > 0

    await house.kit.until(late, "it is told", turning=0.1)
    assert (await again(house, id)).late
    await clock.advance(10 * HOUR)
    await house.kit.settled()
    assert await events(house, id, "routing.callback_late") == 1


async def test_a_call_back_that_became_late_while_the_hub_was_away_is_told_when_it_is_back(make_hub: MakeHub) -> None:
    clock = ManualClock()
    house, _, id = await asked(make_hub, clock)
    await house.kit.settled()
    await house.kit.stop()
    await clock.advance(10 * HOUR)
    await house.kit.restart()

    async def late() -> bool:
        return await events(house, id, "routing.callback_late") == 1

    await house.kit.until(late, "it is told", turning=0.1)


async def test_who_spoke_or_was_spoken_to_in_the_last_moment_of_a_run_is_not_called_again(
    make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said is in the store, also where the router of that run never heard of it."""
    clock = ManualClock()
    house, visitor, id = await asked(make_hub, clock)
    liu = await house.agent("liu")
    await house.with_agent(visitor, "liu")
    author = Author("agent", str(liu.id), "liu")

    async def asks(scene: Scene) -> None:
        scene.say(author, (Text("在吗？"),))

    monkeypatch.setattr(Dispatcher, "_happened", deaf)
    await house.kit.hub.path.in_conversation(id, "liu", asks)
    task = await again(house, id)
    assert (task.agent, task.callback, task.called_at) == (str(liu.id), True, None)
    await visitor.says("在的")
    assert not (await again(house, id)).callback


async def deaf(dispatcher: Dispatcher, event: Event) -> None:
    """Hears nothing."""
