"""What the importers read, and how precisely they complain."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub_faq.elsewhere import read_elsewhere
from hub_faq.importers import read_sources
from hub_faq.knowledge import KnowledgeError
from hub_faq.synonyms import read_synonyms
from tests.faq.conftest import Write

YAML = """
    topic: {zh: 寄件, en: Sending}
    groups:
      - id: send-how
        ask:
          zh: [怎么寄快递, 我要寄件]
          en: [How do I send a parcel]
        answer:
          zh: 打开小程序。
          en: Open the app.
        related: [packing]
      - id: packing
        ask: {zh: 怎么打包, en: How to pack}
        answer: {zh: 用纸箱。, en: Use a box.}
"""

MARKDOWN = """
    # Sending

    ## How do I send a parcel {#send-how}
    - I want to ship a package

    Open the app.

    - then tap Send

    Related: packing

    ## How to pack {#packing}

    Use a box.
"""

CSV = """\
id,question,answer,language,related
send-how,怎么寄快递,"打开小程序,点寄件。",zh,packing
send-how,我要寄件,,zh,
send-how,How do I send a parcel,Open the app.,,
packing,怎么打包,用纸箱。,,
"""


def faults(path: Path, *sources: str) -> list[str]:
    with pytest.raises(KnowledgeError) as caught:
        read_sources(sources or (path.name,), path.parent)
    return [str(fault).replace(f"{path.parent}/", "") for fault in caught.value.faults]


def test_yaml_holds_both_languages_of_a_group(write: Write) -> None:
    path = write("a.yaml", YAML)
    group = read_sources(["a.yaml"], path.parent).groups["send-how"]
    assert group.questions == {"zh": ("怎么寄快递", "我要寄件"), "en": ("How do I send a parcel",)}
    assert group.answer("en") == "Open the app."
    assert group.related == ("packing",)
    assert group.topic == {"zh": "寄件", "en": "Sending"}
    assert group.place.line == 3


def test_markdown_takes_the_list_under_a_heading_as_questions_and_later_lists_as_answer(write: Write) -> None:
    path = write("a.md", MARKDOWN)
    group = read_sources(["a.md"], path.parent).groups["send-how"]
    assert group.questions == {"en": ("How do I send a parcel", "I want to ship a package")}
    assert group.answer("en") == "Open the app.\n\n- then tap Send"
    assert group.related == ("packing",)


def test_markdown_of_the_other_language_joins_by_id(write: Write) -> None:
    write("a.en.md", MARKDOWN)
    path = write("a.zh-CN.md", "# 寄件\n## 怎么寄快递 {#send-how}\n打开小程序。\n相关：packing\n")
    knowledge = read_sources(["a.en.md", "a.zh-CN.md"], path.parent)
    assert knowledge.groups["send-how"].answers == {"en": "Open the app.\n\n- then tap Send", "zh": "打开小程序。"}
    assert knowledge.groups["packing"].answer("zh") == "Use a box."


def test_csv_has_one_row_per_question_and_sees_the_language(write: Write) -> None:
    path = write("a.csv", CSV)
    group = read_sources(["a.csv"], path.parent).groups["send-how"]
    assert group.questions == {"zh": ("怎么寄快递", "我要寄件"), "en": ("How do I send a parcel",)}
    assert group.answers == {"zh": "打开小程序,点寄件。", "en": "Open the app."}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_csv_may_be_saved_by_a_chinese_spreadsheet(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes(CSV.replace("\n", "\r\n").encode(encoding))
    assert read_sources(["a.csv"], tmp_path).groups["packing"].title("zh") == "怎么打包"


def test_a_directory_is_read_in_the_order_of_its_names(write: Write) -> None:
    write("b.md", "## What is it {#b}\nA thing.\n")
    path = write("a.md", "## Who is it {#a}\nA person.\n")
    assert list(read_sources(["."], path.parent).groups) == ["a", "b"]


def test_yaml_faults_name_file_and_line_all_at_once(write: Write) -> None:
    path = write(
        "a.yaml",
        """
        groups:
          - id: One Two
            ask: {zh: [你好吗], de: [Hallo]}
            answer: {zh: 好}
          - id: two
            asks: {zh: [什么]}
            answer: {zh: 012}
          - id: three
            ask: {zh: []}
            answer: {zh: [a]}
        """,
    )
    assert faults(path) == [
        "a.yaml:2: 'One Two' is no id: use small letters, digits, '-', '_' and '.'",
        "a.yaml:3: unknown key 'de'; known are zh, en",
        "a.yaml:6: unknown key 'asks'; did you mean 'ask'?",
        "a.yaml:5: the key 'ask' is missing",
        "a.yaml:10: expected a text, got a list",
    ]


def test_text_that_is_no_yaml_names_the_line(write: Write) -> None:
    [fault] = faults(write("a.yaml", "groups:\n  - id: [\n"))
    assert fault.startswith("a.yaml:3: is not YAML: ")


def test_a_number_must_stand_in_quotes(write: Write) -> None:
    path = write("a.yaml", "groups:\n  - {id: a, ask: {zh: [几号]}, answer: {zh: 012}}\n")
    assert faults(path) == ["a.yaml:2: expected a text, got '012' (put it in quotes)"]


def test_the_knowledge_is_checked_as_a_whole(write: Write) -> None:
    write("a.md", "## What is it {#a}\nA thing.\nRelated: nowhere\n")
    path = write("b.md", "## Other {#a}\nX\n## What is it {#c}\nY\n")
    assert faults(path, "a.md", "b.md") == [
        f"b.md:1: group 'a' is already defined in {path.parent}/a.md:1".replace(f"{path.parent}/", ""),
        "a.md:1: group 'a' names the related group 'nowhere', which does not exist",
        "b.md:3: 'What is it' is asked in 'c' and in 'a'",
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "a.md",
            "## No id here\nText\n",
            "a.md:1: the heading 'No id here' needs an id such as {#send-how} at its end",
        ),
        (
            "a.md",
            "hello\n## Q {#q}\nText\n",
            "a.md:1: text before the first '## question {#id}' heading belongs to no group",
        ),
        ("a.md", "## Q {#q}\n- P\n", "a.md:1: group 'q' has no answer under its questions"),
        ("a.csv", "id,question\n", "a.csv:1: the column 'answer' is missing"),
        (
            "a.csv",
            "id,question,answer,x\n",
            "a.csv:1: unknown column 'x'; known are id, question, answer, language, related, topic",
        ),
        ("a.csv", "id,question,answer\na,q,r\nb,,r\n", "a.csv:3: the question is empty"),
        (
            "a.csv",
            "id,question,answer\na,q,r,more\n",
            "a.csv:2: has more cells than the header; put texts with commas in quotes",
        ),
        (
            "a.csv",
            'id,question,answer\na,q,"r\ns"\nb,p,\n',
            "a.csv:4: group 'b' has questions but no answer in language 'en'",
        ),
        (
            "a.csv",
            "id,question,answer\na,q,r\na,p,s\n",
            "a.csv:3: group 'a' has a second, different answer in language 'en'",
        ),
        ("a.csv", "id,question,answer,language\na,q,r,fr\n", "a.csv:2: unknown language 'fr'; known are zh, en"),
        ("a.yaml", "{}\n", "a.yaml:1: the key 'groups' is missing"),
        ("a.txt", "x", "a.txt:1: unknown kind of file; known are .csv, .md, .yaml, .yml"),
    ],
)
def test_faults(write: Write, name: str, text: str, expected: str) -> None:
    assert faults(write(name, text))[0] == expected


def test_a_missing_source_and_bad_bytes_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_bytes("## 问 {#a}\n".encode() + b"\xff\xfe")
    assert faults(tmp_path / "x", "nowhere.yaml") == ["nowhere.yaml:1: there is no such file or directory"]
    assert faults(tmp_path / "bad.md") == ["bad.md:2: is not UTF-8 text"]


def test_synonyms_replace_longer_words_first(write: Write) -> None:
    path = write("s.yaml", "zh:\n  - [快递, 包裹]\n  - [快递员, 小哥]\nen:\n  - [parcel, package, parcel box]\n")
    synonyms = read_synonyms(path, str)
    assert synonyms.apply("小哥把包裹给快递员") == "快递员把快递给快递员"
    assert synonyms.apply("my packages are no package") == "my packages are no parcel"


def test_a_word_in_two_sets_is_a_fault(write: Write) -> None:
    path = write("s.yaml", "zh:\n  - [快递, 包裹]\n  - [邮件, 包裹]\n  - [单]\n")
    with pytest.raises(KnowledgeError) as caught:
        read_synonyms(path, str)
    assert [(fault.place.line, fault.message) for fault in caught.value.faults] == [
        (3, "'包裹' is already in the set of line 2"),
        (4, "a set of synonyms needs at least two words"),
    ]


def test_the_everyday_list_can_be_read() -> None:
    assert len(read_elsewhere()) > 100


def test_the_examples_of_the_readme_can_be_read(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "plugins" / "hub_faq" / "README.md").read_text("utf-8")
    fences = readme.split("```")[1::2]
    by_kind = {
        kind: [f.partition("\n")[2] for f in fences if f.startswith(f"{kind}\n")]
        for kind in ("yaml", "markdown", "csv")
    }
    (tmp_path / "a.yaml").write_text(by_kind["yaml"][1], "utf-8")
    (tmp_path / "a.csv").write_text(by_kind["csv"][0] + "packing,怎么打包,用纸箱。,,,\n", "utf-8")
    (tmp_path / "a.md").write_text(by_kind["markdown"][0].replace("Related: packing", ""), "utf-8")
    (tmp_path / "s.yaml").write_text(by_kind["yaml"][2], "utf-8")
    for name in ("a.yaml", "a.csv", "a.md"):
        assert "send-how" in read_sources([name], tmp_path).groups
    assert read_synonyms(tmp_path / "s.yaml", str).apply("货件") == "快递"
