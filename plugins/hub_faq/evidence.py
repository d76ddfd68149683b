"""What speaks for each group when a question comes in: one row of numbers per group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hub_faq.guards import Conflict, conflict, shared_words
from hub_faq.knowledge import Group, Knowledge
from hub_faq.learned import Learned
from hub_faq.lexical import Lexical, Words
from hub_faq.meaning import Encoder, Meaning
from hub_faq.normalise import Normaliser

Row = npt.NDArray[np.float64]

FEATURES: Final = ("nearest", "average", "learned", "answer", "words")
"""The columns of `Evidence.rows`: cosine with the nearest stored question of the group, mean cosine with all of
them, what was learned from them, cosine with the answer, and BM25 (saturated to 0…1) of the best question."""

SENTENCE_FEATURES: Final = 4
"""The columns, from the left, that look at the sentence as a whole; the last one looks at its words."""

_BM25_HALF: Final = 6.0
"""The BM25 score that counts half; the sum of two or three rare words."""

_CLOSE: Final = 0.1
"""A question without conflict speaks for its group when it is at most this much less similar than one with."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known about one query.

    `rows` has the shape (groups, FEATURES), `similarities` (stored questions,). `familiar` (about 0 to 1) says how well the
    knowledge knows the query's words: each word's cosine with the closest word of any stored question, on average.
    ``Cancel my flight`` resembles ``Cancel my order`` as a sentence; the flight gives it away. `elsewhere` is the cosine with
    the closest subject that is none of ours.
    """

    query: str
    words: Sequence[str]
    rows: Row
    similarities: npt.NDArray[np.float32]
    familiar: float
    elsewhere: float


class Gatherer:
    """Holds the indexes over one knowledge. Safe to use from several threads.

    `elsewhere` are questions that are somebody else's business. `stored` encodes the texts of the knowledge, where that is not
    `encoder` itself.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        elsewhere: Sequence[str],
        normaliser: Normaliser,
        words: Words,
        encoder: Encoder,
        stored: Encoder | None = None,
    ) -> None:
        stored = stored or encoder
        self.groups: Sequence[Group] = tuple(knowledge.groups.values())
        self._normaliser = normaliser
        self._words = words
        self._encoder = encoder
        self._questions = [
            (number, normaliser.clean(question))
            for number, group in enumerate(self.groups)
            for questions in group.questions.values()
            for question in questions
        ]
        texts = [text for _, text in self._questions]
        self._cut = [words.cut(text) for text in texts]
        self._owner = np.array([number for number, _ in self._questions])
        self._sizes = np.bincount(self._owner)
        self._first = np.concatenate(([0], np.cumsum(self._sizes)[:-1]))
        self._exact = {text: number for number, text in self._questions}
        self._lexical = Lexical(self._cut)
        self._meaning = Meaning(stored, texts)
        vocabulary = sorted({word for words_of_one in self._cut for word in words_of_one})
        self._known = frozenset(vocabulary)
        self._vocabulary = Meaning(stored, vocabulary)
        self._elsewhere = Meaning(stored, [normaliser.clean(text) for text in elsewhere])
        self._learned = Learned(self._meaning.vectors, self._owner, len(self.groups))
        answers = [(number, text) for number, group in enumerate(self.groups) for text in group.answers.values()]
        self._answer_owner = np.array([number for number, _ in answers])
        self._answers = Meaning(stored, [normaliser.clean(text) for _, text in answers])

    def _of(self, group: int) -> range:
        first = int(self._first[group])
        return range(first, first + int(self._sizes[group]))

    def exact(self, query: str) -> Group | None:
        """The group that stores this very question (after normalising), if any."""
        number = self._exact.get(self._normaliser.clean(query))
        return None if number is None else self.groups[number]

    def gather(self, query: str) -> Evidence:
        """What speaks for each group. Encodes the query: some milliseconds of work."""
        text = self._normaliser.clean(query)
        words = self._words.cut(text)
        strange = [word for word in dict.fromkeys(words) if word not in self._known]
        vector, *strange_vectors = self._encoder.encode([text, *strange])
        similar = self._meaning.similarities(vector)
        bm25 = np.maximum.reduceat(self._lexical.scores(words), self._first)
        answers = np.full(len(self.groups), -1.0)
        np.maximum.at(answers, self._answer_owner, self._answers.similarities(vector))
        rows = np.stack(
            (
                np.maximum.reduceat(similar, self._first),
                np.add.reduceat(similar, self._first) / self._sizes,
                self._learned.scores(vector),
                answers,
                bm25 / (bm25 + _BM25_HALF),
            ),
            axis=1,
        )
        closest = {
            w: float(self._vocabulary.similarities(v).max()) for w, v in zip(strange, strange_vectors, strict=True)
        }
        elsewhere = float(self._elsewhere.similarities(vector).max(initial=0.0))
        return Evidence(text, words, rows.astype(np.float64), similar, self._familiar(words, closest), elsewhere)

    def _familiar(self, words: Sequence[str], closest: Mapping[str, float]) -> float:
        weights = {word: self._lexical.weight(word) for word in words}
        total = sum(weights.values())
        return sum(weight * closest.get(word, 1.0) for word, weight in weights.items()) / total if total else 0.0

    def conflict(self, evidence: Evidence, group: int) -> Conflict | None:
        """Why the group must not answer, although it is similar: it says the opposite, or another number.

        A question of the group without conflict excuses it, if it is about as similar and shares as many words.
        """
        nearest = max(float(evidence.similarities[question]) for question in self._of(group))
        worst, excuse, found = 0.0, 0.0, None
        for question in self._of(group):
            stored, words = self._questions[question][1], self._cut[question]
            shared = shared_words(evidence.words, words)
            reason = conflict(evidence.query, stored, shared)
            if reason and (found is None or shared > worst):
                worst, found = shared, reason
            elif not reason and nearest - float(evidence.similarities[question]) <= _CLOSE:
                excuse = max(excuse, shared)
        return found if worst > excuse or (found and not excuse) else None
