"""The plugin's page says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml import YAML

import hub_wecom
from hub_wecom import WeComConfig
from hub_wecom.words import _WORDS

FOLDER = Path(hub_wecom.__file__).parent
README = (FOLDER / "README.md").read_text("utf-8")
(YAML_TEXT,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


def test_each_key_is_explained() -> None:
    example = YAML(typ="safe", pure=True).load(YAML_TEXT)["plugins"][1]["config"]
    explained = {*example, *re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)}
    assert set(WeComConfig.model_fields) == explained
    assert all(field.description for field in WeComConfig.model_fields.values())


def test_each_file_is_named() -> None:
    named = set(re.findall(r"`(\w+\.py)`", README))
    assert {path.name for path in FOLDER.glob("*.py")} - {"__init__.py"} == named


def test_each_sentence_is_there_in_both_languages_and_used() -> None:
    code = "\n".join(path.read_text("utf-8") for path in FOLDER.glob("*.py") if path.name != "words.py")
    for key, (chinese, english) in _WORDS.items():
        assert re.findall(r"\{\w+\}", chinese) == re.findall(r"\{\w+\}", english), key
        made = key.endswith(("_gone", "_refused"))
        assert made or f'"{key}"' in code, key
