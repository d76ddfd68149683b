"""How sure are we? Scores turned into probabilities that were fitted to questions with known answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hub_faq.evidence import Evidence

CLUES: Final = ("average", "answer", "ahead_nearest", "ahead_average", "ahead_answer", "margin", "lead", "familiar")
"""What the confidence stands on: two cosines of the best group; how far it is ahead of all others for each witness
alone (below 0 where a witness would rather see another group); the distance in score to the second and to those from
the fourth to the eighth place; how familiar the words are."""

_FIELD: Final = slice(3, 8)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was learned from the calibration set.

    `ranking` weighs `evidence.FEATURES`; `sure` and `near` weigh `CLUES`, with a constant at the end: the log odds
    that the best group, or one of the best three, is what was asked.
    """

    ranking: tuple[float, ...]
    sure: tuple[float, ...]
    near: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Confidence:
    """Two probabilities: the best group is right (`sure`); one of the best three is (`near`)."""

    sure: float
    near: float


def clues(evidence: Evidence, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The numbers named by `CLUES`, shape (CLUES,). `scores` is what `fusion.fuse` gave."""
    order = np.argsort(-scores)
    best = order[0]
    witnesses = evidence.rows[:, :3]
    ahead = witnesses[best] - witnesses[order[1:]].max(axis=0) if len(order) > 1 else witnesses[best]
    margin = scores[best] - (scores[order[1]] if len(order) > 1 else 0.0)
    field = scores[order[_FIELD]]
    lead = scores[best] - (field.mean() if len(field) else 0.0)
    return np.array([*evidence.rows[best][1:3], *ahead, margin, lead, evidence.familiar])


def confidence(values: Sequence[float] | npt.NDArray[np.float64], calibration: Calibration) -> Confidence:
    """The probabilities for these clues."""
    return Confidence(_probability(values, calibration.sure), _probability(values, calibration.near))


def _probability(values: Sequence[float] | npt.NDArray[np.float64], weights: Sequence[float]) -> float:
    odds = sum(weight * float(value) for weight, value in zip(weights, values, strict=False)) + weights[-1]
    return 1 / (1 + math.exp(-odds))
