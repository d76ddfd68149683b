"""The rules of the router, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from hub_routing import RoutingConfig
from hub_routing.engine import Router, Staff, Task


def router(policy: dict[str, Any], *staff: Staff, accepting: bool = False) -> Router:
    made = Router(RoutingConfig.model_validate(policy), accepting=accepting)
    for one in staff:
        made.join(one, 0.0)
    return made


def task(id: int, at: float = 0.0, **facts: Any) -> Task:
    tier = facts.pop("tier", "")
    channel, queue = facts.pop("channel", "web"), facts.pop("queue", "q")
    return Task(id, queue, channel, at, tier=tier, facts={"customer": {"tier": tier}, "case": facts.pop("case", {})}, **facts)


def test_an_owner_serves_above_capacity_where_the_affinity_is_exclusive() -> None:
    step = {"to": "owner", "tiers": ["black"], "exclusive": True, "burst": 20}
    made = router({"affinity": [step]}, Staff("own", capacity=20), Staff("other", capacity=20))
    made.enter(task(1, owner="own", tier="black"), 0)
    made.enter(task(2, owner="own", tier="black"), 1)
    made.enter(task(3, owner="own", tier="black"), 2)
    assert [made.tasks[one].agent for one in (1, 2, 3)] == ["own", "own", "other"]


def test_who_waits_for_the_last_agent_keeps_the_place_and_goes_on_in_time() -> None:
    step = {"to": "last_agent", "within": "7d", "wait": "30s", "only_if": "online"}
    made = router({"affinity": [step]}, Staff("last", capacity=20), Staff("other", capacity=20))
    made.enter(task(1), 0)
    made.finish(1, 1)
    made.enter(task(2, 1.5), 1.5)
    assert made.tasks[2].agent == "other"
    made.enter(task(3, 2), 2)
    assert made.tasks[3].agent == "last"
    made.enter(task(4, 3, last_agent="last", last_at=1), 3)
    made.enter(task(5, 4), 4)
    assert made.tasks[4].status == "private"
    made.finish(2, 5)
    assert made.tasks[5].agent == "other"
    made.finish(5, 6)
    assert made.tasks[4].status == "private"
    made.advance(33.5)
    assert made.tasks[4].agent == "other"


def test_a_call_interrupts_mail_and_nothing_else() -> None:
    made = router({"interrupt": {"voice": ["email"]}}, Staff("liu"))
    made.enter(task(1, channel="email"), 0)
    made.enter(task(2, 1, channel="voice"), 1)
    made.enter(task(3, 2, channel="email"), 2)
    assert [made.tasks[one].agent for one in (1, 2, 3)] == ["liu", "liu", ""]


def test_overflow_goes_to_the_other_queue_with_the_age() -> None:
    overflow = {"after": "60s", "when": "waiting > 0 and longest > 50s", "do": ["offer_message", {"to": "other"}]}
    policy = {"queues": {"q": {"need": {"x": 1}, "overflow": overflow}, "other": {}}}
    made = router(policy, Staff("liu"))
    made.enter(task(1), 0)
    made.drain()
    made.advance(61)
    assert [move.kind for move in made.drain()] == ["offer_message", "moved", "assign"]
    assert (made.tasks[1].queue, made.tasks[1].agent, made.tasks[1].arrived) == ("other", "liu", 0.0)


def test_outside_the_hours_a_case_is_kept_for_the_morning() -> None:
    policy = {"timezone": "UTC", "queues": {"q": {"hours": {"open": "09:00-18:00", "closed": ["leave_message"]}}}}
    made = router(policy, Staff("liu"))
    evening = 1_700_000_000.0 - 1_700_000_000 % 86_400 + 20 * 3600
    made.enter(task(1, evening), evening)
    assert [move.kind for move in made.drain()] == ["closed"]
    made.advance(evening + 13 * 3600 - 61)
    assert made.tasks[1].agent == ""
    made.advance(evening + 13 * 3600 + 61)
    assert made.tasks[1].agent == "liu"


def test_someone_who_is_gone_is_suspect_first_and_those_with_the_word_stay() -> None:
    made = router({"agent_gone": {"suspect": "25s", "grace": "60s", "boost": "60s"}}, Staff("liu"))
    made.enter(task(1), 0)
    made.enter(task(2), 0)
    made.heard(1, 1)
    made.heard(2, 1)
    made.answered(2, 2)
    made.presence("liu", False, 10)
    made.drain()
    made.advance(36)
    assert [move.kind for move in made.drain()] == ["suspect"]
    made.advance(71)
    assert [move.kind for move in made.drain()] == ["gone", "requeue", "queued"]
    assert (made.tasks[1].status, made.tasks[1].boost) == ("waiting", 60)
    assert made.tasks[2].agent == "liu"
    made.heard(2, 80)
    assert made.tasks[2].status == "waiting"
    made.join(Staff("wang"), 90)
    assert {made.tasks[one].agent for one in (1, 2)} == {"wang"}


TOLD = {
    "announce": {"first": "5s", "every": "60s"},
    "overflow": {"after": "10s", "do": ["offer_message"]},
    "rings": [{"after": "20s", "need": {}}],
}


def kinds(made: Router) -> list[str]:
    return [move.kind for move in made.drain()]


def test_who_is_known_better_is_not_sought_for_anew_where_nothing_else_is_asked() -> None:
    made = router({"queues": {"q": TOLD}}, Staff("liu", capacity=20))
    made.enter(task(0), 0)
    made.enter(task(1), 0)
    made.advance(11)
    assert kinds(made) == ["assign", "queued", "announce", "offer_message"]
    before = made.tasks[1].version
    made.learn(task(1, case={"tags": ("message_left",)}), 12)
    assert kinds(made) == []
    assert (made.tasks[1].version, made.tasks[1].facts["case"]["tags"]) == (before, ("message_left",))
    made.advance(64)
    assert "announce" not in kinds(made), "the ring and the tag bring no announcement forward"
    made.advance(66)
    assert kinds(made) == ["announce"]


def test_who_waits_for_one_agent_goes_on_waiting_for_them_when_tagged() -> None:
    step = {"to": "last_agent", "within": "7d", "wait": "30s", "only_if": "online"}
    made = router({"affinity": [step]}, Staff("last", capacity=20))
    made.enter(task(0), 0)
    made.enter(task(1, last_agent="last"), 0)
    assert made.tasks[1].status == "private"
    made.drain()
    made.learn(task(1, last_agent="last", case={"tags": ("angry",)}), 29)
    made.advance(31)
    assert (made.tasks[1].status, kinds(made)) == ("waiting", ["queued"])


def test_who_needs_something_else_is_sought_for_anew_and_told_nothing_twice() -> None:
    made = router({"queues": {"q": TOLD}}, Staff("liu", capacity=20), Staff("wang", skills={"refund": 3}, state="break"))
    made.enter(task(0), 0)
    made.enter(task(1), 0)
    made.advance(11)
    made.drain()
    made.learn(task(1, need={"refund": 3}), 12)
    assert kinds(made) == ["queued"]
    made.finish(0, 13)
    assert (made.tasks[1].agent, made.tasks[1].arrived) == ("", 0.0)
    made.advance(64)
    assert [one for one in kinds(made) if one != "queued"] == []
    made.state("wang", "online", 65)
    assert made.tasks[1].agent == "wang"


def test_a_tag_that_makes_a_vip_acts() -> None:
    made = router({"vip": {"when": "case.tags == 'urgent'", "burst": 100}}, Staff("liu", capacity=20))
    made.enter(task(0), 0)
    made.enter(task(1), 0)
    made.learn(task(1, case={"tags": "urgent"}), 1)
    assert made.tasks[1].agent == "liu"


def test_who_comes_back_from_an_agent_is_told_again() -> None:
    made = router({"queues": {"q": TOLD}}, Staff("liu", capacity=20))
    made.enter(task(1), 0)
    made.state("liu", "break", 1)
    made.requeue(made.tasks[1], 30, "returned", without="liu")
    made.drain()
    made.advance(36)
    assert kinds(made) == ["offer_message", "announce"]


def test_a_place_is_announced_as_a_band() -> None:
    announce = {"first": "5s", "every": "60s", "bands": ["1m", "3m"]}
    made = router({"queues": {"q": {"announce": announce, "callback": {"offer_if_ewt": "10s"}}}}, Staff("liu", capacity=20))
    for number in range(4):
        made.enter(task(number, number), float(number))
    made.drain()
    made.advance(9)
    moves = [move for move in made.drain() if move.kind == "announce"]
    assert [(move.task.id, move.more["place"]) for move in moves if move.task] == [(1, 1), (2, 2), (3, 3)]
    assert all(move.more["callback"] for move in moves)


def test_accumulated_priority_starves_nobody() -> None:
    policy = {"queues": {"fast": {"score": {"aging": 5}}, "slow": {}}}
    made = router(policy, Staff("liu", capacity=20))
    made.enter(task(0), 0)
    made.enter(task(1, 0, queue="slow"), 0)
    made.enter(task(2, 100, queue="fast"), 100)
    made.finish(0, 110)
    assert made.tasks[1].agent == "liu"
    made.enter(task(3, 111, queue="slow"), 111)
    made.finish(1, 130)
    assert made.tasks[2].agent == "liu"


@pytest.mark.parametrize(("rule", "chosen"), [("least_loaded", "idle"), ("specialist_first", "narrow")])
def test_the_rule_decides_among_the_able(rule: str, chosen: str) -> None:
    made = router(
        {"queues": {"q": {"need": {"x": 1}, "pick": rule}}},
        Staff("narrow", skills={"x": 1}),
        Staff("idle", skills={"x": 1, "y": 1}),
    )
    made.adopt(task(1), "narrow", 0)
    made.enter(task(2), 1)
    assert made.tasks[2].agent == chosen


def test_who_is_called_back_keeps_the_place_and_is_tried_again() -> None:
    policy = {"queues": {"q": {"callback": {"tries": 2, "retry_gap": "30s", "window": "5m"}}}}
    made = router(policy, Staff("liu", capacity=20))
    for number in range(3):
        made.enter(task(number, number), float(number))
    assert made.callback(1, 5)
    assert not made.callback(0, 5)
    made.drain()
    made.finish(0, 100)
    assert [(move.kind, move.task and move.task.id) for move in made.drain()] == [("call", 1), ("assign", 1)]
    made.advance(131)
    assert [move.kind for move in made.drain()] == ["call"]
    made.advance(161)
    # Nobody is there: the agent keeps the case and has the room for the next.
    assert [(move.kind, move.task and move.task.id) for move in made.drain()] == [("park", 1), ("assign", 2)]
    made.heard(1, 170)
    assert made.tasks[1].agent == "liu"
    assert made.loads() == {"liu": 40}


def test_who_is_called_back_is_called_when_an_agent_accepts() -> None:
    """An offer calls nobody: it may be declined, and uses no try up."""
    policy = {"offer": {"accept": {"web": "20s"}}, "queues": {"q": {"callback": {"tries": 1}}}}
    made = router(policy, Staff("liu", capacity=20), Staff("wang", capacity=20, state="break"), accepting=True)
    made.enter(task(0), 0)
    made.accept(0, 1)
    made.enter(task(1, 1), 1)
    assert made.callback(1, 5)
    made.drain()
    made.finish(0, 10)
    assert [move.kind for move in made.drain()] == ["offer"]
    made.heard(1, 12)
    assert made.tasks[1].callback, "what they write while they wait takes nothing back"
    made.state("wang", "online", 13)
    made.decline(1, 14)
    assert [move.kind for move in made.drain()] == ["requeue", "offer"]
    made.accept(1, 20)
    assert [(move.kind, move.agent) for move in made.drain()] == [("call", "wang"), ("assign", "wang")]
    assert made.tasks[1].calls == 1


def test_another_pick_is_no_second_call() -> None:
    made = router({"queues": {"q": {"callback": {}}}}, Staff("liu", state="break"), Staff("wang", state="break"))
    made.enter(task(1), 0)
    assert made.callback(1, 5)
    made.drain()
    made.state("wang", "online", 10)
    made.state("liu", "online", 10)
    assert made.repick(made.tasks[1], "liu", 10)
    assert [move.kind for move in made.drain()] == ["call", "assign"]
    assert made.tasks[1].calls == 1


def test_a_call_back_that_is_late_is_told() -> None:
    made = router({"queues": {"q": {"callback": {"window": "5m"}}}})
    made.enter(task(1), 0)
    assert made.callback(1, 10)
    made.drain()
    made.advance(311)
    assert [move.kind for move in made.drain()] == ["callback_late"]


def test_the_lock_on_an_agent_ends_with_its_age_or_with_their_room() -> None:
    made = router({"person_lock": {"max_age": "1h"}}, Staff("liu", capacity=20))
    made.enter(task(1), 0)
    made.heard(1, 1)
    made.answered(1, 2)
    made.state("liu", "break", 3)
    made.heard(1, 3000)
    assert made.tasks[1].agent == "liu"
    made.answered(1, 3001)
    made.heard(1, 3001 + 3601)
    assert made.tasks[1].status == "waiting"

    policy = {"inactive_after": "10m", "person_lock": {"ignore_capacity": False}}
    made = router(policy, Staff("liu", capacity=20))
    made.enter(task(1), 0)
    made.answered(1, 1)
    made.enter(task(2, 2), 2)
    made.advance(602)
    assert made.tasks[2].agent == "liu"
    made.heard(1, 700)
    assert made.tasks[1].status == "waiting"
    assert made.loads() == {"liu": 20}


def waiting_in(policy: dict[str, Any], channel: str, queue: str = "q") -> str:
    """The queue in which somebody waits who came to `queue` on `channel`."""
    made = router(policy)
    made.enter(task(1, channel=channel, queue=queue), 0.0)
    moved = [move.more["from"] for move in made.drain() if move.kind == "moved"]
    found = made.tasks[1].queue
    assert moved == ([queue] if found != queue else [])
    return found


def test_who_comes_on_a_channel_the_queue_does_not_serve_goes_where_it_is_served() -> None:
    queues = {"q": {"channels": ["voice"]}, "mail": {"channels": ["email"]}, "all": {}, "chat": {"channels": ["web"]}}
    assert waiting_in({"queues": queues}, "voice") == "q"
    assert waiting_in({"queues": queues}, "email") == "mail"
    assert waiting_in({"queues": queues}, "web") == "all"
    leads = {**queues, "q": {"channels": ["voice"], "overflow": {"do": ["offer_message", {"to": "chat"}]}}}
    assert waiting_in({"queues": leads}, "web") == "chat"
    assert waiting_in({"queues": leads}, "qq") == "all"
    assert waiting_in({"queues": leads}, "web", "nobody described it") == "nobody described it"
    # Where nobody serves the channel it stays: better served by the wrong queue than by nobody.
    assert waiting_in({"queues": {"q": {"channels": ["voice"]}}}, "web") == "q"


def test_who_wants_no_call_back_any_more_waits_on_at_the_same_place() -> None:
    made = router({"agents": {"capacity": 20}, "queues": {"q": {"callback": {"window": "5m"}}}}, Staff("liu"))
    for id in (1, 2, 3):
        made.enter(task(id, float(id)), float(id))
    assert not made.stay(2), "nobody was to call them"
    assert made.callback(2, 10.0)
    assert made.stay(2)
    assert made.estimate(made.tasks[2])[0] == 1
    assert made.callback(3, 20.0)
    assert made.stay(3)
    assert made.callback(3, 200.0)
    made.drain()
    made.advance(330.0)
    assert made.drain() == [], "the promise they took back is no promise"
    made.advance(501.0)
    assert [(move.kind, move.task and move.task.id) for move in made.drain()] == [("callback_late", 3)]
    made.finish(1, 510.0)
    assert [(move.kind, move.task and move.task.id) for move in made.drain()] == [("assign", 2)], "they are here: nobody calls"


@pytest.mark.parametrize(("kept", "order"), [(True, [2, 3]), (False, [3, 2])])
def test_who_is_to_be_called_back_keeps_the_place_or_waits_anew(kept: bool, order: list[int]) -> None:
    policy = {"agents": {"capacity": 20}, "queues": {"q": {"callback": {"keep_place": kept}}}}
    made = router(policy, Staff("liu"))
    for id in (1, 2, 3):
        made.enter(task(id, float(id)), float(id))
    assert made.callback(2, 10.0)
    assert made.tasks[2].callback
    assert made.tasks[2].arrived == (2.0 if kept else 10.0)
    served = []
    for now, id in enumerate((1, *order), 20):
        made.finish(id, float(now))
        served += [one for one, held in made.tasks.items() if held.status == "held"]
    assert served == order
