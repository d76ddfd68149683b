"""The router after every event beside a slow one that looks at everybody: the same customers are with the same agents."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub_routing import RoutingConfig
from hub_routing.engine import Router, Staff, Task

HEAD_START, BURST, KEEP = 900.0, 20, 1
COST = {"web": 20, "voice": 100}
POLICY: dict[str, Any] = {
    "agents": {"capacity": 100, "cost": COST},
    "vip": {
        "when": "customer.tier == 'gold'",
        "burst": BURST,
        "reserve": {"pool": "voice", "idle": KEEP},
        "steps": ["any skilled"],
    },
    "queues": {
        "a": {"need": {"x": 3}, "rings": [{"after": 30, "need": {"x": 2}}, {"after": 60, "drop": ["x"]}]},
        "b": {"need": {"y": 1}},
        "c": {},
    },
}
NEED: dict[str, list[tuple[float, dict[str, int]]]] = {
    "a": [(0, {"x": 3}), (30, {"x": 2}), (60, {})], "b": [(0, {"y": 1})], "c": [(0, {})],
}  # fmt: skip


@dataclass
class SlowAgent:
    id: str
    skills: dict[str, int]
    capacity: int
    online: bool = True
    off: set[str] = field(default_factory=set)
    touched: int = 0
    talks: dict[int, SlowTask] = field(default_factory=dict)

    def free(self) -> int:
        return self.capacity - sum(COST[one.channel] for one in self.talks.values())

    def takes(self, channel: str) -> bool:
        return self.online and channel not in self.off


@dataclass
class SlowTask:
    id: int
    queue: str
    channel: str
    vip: bool
    arrived: float
    ring: int = 0
    pushed: int = 0

    @property
    def key(self) -> float:
        return self.arrived - (HEAD_START if self.vip else 0)


class SlowRouter:
    """The rules, said as plainly as can be."""

    def __init__(self) -> None:
        self.agents: list[SlowAgent] = []
        self.waiting: list[SlowTask] = []
        self.count = 0

    def tick(self) -> int:
        self.count += 1
        return self.count

    def kept(self) -> list[SlowAgent]:
        idle = [one for one in self.agents if one.takes("voice") and one.free() >= COST["voice"]]
        return idle if len(idle) <= KEEP else []

    def able(self, task: SlowTask) -> list[SlowAgent]:
        need = NEED[task.queue][task.ring][1]
        fit = [
            one for one in self.agents
            if one.takes(task.channel) and all(one.skills.get(skill, 0) >= level for skill, level in need.items())
        ]  # fmt: skip
        with_room = [one for one in fit if one.free() >= COST[task.channel]]
        if task.vip:
            return with_room or [one for one in fit if one.free() >= COST[task.channel] - BURST]
        kept = self.kept()
        return [one for one in with_room if one not in kept]

    def give(self, task: SlowTask, able: list[SlowAgent]) -> None:
        if task.channel == "voice":
            agent = min(able, key=lambda one: one.touched)
        else:
            agent = min(able, key=lambda one: (-one.free(), one.touched))
        agent.talks[task.id] = task
        agent.touched = self.tick()

    def arrive(self, task: SlowTask) -> None:
        if able := self.able(task):
            self.give(task, able)
        else:
            task.pushed = self.tick()
            self.waiting.append(task)

    def serve(self, now: float) -> None:
        while True:
            found = [(task, able) for task in self.waiting if (able := self.able(task))]
            if not found:
                return
            task, able = min(found, key=lambda one: (-(now - one[0].key), one[0].key, one[0].id))
            self.waiting.remove(task)
            self.give(task, able)

    def advance(self, now: float) -> None:
        while True:
            due = [
                (task.arrived + rings[task.ring + 1][0], task.pushed, task)
                for task in self.waiting
                if task.ring + 1 < len(rings := NEED[task.queue])
            ]
            due = [one for one in due if one[0] <= now]
            if not due:
                return
            at, _, task = min(due, key=lambda one: one[:2])
            self.waiting.remove(task)
            task.ring += 1
            self.arrive(task)
            self.serve(at)

    def finish(self, id: int, now: float) -> None:
        self.waiting = [one for one in self.waiting if one.id != id]
        for agent in self.agents:
            if agent.talks.pop(id, None) is not None:
                agent.touched = self.tick()
        self.serve(now)

    def held(self) -> dict[int, str]:
        return {id: agent.id for agent in self.agents for id in agent.talks}


class Both:
    """Two routers to which the same happens."""

    def __init__(self) -> None:
        self.fast = Router(RoutingConfig.model_validate(POLICY), accepting=False)
        self.slow = SlowRouter()
        self.now, self.tasks, self.joined = 0.0, 0, 0

    def join(self, skills: dict[str, int], capacity: int) -> None:
        self.joined += 1
        id = f"agent{self.joined}"
        agent = SlowAgent(id, skills, capacity, touched=self.slow.tick())
        self.slow.agents.append(agent)
        self.fast.join(Staff(id, skills=dict(skills), capacity=capacity), self.now)
        self.slow.serve(self.now)

    def arrive(self, queue: str, channel: str, vip: bool) -> None:
        self.tasks += 1
        tier = "gold" if vip else ""
        self.slow.arrive(SlowTask(self.tasks, queue, channel, vip, self.now))
        self.slow.serve(self.now)
        self.fast.enter(Task(self.tasks, queue, channel, self.now, {}, tier, {"customer": {"tier": tier}}), self.now)

    def known(self) -> list[int]:
        return sorted([*self.slow.held(), *(one.id for one in self.slow.waiting)])

    def finish(self, id: int) -> None:
        self.slow.finish(id, self.now)
        self.fast.finish(id, self.now)

    def state(self, agent: SlowAgent, online: bool) -> None:
        if agent.online != online:
            agent.online = online
            if online:
                agent.touched = self.slow.tick()
            self.fast.state(agent.id, "online" if online else "break", self.now)
            self.slow.serve(self.now)

    def reception(self, agent: SlowAgent, channel: str) -> None:
        agent.off ^= {channel}
        self.fast.reception(agent.id, frozenset(agent.off), self.now)
        self.slow.serve(self.now)

    def edit(self, agent: SlowAgent, skills: dict[str, int]) -> None:
        agent.skills = skills
        self.fast.edit(agent.id, self.now, skills=dict(skills))
        self.slow.serve(self.now)

    def part(self, agent: SlowAgent) -> None:
        """Nobody has customers when they leave for good."""
        if not agent.talks:
            self.slow.agents.remove(agent)
            self.fast.part(agent.id, self.now)

    def renew(self) -> None:
        """The same policy again changes nothing."""
        self.fast.renew(self.fast.policy, self.now)

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.slow.advance(self.now)
        self.fast.advance(self.now)

    def compare(self) -> None:
        self.fast.drain()
        mine = {id: task.agent for id, task in self.fast.tasks.items() if task.status == "held"}
        assert mine == self.slow.held()
        waiting = {id for id, task in self.fast.tasks.items() if task.status == "waiting"}
        assert waiting == {one.id for one in self.slow.waiting}
        assert not [task for task in self.slow.waiting if self.slow.able(task)], "somebody waits beside a free agent"
        for staff in self.fast.floor.by_id.values():
            assert staff.used[0] <= staff.units + BURST
            assert staff.used[0] == sum(one.cost for one in staff.talks.values())


def happens(both: Both, chance: random.Random) -> None:
    """One of everything that may happen."""
    both.passes(chance.expovariate(1 / 4))
    draw = chance.random()
    agents = both.slow.agents
    if draw < 0.42:
        both.arrive(chance.choice("abc"), chance.choice(("web", "web", "voice")), chance.random() < 0.15)
    elif draw < 0.76 and (known := both.known()):
        both.finish(chance.choice(known))
    elif draw < 0.84 and agents:
        agent = chance.choice(agents)
        both.state(agent, not agent.online)
    elif draw < 0.90 and agents:
        both.reception(chance.choice(agents), chance.choice(("web", "voice")))
    elif draw < 0.96 and agents:
        both.edit(chance.choice(agents), {name: chance.randint(1, 4) for name in "xy" if chance.random() < 0.7})
    elif draw < 0.98 and len(agents) < 9:
        both.join({name: chance.randint(1, 4) for name in "xy" if chance.random() < 0.7}, chance.choice((20, 60, 100, 120)))
    elif draw < 0.99 and agents:
        both.part(chance.choice(agents))
    else:
        both.renew()


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 120), staff=st.integers(0, 6))
def test_after_every_event_it_is_as_the_slow_router_says(seed: int, steps: int, staff: int) -> None:
    chance, both = random.Random(seed), Both()
    for _ in range(staff):
        both.join({name: chance.randint(1, 4) for name in "xy" if chance.random() < 0.8}, chance.choice((20, 100)))
    for _ in range(steps):
        happens(both, chance)
        both.compare()


def test_nobody_is_ever_over_capacity_and_burst_in_many_events() -> None:
    chance, both = random.Random(3), Both()
    for _ in range(6):
        both.join({"x": 3, "y": 2}, 100)
    for _ in range(2500):
        happens(both, chance)
        both.compare()
