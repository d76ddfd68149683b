"""Which stored questions share words with a question: BM25 over cut and unified words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

import bm25s
import numpy as np
import numpy.typing as npt
import rjieba

from hub_faq.language import language_of
from hub_faq.synonyms import Synonyms

_LATIN: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?")
_EMPTY: Final = frozenset(
    word
    for words in (
        "的 了 吗 呢 啊 吧 呀 我 你 您 我们 你们 它 这 那 个 就 都 也 还 在 是 有 一个 一下 给 把 被 和 跟 与 要 想 可以 能",
        "怎么 怎么样 什么 如何 哪里 多少 为什么 怎样 一 啥 咋",
        "a an the is are was were be been am do does did i you he she it we they my your me of to in on at for with and",
        "or can could will would should may have has had this that there what how when where which who why if",
    )
    for word in words.split()
)
"""Words that hold a sentence together and say nothing about its subject."""


class Words:
    """Cuts a normalised text into the words that count, synonyms unified, English endings taken off."""

    def __init__(self, synonyms: Synonyms) -> None:
        self._synonyms = synonyms
        self._jieba = rjieba.Jieba()
        for word in synonyms.words:
            self._jieba.add_word(word, None, None)

    def cut(self, text: str) -> list[str]:
        """The words of `text` in order."""
        text = self._synonyms.apply(text)
        if language_of(text) == "zh":
            words = [word for word in self._jieba.cut(text, True) if word.strip()]
        else:
            words = _LATIN.findall(text)
        return [stem(word) for word in words if word not in _EMPTY]


def stem(word: str) -> str:
    """An English word without its common endings; Chinese comes back as it is.

    Crude on purpose: both sides go through it, so a wrong stem still meets itself.
    """
    if not word.isascii():
        return word
    for ending in ("'s", "ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


class Lexical:
    """An index over all stored questions, given as their words."""

    def __init__(self, questions: Sequence[Sequence[str]]) -> None:
        documents = [list(words) or [""] for words in questions]
        self._index = bm25s.BM25(method="lucene")
        self._index.index(documents, show_progress=False)
        self._count = len(documents)
        self._in = Counter(word for document in documents for word in set(document))

    def scores(self, words: Sequence[str]) -> npt.NDArray[np.float32]:
        """BM25 of each stored question, shape (questions,), not below 0. Good for order, not for confidence."""
        known = [word for word in words if word in self._in]
        if not known:
            return np.zeros(self._count, dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)

    def weight(self, word: str) -> float:
        """How much a word says: the rarer in the stored questions, the more; most when nobody ever stored it."""
        return math.log(1 + self._count / (0.5 + self._in[word]))
