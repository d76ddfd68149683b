"""What a policy may say, and what is told about one that cannot work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from hub import Agent, Plugin, PluginConfig, hookimpl
from hub.config import load
from hub.errors import ConfigError
from hub_routing import Routing, RoutingConfig
from hub_routing.calendars import is_open
from hub_routing.live.publishing import dumped
from hub_routing.policy import Calendar, OpeningHours

DOCUMENT = Path(__file__).parents[2] / "docs" / "routing.md"


def example() -> str:
    """The policy of docs/routing.md."""
    return DOCUMENT.read_text("utf-8").split("```yaml\n")[1].split("```")[0]


def test_the_policy_of_the_document_is_right_and_goes_through_json(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(example(), encoding="utf-8")
    loaded = load(file, env={}, plugins={"routing": Routing})
    policy = loaded.instances[0].config
    assert isinstance(policy, RoutingConfig)
    assert RoutingConfig.model_validate_json(dumped(policy)) == policy


MODEL = """\
teams: [{id: aftersale, name: a}, {id: front, name: f}, {id: vip, name: v}, {id: vip_pool, name: p}]
agents:
  - {login: liu, teams: [aftersale, vip], skills: {aftersale: 3}}
  - {login: zhao, teams: [aftersale], skills: {aftersale: 3}}
  - {login: duty_manager, teams: [front], skills: {aftersale: 3}}
plugins: [{use: pairing}]
routing:
  agents: {capacity: 100, cost: {voice: 100, video: 100, web: 20, wechat: 20, qq: 20, app: 20, email: 5}}
  interrupt: {voice: [email], wechat_same_case: [voice]}
  inactive_after: 10m
  skills: {levels: 1..5}
  person_lock: {max_age: 72h, ignore_capacity: true, if_agent_gone: requeue_case}
  affinity:
    - {to: owner, tiers: [black], exclusive: true, burst: 20, wait: 0s, else: vip_pool}
    - {to: last_agent, within: 7d, wait: 30s, only_if: online}
  vip:
    when: "customer.tier in ['black', 'gold']"
    assign_within: 1s
    burst: 20
    reserve: {pool: voice, idle: 2}
    steps: [owner, "pool:vip", "any skilled", "emergency:duty_manager"]
  queues:
    aftersale:
      channels: [voice, wechat, web]
      need: {aftersale: 3, "lang.$case.lang": 3}
      pick: {voice: longest_idle, "*": least_loaded, tie: [specialist_first, longest_idle]}
      score: {head_start: 0s, aging: 1.0, scarcity: auto, deadline_boost: 30s}
      rings:
        - {after: 20s, need: {aftersale: 2}}
        - {after: 60s, drop: ["lang.$case.lang"], add: [front]}
      overflow: {after: 180s, when: "ewt > 300s or waiting > 50", do: [offer_callback, offer_message, to: front]}
      hours: {calendar: cn-workdays, open: "09:00-21:00", closed: [bot, leave_message]}
      announce: {first: 5s, every: 60s, bands: [1m, 3m, 5m, 10m], method: qla}
      callback: {offer_if_ewt: 120s, keep_place: true, tries: 2, retry_gap: 30s, window: 30m, mode: agent_first}
      sla: {answer: {within: 20s, target: 0.80}}
  offer: {accept: {voice: 15s, "*": auto}, on_timeout: {agent: paused, task: requeue_keep_age}}
  agent_gone: {heartbeat: 10s, suspect: 25s, grace: 60s, then: requeue_keep_age, boost: 60s, skip: waiting_on_customer}
  silent_agent: {warn: 60s, supervisor: 100s, reassign: 180s}
  experiment: {name: pairing-1, split: 0.5, unit: case, policy_b: plugin.pairing}
"""
"""The whole model, with every key there is."""


class Pairing(Plugin[PluginConfig]):
    """Picks by a model of its own."""

    @hookimpl
    async def pick_agent(self, candidates: Sequence[Agent]) -> int | None:
        return candidates[0].id


def test_the_whole_model_is_read(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(MODEL, encoding="utf-8")
    loaded = load(file, env={}, plugins={"routing": Routing, "pairing": Pairing})
    policy = next(one.config for one in loaded.instances if isinstance(one.config, RoutingConfig))
    assert policy.experiment is not None
    assert policy.experiment.picker == "pairing"
    file.write_text(MODEL.replace("plugins: [{use: pairing}]", ""), encoding="utf-8")
    with pytest.raises(ConfigError, match="no plugin instance pairing that picks agents"):
        load(file, env={}, plugins={"routing": Routing, "pairing": Pairing})


BASE = """\
teams: [{id: front, name: front}]
agents: [{login: liu, teams: [front], skills: {talk: 3}}, {login: wang, skills: {sing: 2}}]
routing:
"""


@pytest.mark.parametrize(
    ("below", "line", "told"),
    [
        ("  queues:\n    front:\n      need: {fly: 2}", 6, "no agent has fly at level 2 (nobody has it)"),
        ("  queues:\n    front:\n      need: {talk: 4}", 6, "no agent has talk at level 4 (the best has 3)"),
        ("  queues:\n    front:\n      need: {talk: 2, sing: 1}", 6, "no single agent has all of talk 2, sing 1"),
        ("  queues:\n    front:\n      need: {talk: 2}\n      rings: [{after: 20s, need: {talk: 3}}]", 7, "rises from 2 to 3"),
        ("  queues:\n    front:\n      rings:\n        - {after: 20s, add: [back]}", 7, "no team back"),
        ("  queues:\n    front:\n      rings:\n        - {after: 20s}", 7, "widens nothing"),
        ("  queues:\n    a:\n      overflow: {do: [{to: b}]}\n    b:\n      overflow: {do: [{to: a}]}", 6, "a → b → a"),
        ("  queues:\n    front:\n      overflow: {do: [{to: nowhere}]}", 6, "no queue nowhere"),
        ("  queues:\n    front:\n      hours: {calendar: moon}", 6, "no calendar moon"),
        ("  vip:\n    when: customer.tier == 'gold'\n    steps: ['pool:vip']", 6, "no team and no agent vip"),
        ("  vip:\n    when: customer.tier == 'gold'\n    assign_within: 1s", 6, "burst should be at least 20"),
        ("  agents: {capacity: 50, cost: {\"*\": 20, web: 60}}", 4, "a talk takes 60 units and no agent has more than 50"),
        ("  agents: {capacity: 10, cost: {\"*\": 20}}", 4, "a talk takes 20 units and no agent has more than 10"),
        ("  vip:\n    when: custmer.tier == 'gold'", 5, "custmer is nothing a condition knows here"),
        ("  vip:\n    when: customer.tier ==", 5, "cannot be read"),
        ("  vip:\n    when: __import__('os')", 5, "not use Call"),
        ("  queues:\n    front:\n      need: {talk: 7}", 4, "levels are 1 to 5"),
        ("  queues:\n    front:\n      announce: {first: soon}", 6, "a duration"),
        ("  affinity:\n    - {to: owner, else: nowhere}", 5, "no queue and no team nowhere"),
    ],
)
def test_what_cannot_work_is_told_with_its_line(tmp_path: Path, below: str, line: int, told: str) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(BASE + below, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file, env={}, plugins={"routing": Routing})
    found = [one for one in caught.value.problems if told in one.message]
    assert found, [one.message for one in caught.value.problems]
    assert found[0].line == line


def test_a_talk_fits_when_one_agent_has_the_room_for_it(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    own = BASE.replace("login: liu,", "login: liu, capacity: 60, reception: [web],")
    for cost in ("{web: 60}", '{"*": 60}', '{"*": 99, web: 5}', "{voice: 50}"):
        file.write_text(f"{own}  agents: {{capacity: 50, cost: {cost}}}", encoding="utf-8")
        assert load(file, env={}, plugins={"routing": Routing}).instances


def test_without_agents_in_the_document_nothing_is_said_about_staffing(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text("routing: {queues: {front: {need: {fly: 2}}}}", encoding="utf-8")
    assert load(file, env={}, plugins={"routing": Routing}).instances


@pytest.mark.parametrize(
    ("hours", "at", "is_it"),
    [
        ({"open": "09:00-21:00"}, "2026-03-02 09:00", True),
        ({"open": "09:00-21:00"}, "2026-03-02 21:00", False),
        ({"open": "22:00-06:00"}, "2026-03-02 23:00", True),
        ({"open": "22:00-06:00", "calendar": "weekdays"}, "2026-03-07 05:00", True),
        ({"open": "22:00-06:00", "calendar": "weekdays"}, "2026-03-08 05:00", False),
        ({"calendar": "cn-workdays"}, "2026-10-01 12:00", False),
        ({"calendar": "weekdays"}, "2026-10-01 12:00", True),
        ({"calendar": "own"}, "2026-03-02 12:00", False),
        ({"calendar": "own"}, "2026-03-01 12:00", True),
    ],
)
def test_hours_and_holidays(hours: dict[str, Any], at: str, is_it: bool) -> None:
    from datetime import datetime

    own = Calendar.model_validate({"holidays": ["2026-03-02"], "workdays": ["2026-03-01"]})
    assert is_open(OpeningHours.model_validate(hours), {"own": own}, datetime.fromisoformat(at)) is is_it


def test_a_pick_may_be_a_word_or_by_channel() -> None:
    by_channel = "{voice: specialist_first, '*': least_loaded}"
    yaml = YAML(typ="safe").load(f"{{queues: {{a: {{pick: longest_idle}}, b: {{pick: {by_channel}}}, c: {{}}}}}}")
    queues = RoutingConfig.model_validate(yaml).queues
    assert (queues["a"].pick.rule("web"), queues["b"].pick.rule("voice"), queues["b"].pick.rule("web")) == (
        "longest_idle", "specialist_first", "least_loaded",
    )  # fmt: skip
    assert (queues["c"].pick.rule("voice"), queues["c"].pick.rule("qq")) == ("longest_idle", "least_loaded")


def test_steps_against_silence_stand_in_their_order() -> None:
    with pytest.raises(ValidationError, match="warn comes before supervisor"):
        RoutingConfig.model_validate({"silent_agent": {"warn": 100, "supervisor": 60}})
    with pytest.raises(ValidationError, match="longer than grace"):
        RoutingConfig.model_validate({"agent_gone": {"suspect": 90, "grace": 60}})
