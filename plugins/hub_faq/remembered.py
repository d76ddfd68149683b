"""Sentence vectors kept in a file: after a restart only what was written anew is encoded."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np

from hub_faq.meaning import DIMENSIONS, ENCODER, Encoder, Matrix

_UNREADABLE: Final = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
"""What numpy raises for a file that is no archive of arrays."""


class Remembered:
    """An encoder for the knowledge's own texts. A vector is found by the text and the version of the encoder that made it."""

    def __init__(self, encoder: Encoder, file: Path) -> None:
        self._encoder = encoder
        self._file = file
        self._version = version(ENCODER)
        self._known = _read(file)
        self._used: dict[bytes, Matrix] = {}

    def encode(self, texts: Sequence[str]) -> Matrix:
        """See `Encoder.encode`; only what is not remembered costs time."""
        keys = [self._key(text) for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if new:
            self._known.update(zip(new, self._encoder.encode(list(new.values())), strict=True))
        self._used.update((key, self._known[key]) for key in keys)
        return np.array([self._known[key] for key in keys], dtype=np.float32).reshape(len(keys), DIMENSIONS)

    def save(self) -> None:
        """Keep what was asked for since the start, and nothing else. Raises OSError."""
        if self._used.keys() == _read(self._file).keys():
            return
        keys = np.frombuffer(b"".join(self._used), dtype=np.uint8).reshape(-1, 16)
        part = self._file.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, keys=keys, vectors=np.array(list(self._used.values()), dtype=np.float32))
        part.replace(self._file)

    def _key(self, text: str) -> bytes:
        return hashlib.blake2b(f"{self._version}\0{text}".encode(), digest_size=16).digest()


def _read(file: Path) -> dict[bytes, Matrix]:
    """What the file holds; nothing where it cannot be read, for all of it can be made again."""
    try:
        with np.load(file, allow_pickle=False) as kept:
            keys, vectors = kept["keys"], kept["vectors"]
            if keys.shape != (len(vectors), 16) or vectors.shape != (len(keys), DIMENSIONS):
                return {}
    except _UNREADABLE:
        return {}
    return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}
