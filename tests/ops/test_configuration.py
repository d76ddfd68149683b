"""`hub check`, `hub schema` and `hub plugins`: what they print, and their exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hub_cli import main
from hub_ops.configuration import table, width
from hub_ops.words import WORDS
from tests.config.kit import PLUGINS, Folder


@pytest.fixture(autouse=True)
def _toys_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.config.loading.installed", lambda: PLUGINS)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")


def test_check_tells_all_problems_and_fails(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder.write("hub.yaml", "hub: {nme: x, locale: fr}\n")
    assert main(["check", str(file)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.replace(f"{folder.path}/", "").splitlines() == [
        "hub.yaml:1:7: hub.nme: unknown key (did you mean name?)",
        "hub.yaml:1:23: hub.locale: should be 'zh-CN' or 'en'",
        "2 problem(s)",
    ]


def test_check_of_a_right_configuration(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder.write("hub.yaml", "plugins: [{use: toy}, {use: toy, as: off, enabled: false}]\n")
    assert main(["check", str(file), "--locale", "zh-CN"]) == 0
    assert capsys.readouterr().out == "配置正确：1 个文件，实例：toy, (off)\n"
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out == "all is right: 1 file(s), instances: toy, (off)\n"
    assert main(["check", "--config", str(file)]) == 0
    assert capsys.readouterr().out == "all is right: 1 file(s), instances: toy, (off)\n"


@pytest.mark.parametrize(
    "arguments",
    [[], ["dance"], ["check"], ["serve"], ["serve", "--config", "x", "--port", "99999"],
     ["serve", "--config", "x", "--port", "-1"], ["check", "x", "--locale", "fr"]],
)  # fmt: skip
def test_a_wrong_command_line_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("usage: hub")


@pytest.mark.parametrize(
    ("arguments", "chinese", "english"),
    [
        (["check"], "hub check: 应写其中一个：FILE --config", "hub check: one of these is required: FILE --config"),
        (["check", "--config"], "hub check: --config 之后缺少值", "hub check: --config is followed by a value"),
        (["check", "x", "--config", "y"], "--config 与 FILE 只能写一个", "--config and FILE: only one of them may be given"),
        (["schema", "nope"], "hub schema: 没有这样的参数：nope", "hub schema: there are no such arguments: nope"),
        (["explain", "abc"], "hub explain: ID 应为整数，而不是 'abc'", "hub explain: ID is a whole number, not 'abc'"),
        (["explain"], "hub explain: 缺少参数：ID", "hub explain: the following arguments are required: ID"),
        (["dead-letters", "retry", "x"], "hub dead-letters retry: ID 应为整数", "hub dead-letters retry: ID is a whole number"),
        (["dead-letters", "retyr"], "（是否想写 retry？）", "(did you mean retry?)"),
        (["chekc"], "（是否想写 check？）", "(did you mean check?)"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_in_both_languages_with_where_to_look(
    arguments: list[str], chinese: str, english: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for locale, sentence, help_at in (("zh-CN", chinese, "用法见：hub"), ("en", english, "how it is written: hub")):
        with pytest.raises(SystemExit) as end:
            main(["--locale", locale, *arguments])
        assert end.value.code == 2
        *_, said, where = capsys.readouterr().err.splitlines()
        assert sentence in said
        assert where.startswith(help_at)
        assert where.endswith(" --help")


def test_a_port_that_is_none_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--config", "x", "--port", "http", "--locale", "zh-CN"])
    assert "hub serve: --port 有误：端口应为 0 到 65535 之间的整数\n" in capsys.readouterr().err


def test_schema_prints_or_writes_the_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["title"] == "Frontdesk hub"
    assert main(["schema", "--output", str(tmp_path / "hub.schema.json")]) == 0
    assert (tmp_path / "hub.schema.json").read_text(encoding="utf-8") == printed
    assert main(["schema", "--output", str(tmp_path / "no" / "where")]) == 1
    assert "failed: " in capsys.readouterr().err


def test_plugins_names_the_instances_of_a_file(
    folder: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {name: EntryPoint(name, f"tests.config.kit:{cls}", "hub.plugins") for name, cls in
             {"toy": "Toy", "future": "Future", "broken": "Nobody"}.items()}  # fmt: skip
    monkeypatch.setattr("hub_ops.configuration.installed", lambda: known)
    file = folder.write("hub.yaml", "plugins: [{use: toy}, {use: toy, as: shop-2}]\n")
    assert main(["plugins", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:4] for line in lines] == [
        ["PLUGIN", "FAMILY", "VERSION", "REQUIRES"],
        ["broken", "-", "-", "-"],
        ["future", "plugin", "-", ">=99"],
        ["toy", "channel", "-", "-"],
    ]
    states = [lines[0].index("STATE"), lines[0].index("INSTANCES")]
    assert [line[slice(*states)].strip() for line in lines[1:]] == ["broken", "unfit", "usable"]
    assert "cannot be imported: AttributeError" in lines[1]
    assert "needs a hub >=99" in lines[2]
    assert "toy, shop-2" in lines[3]
    assert lines[3].endswith("Rings when somebody plays.")


def test_columns_count_a_chinese_character_twice() -> None:
    assert width("插件a") == 5
    assert table([["插件", "x"], ["a", "y"]]) == ["插件  x", "a     y"]


def test_every_word_has_both_languages() -> None:
    for chinese, english in WORDS.values():
        assert english.isascii()
        assert chinese == "{queue}" or any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_the_words_need_nothing_of_the_plugin() -> None:
    code = "import sys, hub_ops.configuration, hub_ops.stored; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
