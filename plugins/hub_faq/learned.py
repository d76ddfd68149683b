"""What the stored questions teach about each other: which turns of a sentence tell the groups apart.

A small kernel ridge regression from sentence vectors to groups, solved once at the start (0.1 s for a thousand questions).
The plain cosine sees that 金卡怎么办 and 金卡有什么用 are both about the card; this one has learned which words of them decide.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from hub_faq.meaning import Matrix

MOST_EXAMPLES: Final = 2000
"""More are not learned from (an even sample is): the work grows with their third power."""

_RIDGE: Final = 0.3


class Learned:
    """Learns from `vectors`, shape (questions, dimensions), whose groups are `owner`, shape (questions,)."""

    def __init__(self, vectors: Matrix, owner: npt.NDArray[np.intp], groups: int) -> None:
        step = -(-len(vectors) // MOST_EXAMPLES)
        self._examples = vectors[::step]
        targets = np.eye(groups, dtype=np.float32)[owner[::step]]
        kernel = _kernel(self._examples @ self._examples.T)
        self._weights = np.linalg.solve(kernel + _RIDGE * np.eye(len(kernel), dtype=np.float32), targets)

    def scores(self, vector: Matrix) -> Matrix:
        """How much `vector`, shape (dimensions,), is like each group's questions: shape (groups,), about 0 to 1."""
        result: Matrix = _kernel(self._examples @ vector) @ self._weights
        return result


def _kernel(cosines: Matrix) -> Matrix:
    result: Matrix = np.clip(cosines, 0, 1) ** 2
    return result
