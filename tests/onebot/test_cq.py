"""CQ codes and segments: the same message either way, whatever is in it."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import Refused, Rejected
from hub_onebot.cq import Segment, escape, segments_of, text, to_string, unescape
from hub_onebot.ids import Chat, as_sent, chat_of, id_of

NAMES = st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=8)
WORDS = st.one_of(st.text(max_size=20), st.text("&[],=#;amp9134CQ:", max_size=20))
CODES = st.builds(Segment, NAMES.filter(lambda name: name != "text"), st.dictionaries(NAMES, WORDS, max_size=3))
MESSAGES = st.lists(st.one_of(CODES, WORDS.map(text)), max_size=8)
IDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(MESSAGES)
def test_segments_become_a_string_and_come_back(message: list[Segment]) -> None:
    whole = segments_of([{"type": one.type, "data": one.data} for one in message])
    assert segments_of(to_string(whole)) == whole


@given(WORDS)
def test_any_string_is_a_message_and_settles(message: str) -> None:
    segments = segments_of(message)
    assert segments_of(to_string(segments)) == segments
    assert to_string(segments_of(to_string(segments))) == to_string(segments)


@given(WORDS)
def test_escaped_text_is_one_text_and_the_same(words: str) -> None:
    assert unescape(escape(words)) == words
    assert segments_of(escape(words)) == ((text(words),) if words else ())


@given(IDS, st.sampled_from(["private", "group"]), IDS, st.one_of(st.just(""), IDS))
def test_addresses_come_back(self_id: str, kind: Any, id: str, member: str) -> None:
    chat = Chat(self_id, kind, id, member if kind == "group" else "")
    assert chat_of(chat.address) == chat


@given(st.integers(-(2**63), 2**64 - 1))
def test_numbers_are_exact_both_ways(number: int) -> None:
    assert id_of(number) == str(number)
    sent = as_sent(id_of(number))
    assert str(sent) == str(number)
    assert isinstance(sent, int) is (abs(number) <= 2**53)


@pytest.mark.parametrize("value", [True, [], {}, 1.5, "x" * 65, "a\0b"])
def test_what_is_no_id_is_refused(value: Any) -> None:
    with pytest.raises(Refused):
        id_of(value)


@pytest.mark.parametrize("address", ["", "1", "1/private", "1/room/2", "1/group/2/3/4"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Rejected):
        chat_of(address)


@pytest.mark.parametrize("value", [None, 5, [5], [{"data": {}}], [{"type": 5}], [{"type": "text", "data": "x"}]])
def test_what_is_no_message_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"message|segment"):
        segments_of(value)


def test_values_that_are_no_text_read_as_a_code_would_have_them() -> None:
    segment = {"type": "x", "data": {"a": 5, "b": True, "c": None, "d": [1, "二"], "e": False}}
    assert segments_of([segment]) == (Segment("x", {"a": "5", "b": "1", "d": '[1,"二"]', "e": "0"}),)
    assert segments_of({"type": "text", "data": {"text": "一段"}}) == (text("一段"),)
