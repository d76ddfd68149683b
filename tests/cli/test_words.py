"""Words of the command line that plugin packages bring: packages made here, found as installed ones are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from hub_cli import main

Install = Callable[..., None]

GREETER = '''
    """A word with an argument of its own and the store's options."""
    import argparse

    from hub import Refused
    from hub_cli import add_store_options, settings_of


    def add(parser: argparse.ArgumentParser, locale: str) -> None:
        parser.description = "向人问好" if locale == "zh-CN" else "greet somebody"
        parser.add_argument("name")
        add_store_options(parser, locale)
        parser.set_defaults(command=greet)


    def greet(options: argparse.Namespace) -> int:
        if options.name == "nobody":
            raise Refused(404, "nobody", "there is nobody")
        house = settings_of(options).name_for(options.locale)
        print("你好" if options.locale == "zh-CN" else "hello", options.name, house, options.data)
        return 7


    def add_many(parser: argparse.ArgumentParser, locale: str) -> None:
        inner = parser.add_subparsers(required=True)
        inner.add_parser("inner").set_defaults(command=lambda options: print(options.locale) or 0)
'''


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package of one module with words."""
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name: str, code: str, **words: str) -> None:
        (tmp_path / f"{name}.py").write_text(dedent(code), "utf-8")
        facts = tmp_path / f"{name}-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        points = "".join(f"{word.replace('_', '-')} = {name}:{function}\n" for word, function in words.items())
        (facts / "entry_points.txt").write_text(f"[hub.commands]\n{points}")
        monkeypatch.delitem(sys.modules, name, raising=False)

    return install


def test_a_word_of_a_plugin_is_a_command(install: Install, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    install("greeter", GREETER, greet="add", greet_many="add_many")
    document = tmp_path / "hub.yaml"
    document.write_text("hub: {name: {zh-CN: 小店, en: Shop}}\n", "utf-8")
    assert main(["greet", "Ann", "--config", str(document), "--data", "d"]) == 7
    assert main(["greet", "安", "--locale", "zh-CN"]) == 7
    assert main(["greet-many", "inner", "--locale", "zh-CN"]) == 0
    assert capsys.readouterr().out.splitlines() == ["hello Ann Shop d", "你好 安 前台 var", "zh-CN"]
    assert main(["greet", "nobody"]) == 1
    assert capsys.readouterr().err == "failed: there is nobody\n"
    with pytest.raises(SystemExit) as end:
        main(["greet"])
    assert end.value.code == 2
    assert "the following arguments are required: name" in capsys.readouterr().err


def test_a_word_is_imported_when_it_is_used_and_the_help_asks_all(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("greeter", GREETER, greet="add")
    install("wreck", "import nowhere_to_be_found\n", sink="add")
    assert main(["check", "nowhere.yaml"]) == 1
    assert "greeter" not in sys.modules
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert "greet somebody" in said
    assert "brought by wreck" in said
    with pytest.raises(SystemExit):
        main(["greet", "--help"])
    assert "greet somebody" in capsys.readouterr().out


def test_a_broken_word_tells_why_and_leaves_the_others_alone(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("greeter", GREETER, greet="add")
    install("wreck", "import nowhere_to_be_found\n", sink="add")
    install("odd", "def lazy(parser, locale): pass\n\n\ndef wrong(): pass\n", lazy="lazy", wrong="wrong", gone="gone")
    assert main(["sink"]) == 1
    said = capsys.readouterr().err
    assert "the word sink (wreck:add) cannot be used: ModuleNotFoundError: No module named 'nowhere_to_be_found'" in said
    assert main(["lazy"]) == 1
    assert "the word lazy (odd:lazy) cannot be used: it sets no command" in capsys.readouterr().err
    assert main(["wrong"]) == 1
    assert "TypeError: wrong() takes 0 positional arguments" in capsys.readouterr().err
    assert main(["gone"]) == 1
    assert "AttributeError" in capsys.readouterr().err
    assert main(["greet", "Ann"]) == 7


def test_nobody_takes_a_word_that_is_taken(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install("greeter", GREETER, greet="add", serve="add")
    install("rival", GREETER, greet="add")
    assert main(["greet", "Ann"]) == 1
    assert "the word greet is brought by several: greeter:add, rival:add" in capsys.readouterr().err
    assert main(["serve", "--config", "nowhere.yaml"]) == 1
    assert capsys.readouterr().err.startswith("nowhere.yaml: cannot be read")
