"""How sure are we? Scores turned into probabilities that were fitted to questions with known answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hub_faq.evidence import SENTENCE_FEATURES, Evidence

CLUES: Final = ("answer", "ahead_average", "ahead_learned", "ahead_answer", "familiar", "home")
"""What the confidence stands on: the cosine with the best group's answer; how far the group is ahead of all others in
each feature alone (below 0 where that one would rather see another group); how familiar the words are; how much nearer
the question is to the group than to any subject of somebody else. Tried and of no further use: the fused score, its margin."""


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
    best = int(np.argmax(scores))
    features = evidence.rows[:, :SENTENCE_FEATURES]
    others = np.delete(features, best, axis=0)
    _, average, learned, answer = features[best] - others.max(axis=0, initial=0.0)
    own = features[best]
    return np.array([own[3], average, learned, answer, evidence.familiar, own[0] - evidence.elsewhere])


def confidence(values: Sequence[float] | npt.NDArray[np.float64], calibration: Calibration) -> Confidence:
    """The probabilities for these clues."""
    return Confidence(_probability(values, calibration.sure), _probability(values, calibration.near))


def _probability(values: Sequence[float] | npt.NDArray[np.float64], weights: Sequence[float]) -> float:
    odds = sum(weight * float(value) for weight, value in zip(weights, values, strict=False)) + weights[-1]
    return 1 / (1 + math.exp(-odds))
