"""Codes as people write them, and what is no code."""

from __future__ import annotations

import pytest

from hub import Image, Text
from hub_people.codes import code_in

WRITTEN = (
    "4827", " 4827\n", "４８２７", "４８ ２７", "48 27", "4 8 2 7", "48-27", "“4827”", "「4827」", "【4827】", "(4827)",
    "（4827）。",    "4827！", "#4827", "4827~", "\u200b4827\ufeff", "\u202a4827\u202c", "٤٨٢٧",
)  # fmt: skip
OTHERWISE = (
    "", "482", "48275", "4827 4827", "12:34", "１２：３４", "48.27", "¥4827", "￥4827", "$4827", "-4827", "+4827", "4827元",
    "4827%", "我的验证码是 4827", "4827\n谢谢", "４８２七", "4  8  2  7", " " * 37 + "4827",
)  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_a_code_is_read_however_it_is_written(text: str) -> None:
    assert code_in((Text(text),)) == "4827"


@pytest.mark.parametrize("text", OTHERWISE)
def test_what_says_something_else_is_none(text: str) -> None:
    assert code_in((Text(text),)) == ""


def test_a_code_stands_alone() -> None:
    assert code_in((Text("4827"), Text("你好"))) == code_in((Image("a.jpg", alt="4827"),)) == code_in(()) == ""
