"""Everything that is wrong is told at once, with its exact place."""

from __future__ import annotations

import pytest

from hub.config.words import SENTENCES, say
from tests.config.kit import Folder

EVERYTHING_WRONG = """\
hub:
  nme: Shop
  locale: fr
  timezone: Asia/Shangai
  public_url: ftp://shop
  database: mysql://u:p@h/d
  name: 12
  log: {level: loud}
  limits: {in_flight: many, per_person: 0, body_bytes: 10 XB}
  allow_private_networks: [10.0.0.0/99]
teams:
  - {id: front, name: Front}
  - {id: front, name: {}}
  - {id: Big Team, name: {fr: Équipe}}
service:
  first_owner: nobody
  default_team: fornt
  texts:
    joined: hi {who}
    closd: bye
plugins:
  - use: toy
    cnfig: 1
    config: {wait: soon, most: much, mode: loudly}
  - use: needed
  - use: tyo
  - use: toy
    as: Bad Name
    config:
      shops: [{url: 7, floors: 99}, 5]
      by_name: {north: {ulr: x, url: y}}
      nearest: {floor: 2, url: z}
  - use: future
  - use: web
  - use: toy
    config: {token: a b c}
    required: perhaps
  - as: nameless
"""

TOLD = [
    "hub.yaml:2:3: hub.nme: unknown key (did you mean name?)",
    "hub.yaml:3:11: hub.locale: should be 'zh-CN' or 'en'",
    "hub.yaml:4:13: hub.timezone: is no time zone's name (such as Asia/Shanghai)",
    "hub.yaml:5:15: hub.public_url: should be an address that starts with http:// or https://",
    "hub.yaml:6:13: hub.database: should start with postgres://, or be empty for SQLite",
    "hub.yaml:7:9: hub.name: should be a text (put it in quotes)",
    "hub.yaml:8:16: hub.log.level: should be 'debug', 'info', 'warning' or 'error'",
    "hub.yaml:9:23: hub.limits.in_flight: should be a whole number",
    "hub.yaml:9:41: hub.limits.per_person: should be at least 1",
    "hub.yaml:9:56: hub.limits.body_bytes: should be a size like 512KB, 10MB or 1GB",
    "hub.yaml:10:28: hub.allow_private_networks[0]: should be a network like 10.2.0.0/16",
    "hub.yaml:13:10: teams[1].id: the team front is already defined at hub.yaml:12:10",
    "hub.yaml:13:23: teams[1].name: should have a text in at least one language",
    "hub.yaml:14:10: teams[2].id: should match ^[a-z][a-z0-9_-]*$",
    "hub.yaml:14:31: teams[2].name.fr: should be 'zh-CN' or 'en'",
    "hub.yaml:16:16: service.first_owner: should be 'bot' or 'queue'",
    "hub.yaml:17:17: service.default_team: there is no team called fornt (did you mean front?)",
    "hub.yaml:20:12: service.texts.closd: should be 'handed_over', 'joined' or 'closed'",
    "hub.yaml:23:5: plugins[0].cnfig: unknown key (did you mean config?)",
    "hub.yaml:24:20: plugins[0].config.wait: should be a duration like 30s, 10m, 72h or 7d",
    "hub.yaml:24:32: plugins[0].config.most: should be a size like 512KB, 10MB or 1GB",
    "hub.yaml:24:44: plugins[0].config.mode: should be 'loud' or 'quiet'",
    "hub.yaml:25:5: plugins[1].config.url: is required",
    "hub.yaml:26:10: plugins[2].use: there is no plugin called tyo (did you mean toy?)",
    "hub.yaml:28:9: plugins[3].as: the instance name 'Bad Name' should start with a small letter and hold only small "
    "letters, digits, _ and - (give it a name with `as`)",
    "hub.yaml:30:21: plugins[3].config.shops[0].url: should be a text (put it in quotes)",
    "hub.yaml:30:32: plugins[3].config.shops[0].floors: should be at most 9",
    "hub.yaml:30:37: plugins[3].config.shops[1]: should be a mapping of keys to values",
    "hub.yaml:31:25: plugins[3].config.by_name.north.ulr: unknown key (did you mean url?)",
    "hub.yaml:32:17: plugins[3].config.nearest.floor: unknown key (did you mean floors?)",
    "hub.yaml:33:10: plugins[4].use: instance 'future': Future needs a hub >=99, this is {version}",
    "hub.yaml:34:10: plugins[5].use: there is no plugin called web (install it: pip install 'frontdesk-hub[web]')",
    "hub.yaml:35:10: plugins[6].use: the instance name toy is taken at hub.yaml:22:10 (give this one another name with `as`)",
    "hub.yaml:36:21: plugins[6].config.token: a token without spaces, not '•••'",
    "hub.yaml:37:15: plugins[6].required: should be true or false",
    "hub.yaml:38:5: plugins[7].use: is required",
]


def test_all_problems_of_all_sections_and_plugins_in_one_report(folder: Folder) -> None:
    from hub.version import VERSION

    assert folder.told(EVERYTHING_WRONG) == [line.replace("{version}", VERSION) for line in TOLD]


def test_the_report_in_chinese(folder: Folder) -> None:
    told = folder.told("hub: {nme: x, locale: fr}\nplugins: [{use: tyo}]\n", locale="zh-CN")
    assert told == [
        "hub.yaml:1:7: hub.nme: 未知的键 (是否想写 name？)",
        "hub.yaml:1:23: hub.locale: 应为 'zh-CN'、'en' 之一",
        "hub.yaml:2:17: plugins[0].use: 没有名为 tyo 的插件 (是否想写 toy？)",
    ]


def test_unknown_placeholders_in_the_texts_of_the_house(folder: Folder) -> None:
    told = folder.told("service:\n  texts:\n    joined: hi {who}\n")
    assert told == ["hub.yaml:3:5: service.texts: {who} is no placeholder that can be used here"]


def test_a_key_far_from_all_known_ones_lists_what_there_is(folder: Folder) -> None:
    told = folder.told("hub: {log: {zzzzzz: 1}}\n")
    assert told == ["hub.yaml:1:13: hub.log.zzzzzz: unknown key (known keys: format, level)"]


def test_an_unset_variable_hides_no_unknown_key(folder: Folder) -> None:
    told = folder.told("plugins: [{use: toy, config: {tokn: '${NOPE}'}}]\n")
    assert told == [
        "hub.yaml:1:31: plugins[0].config.tokn: unknown key (did you mean token?)",
        "hub.yaml:1:37: plugins[0].config.tokn: the environment variable NOPE is not set "
        "(set it, or write ${NOPE:-default})",
    ]


def test_a_validator_that_breaks_is_a_problem_of_its_plugin(folder: Folder) -> None:
    told = folder.told("plugins:\n- use: toy\n  config: {nickname: 'key:x'}\n")
    assert told == ["hub.yaml:3:11: plugins[0].config: KeyError: 'key:x'"]


def test_a_plugin_that_needs_a_family_nobody_plays(folder: Folder) -> None:
    told = folder.told("plugins:\n- use: needs-bot\n")
    assert told == ["hub.yaml:1:1: plugins: instance 'needs-bot' needs a Bot, and none is configured"]


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_each_sentence_asks_for_the_same_facts_in_both_languages(code: str) -> None:
    import string

    def facts(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    chinese, english = SENTENCES[code]
    assert facts(chinese) == facts(english)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
    values = dict.fromkeys(facts(english), "1")
    assert say("zh-CN", code, **values) != say("en", code, **values)
