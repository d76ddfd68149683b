"""The JSON schema says the same as the check."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from hub_ops.schema import json_schema
from tests.config.kit import PLUGINS, Folder

SCHEMA = json_schema(PLUGINS)


def valid(text: str) -> bool:
    document: Any = YAML(typ="safe", pure=True).load(text)
    return bool(jsonschema_rs.validator_for(SCHEMA).is_valid(document))


RIGHT = [
    "{}",
    "include: base.yaml\nhub: {name: Shop, locale: en}",
    "include: [a.yaml, b.yaml]\nhub: {name: {zh-CN: 店, en: Shop}}",
    "teams: [{id: a, name: A}]\nservice: {texts: {joined: hi}}",
    "plugins: [{use: toy, as: shop, config: {wait: 10m, most: 5MB, mode: loud}}]",
    "plugins: [{use: toy, config: {wait: 3, mode: '${MODE}', shops: [{url: x, floors: '${N:-3}'}]}}]",
    "plugins: [{use: toy, enabled: '${WECHAT:-false}'}]",
    "plugins: [{use: needed, config: {url: x}}]",
]
WRONG = [
    "hub: {nme: x}",
    "hub: {locale: fr}",
    "hub: {limits: {in_flight: 0}}",
    "teams: []",
    "teams: [{id: A B, name: x}]",
    "service: {texts: {other: x}}",
    "service: {first_owner: cat}",
    "plugins: [{config: {}}]",
    "plugins: [{use: toy, config: {wait: soon}}]",
    "plugins: [{use: toy, config: {most: 5XB}}]",
    "plugins: [{use: toy, config: {mode: loudly}}]",
    "plugins: [{use: toy, config: {tokn: x}}]",
    "plugins: [{use: toy, config: {shops: [{floors: 1}]}}]",
    "plugins: [{use: needed}]",
    "plugins: [{use: needed, config: {}}]",
]


def test_it_is_a_schema() -> None:
    jsonschema_rs.meta.validate(SCHEMA)


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_is_right_in_the_editor_too(folder: Folder, text: str) -> None:
    assert valid(text)
    folder.env = {"MODE": "loud"}
    folder.write("base.yaml", "")
    folder.write("a.yaml", "")
    folder.write("b.yaml", "")
    folder.load(text)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_wrong_in_the_editor_too(folder: Folder, text: str) -> None:
    assert not valid(text)
    assert folder.problems(text)


def test_the_installed_plugins_are_offered() -> None:
    assert SCHEMA["$defs"]["PluginEntry"]["properties"]["use"]["anyOf"][0] == {"enum": sorted(PLUGINS)}
