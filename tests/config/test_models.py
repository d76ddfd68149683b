"""What the sections mean once they are read."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hub.config.loading import OURS
from hub.config.models import HubConfig
from hub.conversations.texts import DEFAULTS, Texts
from tests.config.kit import Folder


def test_a_name_in_one_language_serves_both(folder: Folder) -> None:
    settings = folder.load("hub: {name: {en: Shop}}").settings
    assert [settings.name_for(locale) for locale in ("", "zh-CN", "zh-TW", "en", "fr")] == ["Shop"] * 5
    settings = folder.load("hub: {name: {en: Shop, zh-CN: 商店}, locale: en}").settings
    assert [settings.name_for(locale) for locale in ("", "zh-CN", "zh-TW", "en", "fr")] == [
        "Shop", "商店", "商店", "Shop", "Shop",
    ]  # fmt: skip


def test_the_first_team_takes_what_nobody_assigned(folder: Folder) -> None:
    teams = "teams: [{id: one, name: One}, {id: two, name: Two, members: [ann]}]\n"
    assert folder.load(teams).settings.default_team == "one"
    assert folder.load(teams + "service: {default_team: two}").settings.default_team == "two"


def test_each_text_of_the_house_can_be_worded_anew(folder: Folder) -> None:
    lines = "".join(f"    {code}: {{en: 'new {code}'}}\n" for code in DEFAULTS)
    settings = folder.load(f"service:\n  texts:\n{lines}").settings
    texts = Texts(settings.hub.locale, settings.service.texts)
    assert [texts.line(code, "en", name="Ann") for code in DEFAULTS] == [f"new {code}" for code in DEFAULTS]
    assert texts.line("joined", "zh-CN", name="安") == DEFAULTS["joined"]["zh-CN"].replace("{name}", "安")


@pytest.mark.parametrize(("written", "read"), [("auto", None), ("json", True), ("text", False)])
def test_the_log_format(folder: Folder, written: str, read: bool | None) -> None:
    assert folder.load(f"hub: {{log: {{format: {written}}}}}").settings.hub.log.json_lines is read


def test_addresses_lose_the_slash_at_their_end(folder: Folder) -> None:
    assert folder.load("hub: {public_url: https://shop.example/chat/}").settings.hub.public_url == "https://shop.example/chat"


def test_private_networks(folder: Folder) -> None:
    networks = folder.load("hub: {allow_private_networks: [10.2.0.0/16, 'fd00::/8', 192.168.1.7]}").settings.hub
    assert [str(network) for network in networks.allow_private_networks] == ["10.2.0.0/16", "fd00::/8", "192.168.1.7/32"]


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        HubConfig().hub.locale = "en"  # type: ignore[misc]


def test_instances_carry_what_the_registry_asks_for(folder: Folder) -> None:
    spec = folder.load("plugins: [{use: toy, required: true}, {use: toy, as: shop-2, enabled: false}]").instances
    assert [(one.name, one.plugin_name, one.position, one.required, one.enabled) for one in spec] == [
        ("toy", "toy", 0, True, True),
        ("shop-2", "toy", 1, False, False),
    ]


def test_every_setting_is_described() -> None:
    def undescribed(schema: dict[str, object]) -> list[str]:
        found = []
        for name, definition in schema["$defs"].items():  # type: ignore[attr-defined]
            for field, rule in definition.get("properties", {}).items():
                if not rule.get("description") and "$ref" not in rule and field != "name":
                    found.append(f"{name}.{field}")
        return found

    assert undescribed(HubConfig.model_json_schema()) == []


def test_the_plugins_we_know_the_extras_of_are_those_we_ship() -> None:
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert set(OURS) == set(project["entry-points"]["hub.plugins"])
    assert set(OURS) <= set(project["optional-dependencies"])


def test_agents_are_in_teams_that_there_are(folder: Folder) -> None:
    agents = "agents: [{login: ada, teams: [frnt, two]}]\n"
    assert folder.told("teams: [{id: front, name: A}, {id: two, name: B}]\n" + agents) == [
        "hub.yaml:2:31: agents[0].teams[0]: there is no team called frnt (did you mean front?)"
    ]
