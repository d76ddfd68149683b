"""What the bot knows: groups of questions that share one answer, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was read: a file and a line (from 1)."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a source file."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place.file}:{self.place.line}: {self.message}"


class KnowledgeError(Exception):
    """The sources cannot be used. Carries every fault found, not only the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


@dataclass(frozen=True, slots=True)
class Group:
    """Ways of asking one thing, and its answer.

    `id` is stable: buttons and reports refer to it. The first question of a language is its title.
    A group may lack a language; then the other one stands in.
    """

    id: str
    questions: Mapping[Language, tuple[str, ...]]
    answers: Mapping[Language, str]
    place: Place
    related: tuple[str, ...] = ()
    topic: Mapping[Language, str] = field(default_factory=dict)

    def title(self, language: Language) -> str:
        """What a button about this group says."""
        return (self.questions.get(language) or next(iter(self.questions.values())))[0]

    def answer(self, language: Language) -> str:
        """The answer in `language`, or in the other one where there is none."""
        return self.answers.get(language) or next(iter(self.answers.values()))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All groups by id, in the order of the sources."""

    groups: Mapping[str, Group]

    def related(self, group: Group) -> Sequence[Group]:
        """The groups that `group` names as related."""
        return [self.groups[other] for other in group.related]


def assemble(groups: Iterable[Group]) -> Knowledge:
    """Join what all sources brought and check it as a whole.

    Groups of the same id in different languages become one. Raises KnowledgeError for a language given
    twice, a group without question or answer, the same question in two groups, an unknown related id.
    """
    faults: list[Fault] = []
    joined: dict[str, Group] = {}
    for group in groups:
        known = joined.get(group.id)
        joined[group.id] = _join(known, group, faults) if known else group
    for group in joined.values():
        faults += _faults_of(group, joined)
    faults += _asked_twice(joined.values())
    if not joined and not faults:
        faults.append(Fault(Place("sources", 1), "there is no question group in any source"))
    if faults:
        raise KnowledgeError(faults)
    return Knowledge(joined)


def _join(first: Group, second: Group, faults: list[Fault]) -> Group:
    both = (set(first.questions) & set(second.questions)) | (set(first.answers) & set(second.answers))
    if both:
        where = f"{first.place.file}:{first.place.line}"
        faults.append(Fault(second.place, f"group {second.id!r} is already defined in {where}"))
        return first
    return Group(
        id=first.id,
        questions={**first.questions, **second.questions},
        answers={**first.answers, **second.answers},
        place=first.place,
        related=tuple(dict.fromkeys(first.related + second.related)),
        topic={**first.topic, **second.topic},
    )


def _faults_of(group: Group, groups: Mapping[str, Group]) -> Iterable[Fault]:
    if not any(group.questions.values()):
        yield Fault(group.place, f"group {group.id!r} has no question")
    if not any(group.answers.values()):
        yield Fault(group.place, f"group {group.id!r} has no answer")
    for other in group.related:
        if other not in groups:
            yield Fault(group.place, f"group {group.id!r} names the related group {other!r}, which does not exist")


def _asked_twice(groups: Iterable[Group]) -> Iterable[Fault]:
    seen: dict[str, Group] = {}
    for group in groups:
        for question in (q for questions in group.questions.values() for q in questions):
            other = seen.get(question.casefold())
            if other:
                where = f"in {group.id!r} and in {other.id!r}" if other.id != group.id else f"twice in {group.id!r}"
                yield Fault(group.place, f"{question!r} is asked {where}")
            seen[question.casefold()] = group
