"""Documents that include others."""

from __future__ import annotations

from tests.config.kit import Folder


def test_lists_are_appended_and_mappings_merged(folder: Folder) -> None:
    folder.write("parts/teams.yaml", "teams: [{id: one, name: One}]\nhub: {locale: en}\n")
    folder.write("parts/chat.yaml", "plugins: [{use: toy, as: first}]\n")
    loaded = folder.load(
        """\
        include: [parts/teams.yaml, parts/chat.yaml]
        hub: {timezone: Europe/Berlin}
        teams: [{id: two, name: Two}]
        plugins: [{use: toy, as: second}]
        """
    )
    settings = loaded.settings
    assert (settings.hub.locale, settings.hub.timezone) == ("en", "Europe/Berlin")
    assert settings.team_ids == ("one", "two")
    assert [(spec.name, spec.position) for spec in loaded.instances] == [("first", 0), ("second", 1)]
    assert [file.name for file in loaded.files] == ["hub.yaml", "teams.yaml", "chat.yaml"]


def test_an_instance_starts_its_relative_paths_where_it_is_written(folder: Folder) -> None:
    folder.write("parts/chat.yaml", "plugins: [{use: toy, config: {nickname: !file name.txt}}]\n")
    folder.write("parts/name.txt", "Ann\n")
    spec = folder.load("include: parts/chat.yaml\n").instances[0]
    assert spec.folder == (folder.path / "parts").resolve()
    assert "Ann" in repr(spec.config)


def test_two_values_for_one_key_name_both_places(folder: Folder) -> None:
    folder.write("base.yaml", "hub:\n  locale: en\n  timezone: UTC\n")
    told = folder.told("include: [base.yaml]\nhub:\n  timezone: UTC\n  locale: zh-CN\n")
    assert told == [
        "hub.yaml:4:11: hub.locale: hub.locale says something else at base.yaml:2:11 (keep it in one of the two places)"
    ]


def test_a_mapping_does_not_merge_with_a_list(folder: Folder) -> None:
    folder.write("base.yaml", "teams: [{id: a, name: A}]\n")
    told = folder.told("include: [base.yaml]\nteams: {id: b}\n")
    assert told == ["hub.yaml:2:8: teams: teams says something else at base.yaml:1:8 (keep it in one of the two places)"]


def test_a_key_with_nothing_behind_it_clashes_with_nothing(folder: Folder) -> None:
    folder.write("base.yaml", "hub:\n  locale: en\nplugins:\n")
    loaded = folder.load("include: [base.yaml]\nhub:\nplugins: [{use: toy}]\n")
    assert (loaded.settings.hub.locale, len(loaded.instances)) == ("en", 1)


def test_a_file_included_twice_is_read_once(folder: Folder) -> None:
    folder.write("base.yaml", "plugins: [{use: toy}]\n")
    folder.write("one.yaml", "include: base.yaml\n")
    folder.write("two.yaml", "include: ./base.yaml\n")
    assert len(folder.load("include: [one.yaml, two.yaml]\n").instances) == 1


def test_files_that_include_each_other(folder: Folder) -> None:
    folder.write("one.yaml", "\ninclude: [two.yaml]\n")
    folder.write("two.yaml", "include:\n  - hub.yaml\n")
    assert folder.told("include: one.yaml\n") == [
        "two.yaml:2:5: include: files include each other in a circle: hub.yaml → one.yaml → two.yaml → hub.yaml"
    ]


def test_all_files_that_cannot_be_read_are_told_together(folder: Folder) -> None:
    folder.write("broken.yaml", "hub: [")
    told = folder.told("include:\n  - gone.yaml\n  - broken.yaml\n  - 7\n  - ${NOPE}\n  - {}\n")
    assert [line.split(": ")[0] for line in told] == [
        "hub.yaml:4:5",
        "hub.yaml:5:5",
        "hub.yaml:6:5",
        "hub.yaml:2:5",
        "broken.yaml:1:7",
    ]
    assert "cannot read gone.yaml: No such file or directory" in told[3]


def test_a_path_from_the_environment_is_not_printed(folder: Folder) -> None:
    folder.env["PART"] = "very-private.yaml"
    assert folder.told("include: ${PART}\n") == [
        "hub.yaml:1:10: include: cannot read •••: No such file or directory"
    ]


def test_problems_in_included_files_point_into_them_with_the_path_of_the_whole(folder: Folder) -> None:
    folder.write("a.yaml", "plugins:\n- use: toy\n")
    folder.write("b.yaml", "plugins:\n- use: toy\n  as: b\n  config: {nickname: '${NOPE}', wiat: 1}\n")
    told = folder.told("include: [a.yaml, b.yaml]\nhub: {nam: x}\n")
    assert [line.split(" (")[0] for line in told] == [
        "hub.yaml:2:7: hub.nam: unknown key",
        "b.yaml:4:22: plugins[1].config.nickname: the environment variable NOPE is not set",
        "b.yaml:4:33: plugins[1].config.wiat: unknown key",
    ]
