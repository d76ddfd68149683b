"""What supervisors are told: the queues as they are now, and experiments with both arms."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub import Agent, Conversation, Person, Plugin, PluginConfig, hookimpl
from hub.testing import FakeChannel, use
from hub.testing.clock import ManualClock
from hub.testing.fixtures import MakeHub
from hub_cli import main
from hub_routing import Routing
from hub_routing.reports import Outcome, by_hour, report
from tests.databases import both_databases
from tests.desk.kit import CONFIG, open_house
from tests.routing.live import Service, service

UTC_ZONE = ZoneInfo("UTC")
TEAMS = [{"id": "front", "name": {"zh-CN": "前台", "en": "Front desk"}}]


def case(id: int, arm: str, hour: int, wait: float | None, *, room: float = 0.5, left: bool = False, work: float = 60) -> Outcome:
    """One case that came at an hour of the second of March."""
    arrived = int(datetime(2026, 3, 2, hour, tzinfo=UTC).timestamp() * 1000)
    at = None if wait is None else arrived + int(wait * 1000)
    closed = None if at is None else at + int(work * 1000)
    return Outcome(id, "front", arrived, 20.0, room, wait, at, closed, left, arm, "pairing-1")


def test_arms_that_saw_other_hours_are_compared_hour_by_hour() -> None:
    """Simpson's paradox: arm b is better in each hour, and looks worse in total, for it had the busy hour."""
    quiet_a = [case(number, "a", 3, 10.0) for number in range(80)]
    busy_a = [case(100 + number, "a", 10, 50.0) for number in range(20)]
    quiet_b = [case(200 + number, "b", 3, 5.0) for number in range(20)]
    busy_b = [case(300 + number, "b", 10, 19.0 if number < 30 else 40.0) for number in range(80)]
    [one] = report([*quiet_a, *busy_a, *quiet_b, *busy_b], UTC_ZONE)
    a, b = one["arms"]["a"], one["arms"]["b"]
    assert (one["experiment"], one["queue"]) == ("pairing-1", "front")
    assert (a["cases"], b["cases"], a["in_time"], b["in_time"]) == (100, 100, 0.8, 0.5)
    assert (a["p50"], a["p95"], b["p50"], b["p95"]) == (10.0, 50.0, 19.0, 40.0)
    assert a["mean"] < b["mean"]
    assert (a["adjusted_in_time"], b["adjusted_in_time"]) == (0.5, 0.6875)
    assert (a["adjusted_mean"], b["adjusted_mean"]) == (30.0, pytest.approx((5.0 + 32.125) / 2))
    assert one["load"] == {"same": False, "hours_apart": 0.6, "room_apart": 0.0}
    assert [(hour["hour"], hour["a"]["cases"], hour["b"]["cases"]) for hour in one["hours"]] == [(3, 80, 20), (10, 20, 80)]


def test_who_left_counts_against_an_arm_and_who_waits_for_none() -> None:
    cases = [case(1, "a", 9, 10.0), case(2, "a", 9, None, left=True), case(3, "a", 9, None), case(4, "b", 9, 21.0, work=30)]
    [one] = report([*cases, case(5, "", 9, 1.0)], UTC_ZONE)
    a, b = one["arms"]["a"], one["arms"]["b"]
    assert (a["cases"], a["answered"], a["left"], a["waiting"], a["in_time"]) == (3, 1, 1, 1, 0.5)
    assert (b["answered"], b["in_time"], b["handling"]) == (1, 0.0, 30.0)


def test_an_arm_that_came_when_more_agents_had_room_is_told() -> None:
    cases = [case(number, "ab"[number % 2], 9, 1.0, room=0.9 if number % 2 else 0.4) for number in range(20)]
    [one] = report(cases, UTC_ZONE)
    assert one["load"] == {"same": False, "hours_apart": 0.0, "room_apart": 0.5}


class First(Plugin[PluginConfig]):
    """Takes the first it is shown."""

    @hookimpl
    async def pick_agent(self, conversation: Conversation, person: Person, candidates: Sequence[Agent]) -> int | None:
        return candidates[0].id


@both_databases
async def test_an_experiment_is_reported_from_what_is_stored(make_hub: MakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    policy = {"agents": {"capacity": 20}, "experiment": {"name": "pairing-1", "policy_b": "plugin.first", "split": 1}}
    plugins = (use(FakeChannel, "web"), use(Routing, "routing", policy), use(First, "first"))
    house = Service(await make_hub(*plugins, service={"first_owner": "queue"}, teams=TEAMS))
    await house.agent("liu")
    await house.with_agent(await house.comes("u1"), "liu")
    leaves, waits = await house.comes("u2"), await house.comes("u3")
    for visitor in (leaves, waits):
        id = (await visitor.is_with("queue")).id
        tasks = house.routing.dispatcher.router.tasks
        await house.kit.until(lambda: id in tasks, "routing knows them")  # noqa: B023

    async def stored() -> bool:
        return len(await house.kit.rows("SELECT 1 AS n FROM routing_decision")) == 3

    await house.kit.until(stored, "all is stored")
    boss = house.kit.agent("boss", role="admin")
    boss._conversation = (await leaves.conversation()).id
    await boss.closes()
    [one] = await house.routing.experiment(1)
    b = one["arms"]["b"]
    assert (one["experiment"], one["queue"], one["arms"]["a"]["cases"]) == ("pairing-1", "front", 0)
    assert (b["cases"], b["answered"], b["left"], b["waiting"], b["in_time"]) == (3, 1, 1, 1, 0.5)


async def test_the_command_tells_an_experiment_in_words(make_hub: MakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    policy = {"agents": {"capacity": 100}, "experiment": {"name": "pairing-1", "policy_b": "plugin.first", "split": 1}}
    plugins = (use(FakeChannel, "web"), use(Routing, "routing", policy), use(First, "first"))
    house = Service(await make_hub(*plugins, service={"first_owner": "queue"}, teams=TEAMS))
    await house.agent("liu")
    data = str(house.kit.data)
    assert await asyncio.to_thread(main, ["route", "experiment", "--data", data, "--locale", "en"]) == 1
    assert "no decision belongs to an experiment, so far back as --days 7" in "".join(capsys.readouterr())
    await house.with_agent(await house.comes("u1"), "liu")
    assert await asyncio.to_thread(main, ["route", "experiment", "--data", data, "--locale", "en", "--days", "2"]) == 0
    printed = capsys.readouterr().out
    assert "experiment pairing-1, queue Front desk" in printed
    assert "Only one arm has cases" in printed
    assert "100.0%" in printed
    assert await asyncio.to_thread(main, ["route", "experiment", "--data", data, "--locale", "zh-CN"]) == 0
    assert "实验 pairing-1，队列 前台" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["route", "experiment", "--data", data, "--days", "0"]) == 1


def test_a_day_by_its_hours_goes_by_the_clock_of_the_house() -> None:
    """Who came before midnight and waited on counts in the first hour of the day."""
    since = int(datetime(2026, 3, 1, 16, tzinfo=UTC).timestamp() * 1000)
    early = Outcome(5, "front", since - 60_000, 20.0, 0.0, 90.0, since + 30_000)
    nine, ten = [case(1, "", 1, 10.0), case(2, "", 1, 30.0), case(3, "", 1, None)], case(4, "", 2, None)
    told = by_hour([(one, one.id == 3) for one in (*nine, ten, early)], since, ZoneInfo("Asia/Shanghai"))
    assert told == [
        {"hour": 0, "came": 1, "answered": 1, "left": 0, "mean": 90.0, "longest": 90.0},
        {"hour": 9, "came": 3, "answered": 2, "left": 1, "mean": 20.0, "longest": 30.0},
        {"hour": 10, "came": 1, "answered": 0, "left": 0, "mean": None, "longest": None},
    ]


@both_databases
async def test_a_supervisor_sees_how_the_queues_are(make_hub: MakeHub) -> None:
    clock = ManualClock()
    policy = {
        "agents": {"capacity": 20}, "offer": {"accept": {"web": "60s"}},
        "queues": {"front": {"sla": {"answer": {"within": "20s", "target": 0.9}}}},
    }  # fmt: skip
    house = await service(make_hub, policy, clock=clock, teams=TEAMS)
    liu = (await house.agent("liu")).id
    first = await house.comes("u1")
    one = (await first.conversation()).id
    await house.kit.until(lambda: house.routing.is_offered(one, liu), "liu is asked")
    await clock.advance(5)
    assert (await house.routing.queues("en"))[0]["today"]["answered"] == 0
    await house.routing.accept(one, liu)
    await house.with_agent(first, "liu")
    second, third = await house.comes("u2"), await house.comes("u3")
    two, three = [(await visitor.is_with("queue")).id for visitor in (second, third)]
    tasks = house.routing.dispatcher.router.tasks
    await house.kit.until(lambda: {two, three} <= tasks.keys(), "both wait")
    await clock.advance(30)
    boss = house.kit.agent("boss", role="admin")
    await boss.takes_over(two)

    async def told() -> bool:
        [queue] = await house.routing.queues("en")
        return bool(queue["today"]["answered"] == 2 and queue["waiting"] == 1)

    await house.kit.until(told, "the take by hand counts")
    [queue] = await house.routing.queues("zh-CN")
    assert (queue["queue"], queue["name"], queue["within"], queue["target"]) == ("front", "前台", 20.0, 0.9)
    assert queue["longest"] == pytest.approx(30, abs=2)
    assert queue["expected"] > 0
    today = queue["today"]
    assert [today[name] for name in ("answered", "in_time", "left", "level")] == [2, 1, 0, 0.5]
    [hour] = today["hours"]
    at = datetime.fromtimestamp(clock.now(), ZoneInfo("Asia/Shanghai")).hour
    assert [hour[name] for name in ("hour", "came", "answered", "left")] == [at, 3, 2, 0]
    assert (hour["mean"], hour["longest"]) == (pytest.approx(17.5, abs=3), pytest.approx(30, abs=3))
    boss._conversation = three
    await boss.closes()
    await house.kit.until(lambda: three not in tasks, "they left")
    today = (await house.routing.queues("en"))[0]["today"]
    assert [today[name] for name in ("answered", "in_time", "left", "level")] == [2, 1, 1, 0.3333]
    assert [one["left"] for one in today["hours"]] == [1]
    counters = house.kit.hub.counters
    assert (counters["routing_answered front in_time"], counters["routing_answered front late"]) == (1, 1)
    await clock.advance(86_400)
    assert (await house.routing.queues("en"))[0]["today"]["level"] is None


async def test_only_supervisors_ask_how_the_queues_are(tmp_path: Path) -> None:
    async with open_house(tmp_path, config=CONFIG + "\nrouting: {}\n", routing=Routing) as house:
        sam, liu = await house.person("sam", "supervisor"), await house.person("liu")
        status, told = await sam.get("/api/routing/queues", locale="en")
        assert (status, {"front", "back"} <= {one["queue"] for one in told["queues"]}) == (200, True)
        assert (await sam.get("/api/routing/experiment", days=3))[1] == {"days": 3, "running": "", "experiments": []}
        assert (await sam.get("/api/routing/experiment", days=0))[0] == 422
        for path in ("queues", "experiment"):
            assert (await liu.get(f"/api/routing/{path}"))[0] == 403
            assert (await house.anonymous().get(f"/api/routing/{path}"))[0] == 401
