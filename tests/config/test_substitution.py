"""Values from outside, and that they are never printed."""

from __future__ import annotations

import pytest

from tests.config.kit import Folder, ToyConfig


def toy(folder: Folder, config: str) -> ToyConfig:
    found = folder.load(f"plugins:\n- use: toy\n  config: {config}\n").instances[0].config
    assert isinstance(found, ToyConfig)
    return found


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("${NAME}", "Ann"),
        ("hello ${NAME} and ${NAME}!", "hello Ann and Ann!"),
        ("${GONE:-nobody}", "nobody"),
        ("${GONE:-}", ""),
        ("${EMPTY}", ""),
        ("${EMPTY:-nobody}", "nobody"),
        ("${NAME:-nobody}", "Ann"),
        ("${GONE:-a:-b $ {x}", "a:-b $ {x"),
        ("$${NAME}", "${NAME}"),
        ("a$NAME $ 5", "a$NAME $ 5"),
        ("${TRICK}", "${NAME}"),
    ],
)
def test_variables(folder: Folder, written: str, read: str) -> None:
    folder.env = {"NAME": "Ann", "EMPTY": "", "TRICK": "${NAME}"}
    assert toy(folder, f'{{nickname: "{written}"}}').nickname == read


def test_numbers_switches_and_words_may_come_from_variables(folder: Folder) -> None:
    folder.env = {"MODE": "loud", "WAIT": "3m", "FLOORS": "4", "ON": "true"}
    loaded = folder.load(
        "plugins:\n- use: toy\n  enabled: ${ON}\n"
        "  config: {mode: '${MODE}', wait: '${WAIT}', shops: [{url: u, floors: '${FLOORS}'}]}\n"
    )
    config = loaded.instances[0].config
    assert isinstance(config, ToyConfig)
    assert (config.mode, config.wait, config.shops[0].floors, loaded.instances[0].enabled) == ("loud", 180, 4, True)


def test_a_variable_that_is_not_set(folder: Folder) -> None:
    folder.env = {"SHOP_TOKEN": "s"}
    told = folder.told("plugins:\n- use: toy\n  config: {token: '${SHOP_TOKN}', nickname: '${QQ}'}\n")
    assert told == [
        "hub.yaml:3:19: plugins[0].config.token: the environment variable SHOP_TOKN is not set "
        "(did you mean SHOP_TOKEN?)",
        "hub.yaml:3:45: plugins[0].config.nickname: the environment variable QQ is not set "
        "(set it, or write ${QQ:-default})",
    ]


@pytest.mark.parametrize("text", ["${", "${}", "${1A}", "${A B}", "${A-b}", "${A"])
def test_what_is_no_variable(folder: Folder, text: str) -> None:
    (told,) = folder.told(f"hub:\n  name: '{text}'\n")
    assert told == (
        "hub.yaml:2:9: hub.name: after ${ a variable's name and } should follow (for a plain ${ write $${)"
    )


def test_a_file_gives_its_content_without_the_line_ends_at_its_end(folder: Folder) -> None:
    folder.write("secrets/token", "tok\nen\n\r\n")
    folder.env = {"WHERE": "secrets"}
    assert toy(folder, "{token: !file '${WHERE}/token'}").token.get_secret_value() == "tok\nen"


def test_files_that_cannot_be_read(folder: Folder) -> None:
    (folder.path / "binary").write_bytes(b"\xff\xfe\x00")
    (folder.path / "large").write_bytes(b"x" * (1024 * 1024 + 1))
    told = folder.told(
        "plugins:\n- use: toy\n  config:\n    token: !file gone\n    nickname: !file binary\n"
        "- use: toy\n  as: b\n  config:\n    token: !file large\n    nickname: !file .\n"
    )
    assert [line.split("config.")[1] for line in told] == [
        "token: cannot read gone: No such file or directory",
        "nickname: cannot read binary: the file is not UTF-8",
        "token: cannot read large: the file is larger than 1048576 bytes",
        "nickname: cannot read .: Is a directory",
    ]


SECRET = "hunter2-geheim"


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
@pytest.mark.parametrize(
    "config",
    [
        "{token: '${SECRET} x'}",  # a validator that quotes what it got
        "{token: !file secret}",
        "{token: 'hunter2-geheim with spaces'}",  # written in the YAML, but the plugin says it is secret
        "{wait: '${SECRET}', most: '${SECRET}', mode: '${SECRET}', shops: '${SECRET}', nearest: '${SECRET}'}",
        "{shops: [{url: x, floors: '${SECRET}'}]}",
        "{nickname: boss, token: '${SECRET}'}",  # a validator of the whole that quotes a part
        "{nickname: 'key:${SECRET}'}",  # an error nobody planned
        "{wait: '${SECRET}', '${SECRET}': 1}",
    ],
)
def test_what_came_from_outside_is_never_printed(folder: Folder, config: str, locale: str) -> None:
    folder.env = {"SECRET": SECRET}
    folder.write("secret", f"line one\n{SECRET} two\n")
    problems = folder.problems(f"plugins:\n- use: toy\n  config: {config}\n", locale=locale)
    assert problems
    assert all(SECRET not in f"{problem} {problem!r}" for problem in problems)


def test_the_password_of_the_database_is_not_printed(folder: Folder) -> None:
    loaded = folder.load("hub: {database: 'postgres://hub:hunter2@db/hub'}\n")
    assert loaded.settings.database == "postgres://hub:hunter2@db/hub"
    assert "hunter2" not in f"{loaded!r} {loaded.settings} {loaded.settings.model_dump()}"


def test_a_short_secret_leaves_the_sentence_readable(folder: Folder) -> None:
    folder.env = {"A": "a"}
    (told,) = folder.told("plugins:\n- use: toy\n  config: {token: '${A} b', nickname: x}\n")
    assert told.endswith("••• token without spaces, not '•••'")


def test_a_disabled_instance_needs_neither_variables_nor_a_right_configuration(folder: Folder) -> None:
    loaded = folder.load(
        """\
        plugins:
        - {use: toy, enabled: false, config: {nickname: Ann}}
        - {use: toy, as: b, enabled: "${WECHAT:-false}", config: {token: "${WECHAT_TOKEN}", wiat: 1}}
        - {use: not-installed, enabled: false}
        """
    )
    assert [(spec.name, spec.enabled) for spec in loaded.instances] == [("toy", False)]
