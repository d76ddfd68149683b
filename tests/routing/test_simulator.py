"""The simulation against others: ciw for calls, a slow sum for talks that share an agent's speed, and the goals of the design."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import ciw
import pytest

from hub_routing.simulate import Arrival, Replayed
from tests.routing.scenes import Agent, agents, mean, replayed, trace, waits

CLOSE = 1e-9


class Given(ciw.dists.Distribution):
    """The very values of a trace, in its order."""

    def __init__(self, values: Sequence[float]) -> None:
        self._values = list(values)

    def sample(self, t: Any = None, ind: Any = None) -> float:
        return self._values.pop(0) if self._values else float("inf")


def told_by_ciw(arrivals: Sequence[Arrival], servers: int) -> dict[float, tuple[float, bool]]:
    """By the time of arrival: when service began or they left, and whether they were served."""
    gaps = [b.at - a for a, b in zip([0.0, *(one.at for one in arrivals)], arrivals, strict=False)]
    impatient = any(one.patience is not None for one in arrivals)
    network = ciw.create_network(
        arrival_distributions=[Given(gaps)],
        service_distributions=[_Work([one.work for one in arrivals])],
        number_of_servers=[servers],
        **({"reneging_time_distributions": [_Work([one.patience for one in arrivals])]} if impatient else {}),
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(len(arrivals), method="Finish")
    found = {}
    for record in simulation.get_all_records():
        served = record.record_type == "service"
        found[record.id_number] = (record.service_start_date if served else record.exit_date, served)
    return found


class _Work(ciw.dists.Distribution):
    """The value of each customer, whenever it is asked for: by the customer's number, not by the order of asking."""

    def __init__(self, values: Sequence[float | None]) -> None:
        self._values = values

    def sample(self, t: Any = None, ind: Any = None) -> float:
        value = self._values[ind.id_number - 1] if ind.id_number <= len(self._values) else 1.0
        return float("inf") if value is None else value


def assert_the_same(done: Replayed, told: dict[Any, tuple[float, bool]]) -> None:
    compared = 0
    for number, fate in enumerate(done.fates, 1):
        if number not in told:
            continue
        at, served = told[number]
        mine = fate.assigned_at if served else fate.abandoned_at
        assert mine is not None, number
        assert abs(mine - at) <= CLOSE * max(1.0, 1e-6 * at), (number, mine, at)
        compared += 1
    assert compared > 0.95 * len(done.fates)


@pytest.mark.parametrize("load", [0.7, 0.95])
def test_calls_wait_as_long_as_ciw_says(load: float) -> None:
    arrivals = trace(11, 4000, every=180 / 10 / load, work=180)
    done = replayed({}, agents(10), arrivals)
    assert_the_same(done, told_by_ciw(arrivals, 10))


def test_calls_that_are_given_up_are_those_ciw_gives_up() -> None:
    arrivals = trace(12, 4000, every=180 / 10 / 1.1, work=180, patience=240)
    done = replayed({}, agents(10), arrivals)
    assert_the_same(done, told_by_ciw(arrivals, 10))
    lost = sum(one.abandoned_at is not None for one in done.fates)
    assert 0.05 < lost / len(arrivals) < 0.3


# -- talks that share an agent's speed -----------------------------------------------------------------


def shared_slowly(arrivals: Sequence[Arrival], count: int, speed: Sequence[float]) -> list[tuple[float, float]]:
    """When each began and ended, by looking at everybody at every event: least loaded first, the longest idle among equals."""
    held: list[dict[int, float]] = [{} for _ in range(count)]
    touched = list(range(-count, 0))
    began, ended = [0.0] * len(arrivals), [0.0] * len(arrivals)
    waiting: list[int] = []
    now, step, coming = 0.0, 0, 0

    def rate(agent: int) -> float:
        return speed[min(len(held[agent]), len(speed)) - 1]

    def seat() -> None:
        nonlocal step
        while waiting:
            free = [agent for agent in range(count) if len(held[agent]) < len(speed)]
            if not free:
                return
            agent = min(free, key=lambda one: (len(held[one]), touched[one]))
            number = waiting.pop(0)
            held[agent][number] = arrivals[number].work
            began[number] = now
            step += 1
            touched[agent] = step

    while coming < len(arrivals) or any(held):
        ends = [(now + left / rate(agent), agent, number) for agent in range(count) for number, left in held[agent].items()]
        end = min(ends, default=(float("inf"), 0, 0))
        at = arrivals[coming].at if coming < len(arrivals) else float("inf")
        then = min(at, end[0])
        for agent in range(count):
            pace = rate(agent) if held[agent] else 0.0
            for number in held[agent]:
                held[agent][number] -= (then - now) * pace
        now = then
        if end[0] <= at:
            _, agent, number = end
            del held[agent][number]
            ended[number] = now
            step += 1
            touched[agent] = step
        else:
            waiting.append(coming)
            coming += 1
        seat()
    return list(zip(began, ended, strict=True))


def test_chats_that_share_an_agent_take_as_long_as_a_slow_sum_says() -> None:
    speed = (1.0, 1.0, 1.0, 0.8, 0.64)
    arrivals = trace(13, 1500, every=600 / 3 / 3.2, work=600, channel="web")
    staff = agents(3, speed=speed)
    done = replayed({"agents": {"capacity": 100, "cost": {"web": 20}}}, staff, arrivals)
    for fate, (began, ended) in zip(done.fates, shared_slowly(arrivals, 3, speed), strict=True):
        assert fate.assigned_at == pytest.approx(began, abs=1e-6)
        assert fate.finished_at == pytest.approx(ended, abs=1e-6)


# -- the goals of the design ---------------------------------------------------------------------------


def pooled(arrivals: Sequence[Arrival], count: int) -> float:
    """The mean wait if everybody could serve everybody."""
    anybody = [Arrival(one.id, one.at, one.channel, "q", {}, "", one.work, one.patience) for one in arrivals]
    return mean(waits(replayed({}, agents(count), anybody)))


def by_class(policy: dict[str, Any]) -> dict[str, Any]:
    return {"queues": dict.fromkeys(("A", "B", "C"), policy)}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_n_design_is_no_worse_than_specialists_first(seed: int) -> None:
    def kind(chance: random.Random) -> dict[str, Any]:
        name = "B" if chance.random() < 0.4 else "A"
        return {"queue": name, "need": {name.lower(): 1}}

    arrivals = trace(seed, 12_000, every=180 / 20 / 0.90, work=180, kind=kind)
    staff = [*agents(10, "s", skills={"a": 1}), *agents(10, "g", skills={"a": 1, "b": 1})]
    specialists = mean(waits(replayed(by_class({"pick": "specialist_first"}), staff, arrivals)))
    ours = by_class({"pick": "specialist_first", "score": {"scarcity": "auto"}})
    assert mean(waits(replayed(ours, staff, arrivals))) <= specialists


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_w_design_is_near_the_pooled_bound_and_fair(seed: int) -> None:
    def kind(chance: random.Random) -> dict[str, Any]:
        draw = chance.random()
        name = "A" if draw < 0.40 else "B" if draw < 0.65 else "C"
        return {"queue": name, "need": {name.lower(): 1}}

    arrivals = trace(seed, 20_000, every=180 / 20 / 0.90, work=180, kind=kind)
    staff = [*agents(10, "l", skills={"a": 1, "b": 1}), *agents(10, "r", skills={"b": 1, "c": 1})]
    done = replayed(by_class({"score": {"scarcity": "auto"}}), staff, arrivals)
    overall = mean(waits(done))
    assert overall <= 1.35 * pooled(arrivals, 20)
    for name in "ABC":
        assert mean(waits(done, name)) <= 1.15 * overall


def test_chats_go_to_the_least_loaded_because_that_is_better() -> None:
    arrivals = trace(5, 8000, every=600 / (10 * 3.2), work=600, patience=240, channel="web")
    staff = agents(10, speed=(1.0, 1.0, 1.0, 0.8, 0.64))

    def run(pick: str) -> tuple[float, int]:
        done = replayed({"queues": {"q": {"pick": pick}}}, staff, arrivals)
        return mean(waits(done)), sum(one.abandoned_at is not None for one in done.fates)

    least, usual = run("least_loaded"), replayed({}, staff, arrivals)
    assert mean(waits(usual)) == least[0]
    idle = run("longest_idle")
    assert least[0] < idle[0]
    assert least[1] < idle[1]


def _some_vips(chance: random.Random) -> dict[str, Any]:
    return {"tier": "gold" if chance.random() < 0.05 else ""}


GOLD = {"when": "customer.tier == 'gold'"}


def within_a_second(done: Replayed) -> float:
    vips = [one for one in done.fates if one.arrival.tier == "gold"]
    return sum(one.wait <= 1 for one in vips) / len(vips)


def test_a_burst_slot_serves_every_vip_chat_within_a_second_at_full_load() -> None:
    arrivals = trace(7, 12_000, every=600 / (20 * 5), work=600, channel="web", kind=_some_vips)
    without = replayed({"vip": GOLD}, agents(20), arrivals)
    done = replayed({"vip": {**GOLD, "burst": 20}}, agents(20), arrivals)
    assert within_a_second(without) < 1
    assert within_a_second(done) == 1


def test_two_reserved_agents_serve_vip_calls() -> None:
    arrivals = trace(8, 20_000, every=180 / 19, work=180, kind=_some_vips)
    policy = {"vip": {**GOLD, "reserve": {"pool": "voice", "idle": 2}}}
    assert within_a_second(replayed(policy, agents(24), arrivals)) >= 0.995
    assert within_a_second(replayed({"vip": GOLD}, agents(24), arrivals)) < 0.95


def test_the_same_trace_gives_the_same_fates() -> None:
    arrivals = trace(9, 2000, every=10, work=180, patience=200, kind=_some_vips)
    runs = [replayed({"vip": GOLD}, agents(15), arrivals) for _ in range(2)]
    told = [[(one.assigned_at, one.finished_at, one.agent) for one in run.fates] for run in runs]
    assert told[0] == told[1]


def test_capacity_is_an_agents_own_where_it_is_said() -> None:
    arrivals = [Arrival(number, 0.0, "web", "q", {}, "", 100.0, None) for number in range(4)]
    done = replayed({}, [Agent("one", capacity=20), Agent("three", capacity=60)], arrivals)
    assert [one.agent for one in done.fates].count("one") == 1
    assert [one.agent for one in done.fates].count("three") == 3
