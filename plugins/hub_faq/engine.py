"""The engine behind the bot: a question goes in, a zone and groups come out.

`Engine` is all the bot knows. `LocalEngine` is the one shipped: words and meaning on this machine, no service, no network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from hub_faq.confidence import Calibration, clues, confidence
from hub_faq.evidence import Gatherer
from hub_faq.fusion import fuse
from hub_faq.guards import Conflict
from hub_faq.knowledge import Group, Knowledge
from hub_faq.lexical import Words
from hub_faq.meaning import Encoder
from hub_faq.normalise import Normaliser
from hub_faq.synonyms import Synonyms
from hub_faq.zones import Thresholds, Zone, zone_of

MOST_CHOICES: Final = 3
"""More than three buttons are a list to study, not a question."""

_ENOUGH_WORDS: Final = 2
"""A single word (发票, refund) names a subject and asks nothing: it is never answered directly."""

_FAR_BEHIND: Final = 5.0
"""A group this much behind the best in score was the right one in none of the calibration questions."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the engine makes of a question.

    `groups` is best first: exactly one in the zone ANSWER, one to three in SUGGEST, and in HANDOVER the ones it would have
    guessed. `sure` is the calibrated probability (0 to 1) that the first is right; `conflict` says why a similar one
    does not answer.
    """

    zone: Zone
    groups: Sequence[Group]
    sure: float
    conflict: Conflict | None = None


class Engine(Protocol):
    """Finds what is asked. Implementations are safe to call from several threads."""

    def search(self, query: str) -> Result:
        """What `query`, in any of the languages, asks. Blocks for some milliseconds: call it in a thread."""
        ...


class LocalEngine:
    """Words (BM25) and meaning (sentence vectors), fused, calibrated and guarded."""

    def __init__(self, gatherer: Gatherer, calibration: Calibration, thresholds: Thresholds) -> None:
        self._gatherer = gatherer
        self._calibration = calibration
        self._thresholds = thresholds

    def search(self, query: str) -> Result:
        """See `Engine.search`. A question stored word for word is answered with certainty."""
        if group := self._gatherer.exact(query):
            return Result(Zone.ANSWER, (group,), 1.0)
        evidence = self._gatherer.gather(query)
        scores = fuse(evidence, self._calibration.ranking)
        belief = confidence(clues(evidence, scores), self._calibration)
        order = [int(number) for number in np.argsort(-scores)[:MOST_CHOICES]]
        conflict = self._gatherer.conflict(evidence, order[0])
        doubtful = conflict is not None or len(set(evidence.words)) < _ENOUGH_WORDS
        zone = zone_of(belief, self._thresholds, doubtful=doubtful)
        if zone is Zone.ANSWER:
            order = order[:1]
        near = [number for number in order if doubtful or scores[order[0]] - scores[number] < _FAR_BEHIND]
        return Result(zone, tuple(self._gatherer.groups[number] for number in near), belief.sure, conflict)


def build_engine(
    knowledge: Knowledge,
    elsewhere: Sequence[str],
    synonyms: Callable[[Callable[[str], str]], Synonyms],
    calibration: Calibration,
    thresholds: Thresholds,
    encoder: Encoder,
    stored: Encoder,
) -> LocalEngine:
    """Index `knowledge`: work for a thread. `encoder` is for questions, `stored` for the texts of the knowledge.

    `synonyms` makes the synonyms once it is given the spelling they are to be in.
    """
    normaliser = Normaliser()
    words = Words(synonyms(normaliser.clean))
    gatherer = Gatherer(knowledge, elsewhere, normaliser, words, encoder, stored)
    return LocalEngine(gatherer, calibration, thresholds)
