"""`degrade` and `split_text`, for any message: nothing is lost, nothing is too long, nothing is foreign."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.message import (
    Button,
    Buttons,
    Card,
    Choice,
    Element,
    File,
    Image,
    Location,
    Mention,
    Quote,
    Text,
    Video,
    Voice,
    degrade,
    kind_of,
    plain_text,
    split_text,
)

words = st.text(alphabet="abc 。！.\n你好🙂", max_size=60)
elements: st.SearchStrategy[Element] = st.one_of(
    st.builds(Text, words.filter(str.strip)),
    st.builds(Image, st.just("m1"), words),
    st.builds(File, st.just("m2"), words),
    st.builds(Voice, st.just("m3"), transcript=words),
    st.builds(Video, st.just("m4"), name=words),
    st.builds(Location, st.just(1.0), st.just(2.0), words, words),
    st.builds(Card, words, words, words),
    st.builds(Buttons, st.lists(st.builds(Button, words, words, words), max_size=3).map(tuple), words),
    st.builds(Choice, words, words),
    st.builds(Mention, words, words),
    st.builds(Quote, st.just("1"), words),
)
bodies = st.lists(elements, min_size=1, max_size=6).map(tuple)
KINDS = ("image", "file", "voice", "video", "location", "card", "buttons", "choice", "mention", "quote")
kinds = st.sets(st.sampled_from(KINDS)).map(lambda some: frozenset(some) | {"text"})


def ink(text: str) -> str:
    """What is to be read: everything but blanks."""
    return "".join(text.split())


@given(bodies, kinds, st.integers(0, 40))
def test_nothing_is_lost_and_all_in_its_place(body: tuple[Element, ...], known: frozenset[str], max_text: int) -> None:
    sent = degrade(body, known, max_text=max_text)
    assert ink("".join(plain_text(part) for part in sent)) == ink(plain_text(body))
    kept = [element for element in body if kind_of(element) in known and not isinstance(element, Text)]
    assert [element for part in sent for element in part if not isinstance(element, Text)] == kept


@given(bodies, kinds, st.integers(0, 40))
def test_nothing_is_foreign_too_long_or_empty(body: tuple[Element, ...], known: frozenset[str], max_text: int) -> None:
    for part in degrade(body, known, max_text=max_text):
        assert part
        for element in part:
            assert kind_of(element) in known
            if isinstance(element, Text):
                assert element.text
                assert not max_text or len(element.text) <= max_text


@given(bodies)
def test_a_channel_that_shows_everything_gets_it_as_it_is(body: tuple[Element, ...]) -> None:
    assert degrade(body, (*KINDS, "text")) == (body,)


@given(bodies, kinds, st.integers(1, 40))
def test_what_fits_already_is_left_alone(body: tuple[Element, ...], known: frozenset[str], max_text: int) -> None:
    for part in degrade(body, known, max_text=max_text):
        assert degrade(part, known, max_text=max_text) == (part,)


@given(words, st.integers(1, 30))
def test_split_text_keeps_every_character_that_is_no_blank(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert ink("".join(pieces)) == ink(text)
    assert all(0 < len(piece) <= limit for piece in pieces)


def test_a_quote_of_nothing_is_no_message_where_quotes_are_unknown() -> None:
    assert degrade((Quote("1"),), {"text"}) == ()
    assert degrade((Text("abc"), Quote("1")), {"text"}) == ((Text("abc"),),)


def test_a_text_is_cut_where_a_reader_pauses() -> None:
    assert split_text("你好。再见。谢谢", 6) == ["你好。再见。", "谢谢"]
    assert split_text("one two three", 8) == ["one two", "three"]
    assert split_text("abcdef", 1) == list("abcdef")
