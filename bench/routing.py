"""What a decision of the router costs with 10,000 who wait and 1,000 who serve.

Prints the share of µs of arrivals, freed agents, ring steps and leavers, and of all of them together::

    python -m bench.routing [--events 20000]
"""

from __future__ import annotations

import argparse
import gc
import random
import time
from collections.abc import Sequence

from bench.table import row
from hub_routing import RoutingConfig
from hub_routing.engine import Router, Staff, Task

AGENTS, WAITING = 1_000, 10_000
SKILLS = 40
GOAL_P99, GOAL_P999 = 200.0, 5000.0
CHANNELS = ("voice", "web", "wechat", "email")


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def policy() -> RoutingConfig:
    queues = {
        f"q{number}": {
            "need": {f"s{number}": 2},
            "score": {"scarcity": "auto"},
            "rings": [{"after": 60, "need": {f"s{number}": 1}}],
        }
        for number in range(SKILLS)
    }
    vip = {"when": "customer.tier == 'gold'", "burst": 20}
    return RoutingConfig.model_validate({"queues": queues, "vip": vip})


def measured(events: int) -> dict[str, list[float]]:
    """µs of each decision, by kind."""
    chance = random.Random(1)
    router = Router(policy(), accepting=False)
    for number in range(AGENTS):
        skills = {f"s{one}": chance.randint(1, 4) for one in chance.sample(range(SKILLS), 6)}
        router.join(Staff(f"a{number}", skills=skills), 0.0)
    now, count = 0.0, 0
    waiting: list[int] = []

    def come() -> int:
        nonlocal count
        count += 1
        queue, tier = f"q{chance.randrange(SKILLS)}", "gold" if chance.random() < 0.05 else ""
        task = Task(count, queue, chance.choice(CHANNELS), now, {}, tier, {"customer": {"tier": tier}, "case": {}})
        router.enter(task, now)
        return count

    while sum(task.status == "waiting" for task in router.tasks.values()) < WAITING:
        for _ in range(500):
            now += 0.001
            come()
        router.drain()
    waiting = [id for id, task in router.tasks.items() if task.status == "waiting" and isinstance(id, int)]
    gc.collect()
    gc.freeze()
    spent: dict[str, list[float]] = {"arrival": [], "agent freed": [], "ring": [], "leaver": []}

    def timed(kind: str, act: object) -> None:
        assert callable(act)
        began = time.perf_counter_ns()
        act()
        spent[kind].append((time.perf_counter_ns() - began) / 1000)
        router.drain()

    for _ in range(events):
        now += 0.01
        busy = [one for one in (router.floor.staff[chance.randrange(AGENTS)],) if one is not None and one.talks]
        timed("arrival", come)
        for staff in busy:
            done = next(iter(staff.talks))
            timed("agent freed", lambda done=done, now=now: router.finish(done, now))
        while (due := router.next_due) is not None and due <= now:
            timed("ring", lambda due=due: router.advance(due))
        while len(waiting) > 1 and len(router.tasks) > WAITING + 3 * AGENTS:
            gone = waiting.pop(chance.randrange(len(waiting)))
            if gone in router.tasks and router.tasks[gone].status == "waiting":
                timed("leaver", lambda gone=gone, now=now: router.finish(gone, now))
                break
    gc.unfreeze()
    return spent


def decision_cost(events: int = 20_000) -> list[str]:
    """The rows of the table."""
    spent = measured(events)
    rows = []
    for kind, values in spent.items():
        if values:
            cells = (percentile(values, 0.5), percentile(values, 0.99), percentile(values, 0.999))
            rows.append(row(f"routing: {kind}", f"p50 {cells[0]:.1f} µs, p99 {cells[1]:.1f} µs, p99.9 {cells[2]:.1f} µs"))
    every = [value for values in spent.values() for value in values]
    p99, p999 = percentile(every, 0.99), percentile(every, 0.999)
    kept = p99 < GOAL_P99 and p999 < GOAL_P999
    told = f"p99 {p99:.1f} µs, p99.9 {p999:.1f} µs ({len(every)} with {WAITING} waiting, {AGENTS} agents)"
    return [*rows, row("routing: all decisions", told, "200 µs, 5 ms", kept)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.routing", description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    print("\n".join(decision_cost(parser.parse_args().events)))


if __name__ == "__main__":
    main()
