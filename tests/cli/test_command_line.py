"""The command `hub`: what it prints, and its exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hub.config import LoadedConfig
from hub.version import VERSION
from hub_cli.command_line import locale_of, main
from hub_cli.words import SENTENCES
from tests.config.kit import PLUGINS, Folder


@pytest.fixture(autouse=True)
def _toys_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.config.loading.installed", lambda: PLUGINS)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")


def test_serve_refuses_a_wrong_configuration(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder.write("hub.yaml", "plugins: [{use: tyo}]\n")
    assert main(["serve", "--config", str(file), "--data", str(folder.path / "var")]) == 1
    assert "did you mean toy?" in capsys.readouterr().err
    assert not (folder.path / "var").exists()


def test_serve_gets_what_was_asked_for(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[object] = []

    def run(config: LoadedConfig, *rest: object) -> int:
        got.extend([config.settings.hub.locale, *rest])
        return 0

    monkeypatch.setattr("hub_cli.serving.serve", run)
    file = folder.write("hub.yaml", "hub: {locale: en}\n")
    assert main(["serve", "--config", str(file), "--port", "9000", "--host", "0.0.0.0", "--data", "d"]) == 0
    assert main(["serve", "--config", str(file)]) == 0
    assert got == ["en", "0.0.0.0", 9000, Path("d"), "en", "127.0.0.1", 8080, Path("var")]


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
    for chinese, english in SENTENCES.values():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in english)


def test_as_a_process_of_its_own() -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hub_cli", *arguments], capture_output=True, text=True, check=False, timeout=60
        )

    version = run("--version")
    assert (version.returncode, version.stdout) == (0, f"frontdesk-hub {VERSION}\n")
    gone = run("check", "nowhere.yaml", "--locale", "en")
    assert (gone.returncode, gone.stdout) == (1, "")
    assert gone.stderr == "nowhere.yaml: cannot be read: No such file or directory\n1 problem(s)\n"
