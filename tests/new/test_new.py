"""`hub new` writes projects that work: they are written out, installed, and their own tests are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from hub.commands import installed
from hub_cli import main
from hub_new import KINDS, Project
from hub_new.words import WORDS

ROOT: Final = Path(__file__).parents[2]


def run(*command: str | Path, folder: Path, **env: str) -> str:
    """What a command says; it must end well."""
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_it_writes_is_installed_and_passes_its_own_tests(kind: str, tmp_path: Path) -> None:
    assert main(["new", kind, "my-shop", "--title", "我的小店", "--to", str(tmp_path), "--locale", "en"]) == 0
    project, site = tmp_path / "frontdesk-my-shop", tmp_path / "site"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    run(*pip, "--no-deps", "--no-build-isolation", "--target", site, project, folder=tmp_path)
    there = {"PYTHONPATH": str(site)}
    ruff = ("--isolated", "--no-cache", "--line-length", "130", "--select", "ANN,B,E,F,UP", "--ignore", "ANN401")
    run(sys.executable, "-m", "ruff", "check", *ruff, project, folder=project)
    said = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=project, **there)
    assert re.search(r"\b\d+ passed", said)
    if kind == "channel":
        assert "TestMyShopChannel: gold" in said
    hub = (sys.executable, "-m", "hub_cli")
    assert "my-shop" in run(*hub, "check", "hub.yaml", "--locale", "en", folder=project, **there)
    (line,) = [line for line in run(*hub, "plugins", folder=project, **there).splitlines() if line.startswith("my-shop ")]
    assert re.search(rf"{kind} +0\.1\.0 .* usable .* 我的小店", line), line


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["doorbell", "my-shop2", "a"])
def test_nothing_of_a_template_is_left_unfilled(kind: str, name: str) -> None:
    files = Project.of(kind, name).files()
    assert f"frontdesk_{name.replace('-', '_')}/{kind}.py" in {str(path) for path in files}
    for path, text in files.items():
        assert "$" not in str(path)
        assert not re.search(r"\$\{?(name|module|Class|title|kind|project|test|version)\b", text), path
        if path.suffix == ".py":
            compile(text, str(path), "exec")


def test_a_name_that_says_the_kind_does_not_say_it_twice() -> None:
    assert Project.of("bot", "night-bot").names["Class"] == "NightBot"
    assert Project.of("bot", "night").names["Class"] == "NightBot"


BAD: Final = ("", "Shop", "my_shop", "9lives", "-a", "a-", "a--b", "../up", "a b", "商店", "a" * 41, "a/b")


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize("name", [*BAD, "web", "plugins", "hub"])
def test_bad_names_are_refused_in_words(
    name: str, locale: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "web" in installed()
    arguments = ["new", "bot", "--to", str(tmp_path), "--locale", locale, "--", name]
    assert main(arguments) == 1
    said = capsys.readouterr().err
    code = {"web": "taken", "plugins": "reserved", "hub": "reserved"}.get(name, "bad_name")
    assert WORDS[code][locale == "en"].format(name=name) in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("title", ["a\nb", 'say "hi"', "back\\slash", "{braces}", "a" * 61])
def test_a_title_that_would_break_the_files_is_refused(
    title: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "bot", "night", "--title", title, "--to", str(tmp_path), "--locale", "en"]) == 1
    assert "a title is one line" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "frontdesk-night"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    assert main(["new", "bot", "night", "--to", str(tmp_path), "--locale", "zh-CN"]) == 1
    assert "已经存在，没有改动任何文件" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    assert main(["new", "bot", "day", "--to", str(tmp_path / "nowhere"), "--locale", "en"]) == 1
    assert "is no folder" in capsys.readouterr().err


def test_it_says_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "bot", "night", "--to", str(tmp_path), "--locale", "zh-CN"]) == 0
    said = capsys.readouterr().out
    assert "接下来" in said
    assert "pip install -e '.[test]'" in said


def test_the_kind_and_the_name_have_to_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["new"], ["new", "bot"], ["new", "robot", "x"]):
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        assert ended.value.code == 2
    capsys.readouterr()


@pytest.mark.slow
def test_the_templates_travel_in_the_wheel(tmp_path: Path) -> None:
    env: Mapping[str, str] = {"FRONTDESK_SKIP_PAGES": "1"}
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, folder=ROOT, **env)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    templates = ROOT / "plugins" / "hub_new" / "templates"
    wanted = {f"hub_new/templates/{path.relative_to(templates).as_posix()}" for path in templates.rglob("*.tmpl")}
    assert len(wanted) > len(KINDS) * 3
    assert wanted <= names
