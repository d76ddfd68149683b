"""Sections named after a plugin are short for an entry of `plugins`; the agents are described."""

from __future__ import annotations

from tests.config.kit import Folder, Needed, Toy

SHORT = """\
toy:
  wait: soon
needed: {url: z}
plugins:
  - {use: toy, as: first, config: {wait: 2s}}
"""


def test_a_section_named_after_a_plugin_is_an_instance_of_it(folder: Folder) -> None:
    loaded = folder.load(SHORT.replace("soon", "7s"))
    assert [(one.name, one.cls, one.config.model_dump().get("wait")) for one in loaded.instances] == [
        ("first", Toy, 2.0), ("toy", Toy, 7.0), ("needed", Needed, None),
    ]  # fmt: skip
    alone = folder.load("toy: {wait: 3s}\n")
    assert [one.name for one in alone.instances] == ["toy"]


def test_what_is_wrong_in_such_a_section_is_told_where_it_stands(folder: Folder) -> None:
    [told] = folder.told(SHORT)
    assert told.startswith("hub.yaml:2:9: toy.wait: ")
    assert "30s" in told


def test_a_section_and_an_entry_cannot_have_one_name(folder: Folder) -> None:
    [told] = folder.told(SHORT.replace(", as: first", "").replace("soon", "7s"))
    assert "the instance name toy is taken" in told


def test_agents_are_described_by_their_login(folder: Folder) -> None:
    loaded = folder.load("""\
        agents:
          - {login: liu, skills: {refund: 4}, capacity: 60, speed: [1, 0.8], reception: [wechat]}
          - login: wang
        """)
    liu, wang = loaded.settings.agents
    assert (liu.skills, liu.capacity, liu.speed, liu.reception) == ({"refund": 4}, 60, (1.0, 0.8), ("wechat",))
    assert (wang.skills, wang.capacity, wang.speed, wang.reception) == ({}, None, (), None)
    [told] = folder.told("agents: [{login: liu, skills: {refund: 9}}]")
    assert told.startswith("hub.yaml:1:40: agents[0].skills.refund")
