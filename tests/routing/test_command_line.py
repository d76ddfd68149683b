"""`hub route …` as people use it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hub.testing.clock import ManualClock
from hub.testing.fixtures import MakeHub
from hub_cli import main
from tests.routing.live import service

POLICY = """
routing:
  queues:
    q: {need: {talk: 2}, sla: {answer: {within: 10s}}}
agents:
  - {login: liu, skills: {talk: 3}, capacity: 20}
  - {login: wang, skills: {talk: 1}}
"""


def line(number: int, at: float, **more: Any) -> str:
    facts = {"id": f"c{number}", "at": at, "channel": "web", "queue": "q", "need": {}, "tier": "", "work": 60, "patience": None}
    return json.dumps({**facts, **more})


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    policy, trace = tmp_path / "policy.yaml", tmp_path / "trace.jsonl"
    policy.write_text(POLICY, encoding="utf-8")
    trace.write_text("\n".join([line(1, 0), line(2, 10), line(3, 20, patience=5)]), encoding="utf-8")
    return policy, trace


def test_simulate_prints_and_writes_what_became_of_everybody(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, trace = files
    out = tmp_path / "out.jsonl"
    assert main(["route", "simulate", "--trace", str(trace), "--policy", str(policy), "--out", str(out), "--locale", "en"]) == 0
    told = [json.loads(one) for one in out.read_text("utf-8").splitlines()]
    assert told == [
        {"id": "c1", "assigned_at": 0.0, "abandoned_at": None, "finished_at": 60.0, "agent": "liu"},
        {"id": "c2", "assigned_at": 60.0, "abandoned_at": None, "finished_at": 120.0, "agent": "liu"},
        {"id": "c3", "assigned_at": None, "abandoned_at": 25.0, "finished_at": None, "agent": None},
    ]
    printed = capsys.readouterr().out
    for word in ("p50", "p95", "p99", "abandoned", "service level", "liu", "wang", "33.3%"):
        assert word in printed


def test_compare_lays_two_policies_side_by_side(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    policy, trace = files
    other = policy.with_name("other.yaml")
    other.write_text(POLICY.replace("talk: 2", "talk: 1"), encoding="utf-8")
    words = ["route", "compare", "--trace", str(trace), "--policy", str(policy), "--policy", str(other), "--locale", "zh-CN"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert str(policy) in printed
    assert str(other) in printed
    assert "差异" in printed


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("{", "no JSON"),
        ("[]", "a line is an object"),
        (line(1, 0), "there before"),
        (line(2, -1), "at should be"),
        (line(2, 1, patience="long"), "patience should be"),
        (line(2, 1, need={"a": "b"}), "need should be"),
        (line(2, 1, patiense=3), "'patiense'"),
        (line(2, 1, queue=7), "queue should be"),
        ('{"id": "c2", "at": NaN, "work": 1, "channel": "web", "queue": "q"}', "at should be"),
    ],
)
def test_a_bad_line_is_told_with_its_place(
    files: tuple[Path, Path], wrong: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, trace = files
    trace.write_text(f"{line(1, 0)}\n{wrong}\n", encoding="utf-8")
    assert main(["route", "simulate", "--trace", str(trace), "--policy", str(policy), "--locale", "en"]) == 1
    printed = capsys.readouterr()
    assert f"{trace}:2" in printed.err + printed.out
    assert told in printed.err + printed.out


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("[]", "每一行是一个对象"),
        (line(1, 0), "'c1' 前面已经出现过"),
        (line(2, -1), "at 应是秒数"),
        (line(2, 10**400), "at 应是秒数"),
        (line(2, 1, work=1e13), "work 应是秒数"),
        (line(2, 1, need={"a": "b"}), '如 {"refund": 3}'),
        (line(2, 1, patiense=3), "没有 'patiense' 这一项"),
    ],
)
def test_a_bad_line_is_told_in_chinese(
    files: tuple[Path, Path], wrong: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, trace = files
    trace.write_text(f"{line(1, 0)}\n{wrong}\n", encoding="utf-8")
    assert main(["route", "simulate", "--trace", str(trace), "--policy", str(policy), "--locale", "zh-CN"]) == 1
    printed = capsys.readouterr().err
    assert f"{trace}:2: " in printed
    assert told in printed


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en", ["over, and served by nobody: 1.", "No agent has fly ≥ 3, which 2 of them ask for.", "the queue lost: "]),
        ("zh-CN", ["仍有 1 位在等", "没有客服具备 fly ≥ 3：2 位需要它", "策略中没有队列 lost"]),
    ],
)
@pytest.mark.parametrize("word", ["simulate", "compare"])
def test_who_cannot_be_served_is_told_beside_the_figures(
    files: tuple[Path, Path], word: str, locale: str, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    policy, trace = files
    lines = [line(1, 0), line(2, 1, need={"fly": 3}), line(3, 1, need={"fly": 3}, patience=0), line(4, 2, queue="lost")]
    trace.write_text("\n".join(lines), encoding="utf-8")
    policies = ["--policy", str(policy)] * (1 if word == "simulate" else 2)
    assert main(["route", word, "--trace", str(trace), *policies, "--locale", locale]) == 0
    printed = capsys.readouterr().out
    assert [words for words in told if words not in printed] == []
    trace.write_text(line(1, 0), encoding="utf-8")
    assert main(["route", word, "--trace", str(trace), *policies, "--locale", locale]) == 0
    assert capsys.readouterr().out.rstrip().splitlines()[-1].startswith("wang"), "there is nothing to remark"


@pytest.mark.parametrize(("locale", "told"), [("en", "there is no folder"), ("zh-CN", "不存在，请先创建")])
def test_a_folder_that_is_not_there_is_told_before_anything_is_done(
    files: tuple[Path, Path], tmp_path: Path, locale: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, trace = files
    trace.write_text("nothing right", encoding="utf-8")
    out, away = str(tmp_path / "away" / "out.jsonl"), str(tmp_path / "nowhere")
    assert main(["route", "simulate", "--trace", str(trace), "--policy", str(policy), "--out", out, "--locale", locale]) == 1
    assert told in capsys.readouterr().err
    assert main(["route", "export", "--day", "2026-03-01", "--out", out, "--data", away, "--locale", locale]) == 1
    assert told in capsys.readouterr().err
    assert main(["route", "rollback", "--data", away, "--locale", locale]) == 1
    assert "--data" in capsys.readouterr().err
    assert not Path(away).exists()


def test_a_comparison_needs_two_and_a_simulation_agents(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    policy, trace = files
    assert main(["route", "compare", "--trace", str(trace), "--policy", str(policy), "--locale", "en"]) == 1
    assert "a comparison needs two --policy or more" in capsys.readouterr().err
    policy.write_text("routing: {}\n", encoding="utf-8")
    assert main(["route", "simulate", "--trace", str(trace), "--policy", str(policy), "--locale", "en"]) == 1
    assert "add agents: [{login: liu, teams: [front]}]" in capsys.readouterr().err


def test_an_impossible_policy_is_told_with_its_line(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    policy, _ = files
    policy.write_text(POLICY.replace("talk: 2", "sing: 4"), encoding="utf-8")
    assert main(["check", str(policy), "--locale", "en"]) == 1
    printed = capsys.readouterr()
    assert f"{policy}:4:" in printed.err + printed.out
    assert "no agent has sing at level 4 (nobody has it)" in printed.err + printed.out


async def test_a_day_is_exported_and_explained(
    make_hub: MakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = ManualClock()
    house = await service(make_hub, clock=clock)
    await house.agent("liu")
    visitor = await house.comes("u1")
    await house.with_agent(visitor, "liu")
    await clock.advance(30)
    conversation = await visitor.conversation()
    await house.kit.until(lambda: not house.routing.dispatcher.settling.busy, "all is stored")
    boss = house.kit.agent("boss")
    await boss.takes_over(conversation.id)
    await boss.closes()
    out, data = tmp_path / "day.jsonl", str(house.kit.data)
    words = ["route", "export", "--day", "2023-11-15", "--out", str(out), "--data", data, "--locale", "en"]
    assert await asyncio.to_thread(main, words) == 0
    told = json.loads(out.read_text("utf-8"))
    assert told == {
        "id": str(conversation.id), "at": 1_700_000_000.0, "channel": "web", "queue": "front", "need": {}, "tier": "",
        "work": 30.0, "patience": None,
    }  # fmt: skip
    capsys.readouterr()
    assert await asyncio.to_thread(main, ["route", "explain", str(conversation.id), "--data", data, "--locale", "en"]) == 0
    assert "Given to liu (least loaded): 1 able, 1 with room" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["explain", str(conversation.id), "--data", data, "--locale", "zh-CN"]) == 0
    assert "分配给 liu（负载最低）" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["route", "export", "--day", "soon", "--out", str(out), "--data", data]) == 1


async def test_a_call_back_and_its_end_are_explained(make_hub: MakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    house = await service(make_hub)
    visitor = await house.comes("u1")
    id = (await visitor.is_with("queue")).id
    await house.kit.until(lambda: id in house.routing.dispatcher.router.tasks, "they wait")
    assert await house.routing.call_back(id)
    assert await house.routing.stay(id)
    data, told = str(house.kit.data), {}
    for words in (["route", "explain"], ["explain"]):
        for locale in ("zh-CN", "en"):
            assert await asyncio.to_thread(main, [*words, str(id), "--data", data, "--locale", locale]) == 0
            told[words[0], locale] = capsys.readouterr().out
    for word in ("route", "explain"):
        chinese, english = told[word, "zh-CN"], told[word, "en"]
        assert chinese.index("客户要求回电") < chinese.index("客户不用回电了，在这里等待，位置不变")
        assert english.index("asked to be called back") < english.index("wants no call back any more")
    assert "去掉标签：call_back" in told["explain", "zh-CN"]
    assert "No longer tagged: call_back" in told["explain", "en"]


async def test_a_policy_is_published_from_the_command_line_and_taken_back(
    make_hub: MakeHub, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    house = await service(make_hub, {"agents": {"capacity": 20}})
    policy, _ = files
    policy.write_text("routing: {agents: {capacity: 40}}", encoding="utf-8")
    data = str(house.kit.data)
    assert await asyncio.to_thread(main, ["route", "apply", str(policy), "--data", data, "--locale", "en"]) == 0
    assert house.routing.policy()["policy"] == {"agents": {"capacity": 40}}
    assert await asyncio.to_thread(main, ["route", "rollback", "--data", data, "--locale", "en"]) == 0
    assert house.routing.policy()["number"] == "0"
    assert await asyncio.to_thread(main, ["route", "rollback", "--data", data, "--locale", "en"]) == 1
    policy.write_text("routing: {agents: {capacity: 0}}", encoding="utf-8")
    assert await asyncio.to_thread(main, ["route", "apply", str(policy), "--data", data, "--locale", "en"]) == 1
    assert house.routing.policy()["number"] == "0"
