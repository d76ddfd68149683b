"""One file: what YAML gives, and what is too much."""

from __future__ import annotations

import pytest

from hub.config.reading import MAX_BYTES, MAX_DEPTH, MAX_VALUES
from tests.config.kit import Folder, ToyConfig


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hub: {name: [1, 2\nteams: []", "2:6: not valid YAML: expected ',' or ']', but got ':'; while parsing a flow"),
        ("hub: a: b", "1:7: not valid YAML: mapping values are not allowed here"),
        ("hub:\n\tname: x", "2:1: not valid YAML: found character '\\t' that cannot start any token"),
        ('hub: "x', "1:8: not valid YAML: found unexpected end of stream"),
        ("hub: {}\n---\nteams: []", "2:1: not valid YAML: but found another document"),
        ("hub: *nowhere", "1:6: not valid YAML: found undefined alias"),
        ("hub:\n  name: \x07", "2:9: not valid YAML: special characters are not allowed"),
        ("- a\n- b", "1:1: the document should be a mapping of keys to values"),
        ("hub", "1:1: the document should be a mapping of keys to values"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_place(folder: Folder, text: str, told: str) -> None:
    (line,) = folder.told(text)
    assert line.startswith(f"hub.yaml:{told}")


def test_a_file_that_is_not_there(folder: Folder) -> None:
    assert folder.told() == ["hub.yaml: cannot be read: No such file or directory"]


def test_a_file_in_another_encoding(folder: Folder) -> None:
    (folder.path / "hub.yaml").write_bytes("hub:\n  name: 云栈".encode("gb18030"))
    assert folder.told() == ["hub.yaml:2: the file is not UTF-8"]


def test_a_byte_order_mark_is_no_part_of_the_first_key(folder: Folder) -> None:
    (folder.path / "hub.yaml").write_bytes(b"\xef\xbb\xbfhub: {locale: en}\n")
    assert folder.load().settings.hub.locale == "en"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "hub:\nteams:\nservice:\nplugins:\n", "include:\n"])
def test_an_empty_document_is_the_default_service(folder: Folder, text: str) -> None:
    loaded = folder.load(text)
    assert (loaded.settings.default_team, loaded.settings.hub.locale, loaded.instances) == ("front", "zh-CN", ())


def test_a_key_that_stands_twice(folder: Folder) -> None:
    told = folder.told("hub:\n  locale: en\n  name: x\n  locale: zh-CN\n")
    assert told[0].replace(str(folder.path), "") == (
        "hub.yaml:4:3: hub.locale: the key locale stands here twice, first at hub.yaml:2:3"
    )


def test_merge_keys_unknown_tags_and_odd_keys(folder: Folder) -> None:
    assert folder.told("hub: {<<: {locale: en}}\nteams: !set []\n? [a]\n: 1\nservice: !file {}\n") == [
        "hub.yaml:1:7: hub.<<: the merge key << is not supported (put what is common into a file and include it)",
        "hub.yaml:2:8: teams: should have at least 1 items",
        "hub.yaml:2:8: teams: unknown tag !set (the only tag is !file)",
        "hub.yaml:3:3: a key must be a plain text",
        "hub.yaml:5:10: service: !file takes the path of a file",
    ]


def test_scalars_are_those_of_yaml_1_2(folder: Folder) -> None:
    loaded = folder.load(
        """\
        hub:
          limits: {in_flight: 0o17, per_person: 1_000}
          name: "007"
        plugins:
        - use: toy
          enabled: True
          config: {wait: 1.5, nickname: on, mode: loud, most: 0x10}
        """
    )
    config = loaded.instances[0].config
    assert isinstance(config, ToyConfig)
    assert (loaded.settings.hub.limits.in_flight, loaded.settings.hub.limits.per_person) == (15, 1000)
    assert (config.wait, config.nickname, config.most) == (1.5, "on", 16)


def test_a_date_stays_a_text(folder: Folder) -> None:
    config = folder.load("plugins: [{use: toy, config: {nickname: 2026-11-24}}]").instances[0].config
    assert isinstance(config, ToyConfig)
    assert config.nickname == "2026-11-24"


@pytest.mark.parametrize("written", ["!!int many", "!!bool perhaps", "!!float x"])
def test_a_tag_that_does_not_fit_leaves_a_text(folder: Folder, written: str) -> None:
    told = folder.told(f"hub: {{limits: {{in_flight: {written}}}}}")
    assert told == ["hub.yaml:1:27: hub.limits.in_flight: should be a whole number"]


def test_an_alias_repeats_its_value(folder: Folder) -> None:
    loaded = folder.load("plugins:\n- {use: toy, config: &same {wait: 3s}}\n- {use: toy, as: two, config: *same}\n")
    assert [spec.config.wait for spec in loaded.instances if isinstance(spec.config, ToyConfig)] == [3, 3]


def test_aliases_that_multiply_are_stopped(folder: Folder) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (told,) = folder.told("\n".join(lines))
    assert f"more than {MAX_VALUES} values, counting those that aliases repeat" in told


def test_an_alias_within_itself_is_stopped(folder: Folder) -> None:
    (told,) = folder.told("hub: &me\n  name: *me\n")
    assert told == f"hub.yaml:1:6: nested more than {MAX_DEPTH} deep"


@pytest.mark.parametrize("text", ["\n\nhub: " + "[" * 50_000, "hub: " + "{a: " * 1_000, "- " * 1_000])
def test_a_deep_document_is_stopped_early(folder: Folder, text: str) -> None:
    (told,) = folder.told(text)
    assert told.endswith(f": nested more than {MAX_DEPTH} deep")


def test_a_large_file_is_not_even_parsed(folder: Folder) -> None:
    assert folder.told("#" * (MAX_BYTES + 1)) == [f"hub.yaml: the file is larger than {MAX_BYTES} bytes"]


def test_the_message_does_not_quote_the_document(folder: Folder) -> None:
    assert folder.told("token: hunter2: x") == ["hub.yaml:1:15: not valid YAML: mapping values are not allowed here"]
