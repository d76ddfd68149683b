"""What is wrong in the YAML's policy, each with its place and what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import ConfigError
from hub.config import load
from hub_people import People
from tests.people.kit import WeChat

DOCUMENT = """
people:
  keys:
    - {kind: unionid, trust: always}
    - %s
plugins:
  - {use: wechat, as: official}
"""
LINE = 5


def told(tmp_path: Path, key: str, locale: str = "en") -> list[str]:
    """The problems of a document with this key; without the folder it is in."""
    document = tmp_path / "hub.yaml"
    document.write_text(DOCUMENT % key, "utf-8")
    try:
        load(document, env={}, plugins={"people": People, "wechat": WeChat}, locale=locale)
    except ConfigError as error:
        return [str(problem).removeprefix(f"{tmp_path}/") for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("key", "column", "sentence"),
    [
        ("{kind: unionid}", 8, "the key unionid is there twice"),
        ("{kind: emial, trust: never}", 8, "no channel brings emial (did you mean email?"),
        ("{kind: phone, from: [offical]}", 28, "there is no instance offical (did you mean official?)"),
        ("{kind: phone, from: [official, shop]}", 38, "there is no instance shop"),
        ("{kind: phone, from: []}", 21, "names no channel; leave it out where all of them count"),
        ("{kind: phone, trust: allways}", 28, "should be 'always', 'verified' or 'never'"),
        ("{kind: phone, form: e164}", 27, "should be 'phone', 'email', 'exact' or 'folded'"),
        ("{kind: phone, frm: [official]}", 21, "unknown key (did you mean from?)"),
        ("{kind: Phone}", 14, "should match"),
        ("{kind: crm, confidence: 1}", 31, "should be less than 1"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, key: str, column: int, sentence: str) -> None:
    [problem] = told(tmp_path, key)
    assert problem.startswith(f"hub.yaml:{LINE}:{column}: "), problem
    assert sentence in problem


@pytest.mark.parametrize(
    "key",
    ["{kind: crm}", "{kind: mail, form: folded}", "{kind: phone, from: [official]}", "{kind: loyalty_card, trust: never}"],
)
def test_what_may_be_meant_is_taken(tmp_path: Path, key: str) -> None:
    assert told(tmp_path, key) == []


def test_it_is_told_in_chinese_as_well(tmp_path: Path) -> None:
    [problem] = told(tmp_path, "{kind: phone, from: [offical]}", "zh-CN")
    assert "没有名为 offical 的实例（是否想写 official？）" in problem
