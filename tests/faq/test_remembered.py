"""Vectors that outlive the process: only what is new is encoded, and a broken file costs time, not answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hub.testing import FakeChannel, HubKit, use
from hub_faq import Faq
from hub_faq.meaning import DIMENSIONS, Encoder, Matrix
from hub_faq.remembered import Remembered
from tests.faq.questions import KNOWLEDGE


class Counting:
    """Vectors that tell the texts apart; `asked` are all texts, in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Matrix:
        self.asked += texts
        return np.array([[float(len(text)), *map(float, range(DIMENSIONS - 1))] for text in texts], dtype=np.float32)


def after_a_restart(file: Path) -> tuple[Remembered, Counting]:
    counting = Counting()
    return Remembered(counting, file), counting


def test_only_what_is_new_is_encoded_and_only_what_is_used_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "vectors.npz"
    first, counting = after_a_restart(file)
    whole = first.encode(["one", "three", "one"])
    assert counting.asked == ["one", "three"]
    assert np.array_equal(whole, Counting().encode(["one", "three", "one"]))
    first.save()
    second, counting = after_a_restart(file)
    assert np.array_equal(second.encode(["three", "eleven"]), Counting().encode(["three", "eleven"]))
    assert second.encode([]).shape == (0, DIMENSIONS)
    assert counting.asked == ["eleven"]
    second.save()
    third, counting = after_a_restart(file)
    third.encode(["eleven", "three", "one"])
    assert counting.asked == ["one"]
    assert list(tmp_path.iterdir()) == [file]


def test_another_version_of_the_encoder_remembers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = after_a_restart(tmp_path / "vectors.npz")
    first.encode(["one"])
    first.save()
    monkeypatch.setattr("hub_faq.remembered.version", lambda _: "99")
    second, counting = after_a_restart(tmp_path / "vectors.npz")
    second.encode(["one"])
    assert counting.asked == ["one"]


def wrong_shapes(file: Path) -> None:
    with file.open("wb") as opened:
        np.savez(opened, keys=np.zeros((2, 16), np.uint8), vectors=np.zeros((1, DIMENSIONS), np.float32))


def other_arrays(file: Path) -> None:
    with file.open("wb") as opened:
        np.savez(opened, something=np.zeros(3))


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def a_bit_turned(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


@pytest.mark.parametrize("harm", [wrong_shapes, other_arrays, cut_short, a_bit_turned, lambda file: file.write_bytes(b"")])
def test_a_file_that_cannot_be_read_is_made_again(tmp_path: Path, harm: Any) -> None:
    file = tmp_path / "vectors.npz"
    first, _ = after_a_restart(file)
    first.encode(["one", "three"])
    first.save()
    harm(file)
    second, counting = after_a_restart(file)
    second.encode(["one", "three"])
    assert counting.asked == ["one", "three"]
    second.save()
    third, counting = after_a_restart(file)
    third.encode(["one", "three"])
    assert counting.asked == []


async def test_the_bot_remembers_in_the_data_folder(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class Counted:
        def encode(self, texts: Sequence[str]) -> Matrix:
            asked.append(len(texts))
            return encoder.encode(texts)

    monkeypatch.setattr("hub_faq.plugin.load_encoder", Counted)
    config = {"sources": (str(KNOWLEDGE / "express"),)}
    async with HubKit(tmp_path, use(FakeChannel, "chat"), use(Faq, "faq", config, required=True)) as kit:
        assert (tmp_path / "faq" / "vectors.npz").is_file()
        assert sum(asked) > 1000
        asked.clear()
        await kit.restart()
        assert asked == []
        visitor = kit.visitor("chat", "u1")
        await visitor.says("怎么开发票")
        await visitor.hears("电子发票")
