"""Durations, sizes and texts."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from hub import Duration, LocalText, OptionalText, Size, in_language

durations = TypeAdapter[float](Duration)
sizes = TypeAdapter[int](Size)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("30s", 30), ("10m", 600), ("72h", 259200), ("7d", 604800), ("2w", 1209600), ("250ms", 0.25), ("1.5h", 5400),
     ("1h 30m", 5400), ("1h30m5s", 5405), ("90", 90), (" 5 s ", 5), (12, 12), (0.5, 0.5), ("0s", 0)],
)  # fmt: skip
def test_durations(written: object, seconds: float) -> None:
    found = durations.validate_python(written)
    assert found == seconds
    assert isinstance(found, float)


@pytest.mark.parametrize("written", ["", "s", "soon", "10 minutes", "-5s", "5s later", "1,5h", True, None, [], -1, "1e3",
                                     float("nan"), float("inf")])  # fmt: skip
def test_no_durations(written: object) -> None:
    with pytest.raises(ValidationError):
        durations.validate_python(written)


@pytest.mark.parametrize(
    ("written", "size"),
    [("10MB", 10 * 1024**2), ("512KB", 512 * 1024), ("1GB", 1024**3), ("1.5 kb", 1536),
     ("10MiB", 10 * 1024**2), ("77", 77), ("5B", 5), (9, 9)],
)  # fmt: skip
def test_sizes(written: object, size: int) -> None:
    assert sizes.validate_python(written) == size


@pytest.mark.parametrize("written", ["", "MB", "10 XB", "10M", "iB", "-1MB", True, None, 1.5, -1])
def test_no_sizes(written: object) -> None:
    with pytest.raises(ValidationError):
        sizes.validate_python(written)


@pytest.mark.parametrize(
    ("written", "chinese", "english"),
    [("Hi", "Hi", "Hi"), ({"zh-CN": "您好", "en": "Hello"}, "您好", "Hello"), ({"en": "Hello"}, "Hello", "Hello")],
)
def test_texts_of_one_language_serve_both(written: object, chinese: str, english: str) -> None:
    text = TypeAdapter[dict[str, str]](LocalText).validate_python(written)
    assert (in_language(text, "zh-CN"), in_language(text, "en")) == (chinese, english)


@pytest.mark.parametrize("written", ["", " ", {}, {"zh-CN": "", "en": " "}])
def test_only_an_optional_text_may_be_empty(written: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[dict[str, str]](LocalText).validate_python(written)
    assert in_language(TypeAdapter[dict[str, str]](OptionalText).validate_python(written), "en").strip() == ""
