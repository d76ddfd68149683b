"""The encoder takes seconds to load, so all tests share one; it never changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from hub_faq.calibration import SERVICE_DESK
from hub_faq.engine import LocalEngine
from hub_faq.evidence import Gatherer
from hub_faq.meaning import Encoder, Matrix, load_encoder
from hub_faq.zones import Thresholds
from tests.faq.questions import demo_gatherer

Write = Callable[[str, str], Path]


class Remembering:
    """The real encoder, which does not read the same knowledge twice."""

    def __init__(self, inner: Encoder) -> None:
        self._inner = inner
        self._known: dict[tuple[str, ...], Matrix] = {}

    def encode(self, texts: Sequence[str]) -> Matrix:
        key = tuple(texts)
        if key not in self._known:
            self._known[key] = self._inner.encode(key)
        return self._known[key]


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Remembering(load_encoder())


@pytest.fixture(scope="session")
def gatherer(encoder: Encoder) -> Gatherer:
    return demo_gatherer(encoder)


@pytest.fixture(scope="session")
def engine(gatherer: Gatherer) -> LocalEngine:
    return LocalEngine(gatherer, SERVICE_DESK, Thresholds())


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of this name with this (dedented) text."""

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(dedent(text).lstrip("\n"), "utf-8")
        return path

    return write_file
