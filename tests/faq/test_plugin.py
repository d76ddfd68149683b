"""The bot in a real hub."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hub import Author, Body, Button, Buttons, Choice, ConfigError, Image, Limits, Message, Text
from hub.testing import FakeChannel, HubKit, use
from hub_faq import Faq, FaqConfig
from hub_faq.choices import pressed, typed
from hub_faq.meaning import Encoder
from hub_faq.plugin import load
from tests.faq.conftest import Write
from tests.faq.questions import KNOWLEDGE

Start = Callable[..., Awaitable[HubKit]]
DEMO: dict[str, Any] = {"sources": (str(KNOWLEDGE / "express"),), "synonyms": str(KNOWLEDGE / "synonyms.yaml")}


@pytest.fixture
def start(make_hub: Start, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts a hub with the bot on the demo knowledge; the encoder is the one already loaded."""
    monkeypatch.setattr("hub_faq.plugin.load_encoder", lambda: encoder)

    async def start_hub(**config: Any) -> HubKit:
        kit: HubKit = await make_hub(
            use(FakeChannel, "chat", limits=Limits(frozenset({"text", "buttons", "choice"}))),
            use(Faq, "faq", {**DEMO, **config}),
        )
        await kit.hub.registry.until("faq", "running", "failed")
        return kit

    return start_hub


async def test_a_question_is_answered_with_related_ones_and_a_number_chooses(start: Start) -> None:
    visitor = (await start()).visitor("chat", "u1")
    await visitor.says("你好")
    await visitor.hears("我是智能客服")
    await visitor.says("怎么开发票")
    await visitor.hears("电子发票")
    buttons = visitor.heard[-1].body[1]
    assert isinstance(buttons, Buttons)
    assert buttons.buttons[0] == Button("发票抬头开错了怎么改", "faq:more:invoice-change")
    await visitor.says("1")
    await visitor.hears("换开")
    await visitor.says(Choice("能开增值税专用发票吗", "faq:more:invoice-special"))
    await visitor.hears("增值税专用发票")
    await visitor.says("谢谢")
    await visitor.hears("不客气")


async def test_english_is_answered_in_english(start: Start) -> None:
    visitor = (await start()).visitor("chat", "u1")
    await visitor.says("How do I track my parcel?")
    await visitor.hears("Enter the tracking number")
    await visitor.says("thanks!")
    await visitor.hears("You are welcome")


async def test_an_unclear_question_is_asked_back_and_the_choice_answers(start: Start, tmp_path: Path) -> None:
    visitor = (await start()).visitor("chat", "u1")
    await visitor.says("发票")
    await visitor.hears("您是不是想问")
    choices = visitor.heard[-1].body[0]
    assert isinstance(choices, Buttons)
    assert 2 <= len(choices.buttons) <= 3
    await visitor.says("第二个")
    chosen = choices.buttons[1].payload.removeprefix("faq:pick:")
    knowledge = load(FaqConfig.model_validate(DEMO), KNOWLEDGE, tmp_path).knowledge
    await visitor.hears(knowledge.groups[chosen].answer("zh")[:20])


async def test_who_asks_for_a_person_gets_one_at_once(start: Start) -> None:
    visitor = (await start()).visitor("chat", "u1")
    await visitor.says("请帮我转人工")
    await visitor.hears_line("handed_over")
    assert (await visitor.is_with("queue")).reason == "asked"


async def test_unsure_twice_hands_over(start: Start) -> None:
    visitor = (await start()).visitor("chat", "u1")
    await visitor.says("明天上海天气怎么样")
    await visitor.hears("没有把握")
    await visitor.says(Image("m1"))
    await visitor.hears_line("handed_over")
    assert (await visitor.is_with("queue")).reason == "unsure"


async def test_the_questions_the_demo_offers_are_answered(start: Start) -> None:
    visitor = (await start()).visitor("chat", "u1")
    for text, part in (
        ("我的快递到哪了？", "运单号"),
        ("寄快递多少钱？", "首重"),
        ("怎么修改收件地址？", "更改地址"),
        ("快递坏了怎么赔？", "破损理赔"),
        ("Where is my parcel?", "tracking number"),
        ("How much does it cost to send a parcel?", "From ¥8"),
        ("How do I change the delivery address?", "Change address"),
        ("My parcel arrived damaged", "three photos"),
    ):
        await visitor.says(text)
        await visitor.hears(part)


async def test_greeting_and_languages_are_the_enterprises(start: Start) -> None:
    kit = await start(languages=("en",), greeting={"en": "Welcome to the desk"})
    visitor = kit.visitor("chat", "u1")
    await visitor.says("你好")
    await visitor.hears("Welcome to the desk")


async def test_bad_sources_stop_the_instance_and_say_where(make_hub: Start, write: Write) -> None:
    path = write("bad.yaml", "groups:\n  - id: a\n    ask: {zh: [问]}\n")
    kit = await make_hub(use(Faq, "faq", sources=(str(path),)))
    status = str(kit.hub.registry.status())
    assert "failed" in status
    assert "bad.yaml:2: the key 'answer' is missing" in status


def test_a_missing_source_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml:1: there is no such file"):
        load(FaqConfig(sources=("nowhere.yaml",)), tmp_path, tmp_path)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"sources": []},
        {"sources": ["a"], "unknown": 1},
        {"sources": ["a"], "languages": ["fr"]},
        {"sources": ["a"], "thresholds": {"answer": 0.4, "suggest": 0.6}},
        {"sources": ["a"], "thresholds": {"answer": 1.5}},
    ],
)
def test_bad_configuration_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FaqConfig.model_validate(config)


OFFER: Body = (Buttons((Button("甲", "faq:pick:a"), Button("乙", "faq:pick:b")), "您是不是想问："),)


def said(direction: Any, body: Body) -> Message:
    return Message(1, 1, 1, 1, direction, Author("bot"), body, 0)


@pytest.mark.parametrize(
    ("text", "group"),
    [("1", "a"), ("2.", "b"), ("第二个", "b"), ("选1", "a"), ("the first one", "a"), ("3", None), ("2天", None)],
)
def test_typed_choices(text: str, group: str | None) -> None:
    assert typed(text, [said("out", OFFER), said("note", (Text("x"),))]) == group


def test_a_number_means_nothing_when_something_else_was_said_since() -> None:
    assert typed("1", [said("out", OFFER), said("in", (Text("x"),))]) is None
    assert typed("1", [said("out", OFFER), said("out", (Text("x"),))]) is None
    assert typed("1", []) is None


def test_only_our_buttons_are_ours() -> None:
    assert pressed((Choice("甲", "faq:pick:a"),)) == "a"
    assert pressed((Choice("甲", "menu:a"),)) is None
    assert pressed((Text("faq:pick:a"),)) is None
