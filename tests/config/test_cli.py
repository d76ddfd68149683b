"""The command `hub`: what it prints, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hub.cli import locale_of, main, table, width
from hub.cli_words import WORDS
from hub.config import LoadedConfig
from hub.version import VERSION
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


def test_serve_refuses_a_wrong_configuration(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder.write("hub.yaml", "plugins: [{use: tyo}]\n")
    assert main(["serve", "--config", str(file), "--data", str(folder.path / "var")]) == 1
    assert "did you mean toy?" in capsys.readouterr().err
    assert not (folder.path / "var").exists()


def test_serve_gets_what_was_asked_for(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[object] = []

    def run(config: LoadedConfig, *rest: object) -> int:
        got.extend([config.settings.locale, *rest])
        return 0

    monkeypatch.setattr("hub.serve.serve", run)
    file = folder.write("hub.yaml", "hub: {locale: en}\n")
    assert main(["serve", "--config", str(file), "--port", "9000", "--host", "0.0.0.0", "--data", "d"]) == 0
    assert main(["serve", "--config", str(file)]) == 0
    assert got == ["en", "0.0.0.0", 9000, Path("d"), "en", "127.0.0.1", 8080, Path("var")]


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


def test_a_port_that_is_none_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--config", "x", "--port", "http", "--locale", "zh-CN"])
    assert "端口应为 0 到 65535 之间的整数" in capsys.readouterr().err


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
    monkeypatch.setattr("hub.cli.installed", lambda: known)
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


@pytest.mark.parametrize(
    ("arguments", "env", "locale"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ([], {"LC_ALL": "", "LC_MESSAGES": "zh_TW"}, "zh-CN"),
        (["check", "--locale", "en"], {"LANG": "zh_CN.UTF-8"}, "en"),
        (["check", "--locale=zh-CN"], {}, "zh-CN"),
    ],
)
def test_the_language(arguments: list[str], env: dict[str, str], locale: str) -> None:
    assert locale_of(arguments, env) == locale


def test_every_word_has_both_languages() -> None:
    for chinese, english in WORDS.values():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
        assert english.isascii()


def test_as_a_process_of_its_own() -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hub.cli", *arguments], capture_output=True, text=True, check=False, timeout=60
        )

    version = run("--version")
    assert (version.returncode, version.stdout) == (0, f"frontdesk-hub {VERSION}\n")
    gone = run("check", "nowhere.yaml", "--locale", "en")
    assert (gone.returncode, gone.stdout) == (1, "")
    assert gone.stderr == "nowhere.yaml: cannot be read: No such file or directory\n1 problem(s)\n"
