"""Three zones: answer, ask back, or let a person do it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub_faq.confidence import Confidence


class Zone(StrEnum):
    """What to do with a question."""

    ANSWER = "answer"
    SUGGEST = "suggest"
    HANDOVER = "handover"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities from which on we answer at once, and from which on we ask "did you mean"."""

    answer: float = 0.9
    suggest: float = 0.5


def zone_of(confidence: Confidence, thresholds: Thresholds, *, doubtful: bool) -> Zone:
    """The zone for this confidence.

    What is `doubtful` (another number, a "not" too much, a single word) is never answered directly.
    """
    if confidence.sure >= thresholds.answer and not doubtful:
        return Zone.ANSWER
    if max(confidence.near, confidence.sure) >= thresholds.suggest:
        return Zone.SUGGEST
    return Zone.HANDOVER
