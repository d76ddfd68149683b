"""Spelling, language, cutting, negation and numbers, short phrases."""

from __future__ import annotations

import pytest

from hub_faq.guards import conflict, negated, quantities
from hub_faq.language import language_of
from hub_faq.lexical import stem
from hub_faq.normalise import MAX_QUERY, Normaliser
from hub_faq.phrases import is_greeting, is_thanks, wants_human

NORMALISER = Normaliser()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("ＡＢＣ１２３　快递？！", "abc123 快递"),
        ("請問我的包裹寄到哪裡了？", "我的包裹寄到哪里了"),
        ("您好，请问一下怎么寄件？谢谢", "怎么寄件"),
        ("Hi, could you please tell me where’s my parcel? Thanks!", "where's my parcel"),
        ("单号CP12345678901到哪了", "单号 到哪了"),
        ("看 https://shop.example/a?b=1 这个", "看 这个"),
        ("运费是3.5元还是 8-20 元", "运费是3.5元还是 8-20 元"),
        ("pick-up, e-mail", "pick up e mail"),
        ("你好", "你好"),
        ("？？？", ""),
    ],
)
def test_clean(text: str, clean: str) -> None:
    assert NORMALISER.clean(text) == clean


def test_only_the_beginning_of_a_novel_is_looked_at() -> None:
    assert len(NORMALISER.clean("我想问" + "很长的故事" * 1000)) <= MAX_QUERY


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("怎么寄快递", "zh"),
        ("App 打不开", "zh"),
        ("COD怎么弄", "zh"),
        ("Search for 云栈速递 in WeChat to find the mini program", "en"),
        ("where is it", "en"),
        ("123", "zh"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


def test_language_falls_back_where_there_are_no_letters() -> None:
    assert language_of("123", fallback="en") == "en"


@pytest.mark.parametrize(
    ("word", "expected"), [("parcels", "parcel"), ("tracking", "track"), ("is", "is"), ("快递", "快递")]
)
def test_stem(word: str, expected: str) -> None:
    assert stem(word) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("不可以退款", "我没收到", "别送了", "无法签收", "不用开发票"),
        *("i don't want it", "it is not lost", "dont cancel it"),
    ],
)
def test_negated(text: str) -> None:
    assert negated(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "可以退款",
            "可不可以退款",
            "能不能退款",
            "有没有优惠",
            "是不是丢了",
            "可以退款不",
            "不得不退款",
            "差不多到了",
            "到了没",
        ),
        *("i want it", "why don't you deliver", "it is not impossible without you"),
    ],
)
def test_not_negated(text: str) -> None:
    assert not negated(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3天无理由", {"day": {3}}),
        ("十五天", {"day": {15}}),
        ("两百五十公斤", {"kg": {250}}),
        ("十二万元", {"yuan": {120000}}),
        ("seven days or 2.5 kg", {"day": {7}, "kg": {2.5}}),
        ("寄一个包裹", {}),
        ("第一次用", {}),
        ("一下子", {}),
    ],
)
def test_quantities(text: str, expected: dict[str, set[float]]) -> None:
    assert quantities(text) == expected


@pytest.mark.parametrize(
    ("query", "stored", "shared", "expected"),
    [
        ("不可以退款", "可以退款", 1.0, "negation"),
        ("可不可以退款", "可以退款", 1.0, None),
        ("物流不动了", "物流停了", 0.3, None),
        ("3天无理由退货", "7天无理由退货", 1.0, "number"),
        ("七天无理由退货", "7天无理由退货", 1.0, None),
        ("3公斤多少钱", "7天多少钱", 0.5, None),
    ],
)
def test_conflict(query: str, stored: str, shared: float, expected: str | None) -> None:
    assert conflict(query, stored, shared) == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "转人工",
            "人工",
            "人工客服",
            "我要人工",
            "请帮我转人工客服",
            "能不能找个真人",
            "人工客服在吗",
            "轉人工",
            "转接客服",
        ),
        *("找个人来处理", "不要机器人", "我想跟真人聊", "叫你们客服来"),
        *("agent", "Talk to a person", "I want to speak with a human", "connect me to an agent please", "live agent"),
        *("can I talk to someone", "get me a real person", "human please", "customer service"),
    ],
)
def test_wants_human(text: str) -> None:
    assert wants_human(NORMALISER.spell(text))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "人工客服工作时间",
            "客服几点上班",
            "不用转人工",
            "别转人工了",
            "客服电话是多少",
            "快递员态度很差",
            "联系客服的电话是多少",
        ),
        *("I do not want to talk to an agent", "can someone else collect my parcel", "what are your agents' hours"),
        "I want to talk to the courier",
    ],
)
def test_does_not_want_human(text: str) -> None:
    assert not wants_human(NORMALISER.spell(text))


def test_small_talk() -> None:
    assert all(map(is_greeting, ("你好", "您好!", "hello", "hi there", "在吗", "你好 在吗")))
    assert not any(map(is_greeting, ("", "你好 我的快递呢", "hello where is it", "hi-fi")))
    assert all(map(is_thanks, ("谢谢", "好的 谢谢", "thanks", "thank you!", "ok bye")))
    assert not any(map(is_thanks, ("", "谢谢 还有个问题", "ok but where is it")))
