"""Checks what a store holds against what senders know: nothing lost, nothing doubled, order kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

Texts = Mapping[str, Sequence[str]]
"""Person to texts, in order."""


def faults(sent: Texts, heard: Texts, replies: Texts) -> list[str]:
    """What is wrong, in words; `sent` was acknowledged, `heard` and `replies` were stored."""
    found: list[str] = []
    for person, texts in sent.items():
        stored, answers = list(heard.get(person, ())), list(replies.get(person, ()))
        counts = Counter(stored)
        found += [f"{person}: lost {text!r}" for text in texts if not counts[text]]
        found += [f"{person}: {text!r} stored {number} times" for text, number in counts.items() if number > 1]
        if sorted(stored) == sorted(texts) and stored != list(texts):
            found.append(f"{person}: out of order")
        if sorted(answers) != sorted(f"echo: {text}" for text in stored):
            found.append(f"{person}: {len(answers)} replies to {len(stored)} messages")
        elif answers != [f"echo: {text}" for text in stored]:
            found.append(f"{person}: replies out of order")
    found += [f"{person}: never wrote" for person in heard.keys() - sent.keys()]
    return found
