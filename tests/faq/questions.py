"""The question sets, the demo knowledge they are about, and how well an engine does on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ruamel.yaml import YAML

from hub_faq.calibration import SERVICE_DESK
from hub_faq.elsewhere import read_elsewhere
from hub_faq.engine import Engine, LocalEngine
from hub_faq.evidence import Gatherer
from hub_faq.importers import read_sources
from hub_faq.lexical import Words
from hub_faq.meaning import Encoder, load_encoder
from hub_faq.normalise import Normaliser
from hub_faq.synonyms import read_synonyms
from hub_faq.zones import Thresholds, Zone

HERE = Path(__file__).resolve().parent
KNOWLEDGE = HERE.parent.parent / "config" / "knowledge"
Labelled = Sequence[tuple[str, frozenset[str]]]


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """`in_scope`: question and the groups that answer it; `traps`: question and the groups that must not."""

    in_scope: Labelled
    out_of_scope: Sequence[str]
    traps: Labelled

    def only(self, keep: Callable[[str], bool]) -> QuestionSet:
        """The questions for which `keep` is true."""
        return QuestionSet(
            in_scope=[pair for pair in self.in_scope if keep(pair[0])],
            out_of_scope=[text for text in self.out_of_scope if keep(text)],
            traps=[pair for pair in self.traps if keep(pair[0])],
        )


def read_questions(name: str) -> QuestionSet:
    """The set ``calibration`` or ``evaluation``."""
    data = YAML(typ="safe").load(HERE / f"{name}.yaml")
    return QuestionSet(
        in_scope=[(text, frozenset(ids.split("|"))) for ids, texts in data["in_scope"].items() for text in texts],
        out_of_scope=data["out_of_scope"],
        traps=[(trap["ask"], frozenset(trap["never"])) for trap in data["traps"]],
    )


def demo_gatherer(encoder: Encoder | None = None) -> Gatherer:
    """The indexes over the demo knowledge, as the plugin builds them."""
    normaliser = Normaliser()
    words = Words(read_synonyms(KNOWLEDGE / "synonyms.yaml", normaliser.clean))
    knowledge = read_sources(["express"], KNOWLEDGE)
    return Gatherer(knowledge, read_elsewhere(), normaliser, words, encoder or load_encoder())


def demo_engine() -> LocalEngine:
    """The engine as it is shipped, on the demo knowledge."""
    return LocalEngine(demo_gatherer(), SERVICE_DESK, Thresholds())


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares from 0 to 1.

    `precision`: of all direct answers (to any question, in scope or not), how many were right. `coverage`: of the questions
    in scope, how many were answered directly. `wrong`: of the questions in scope, how many got a wrong direct answer.
    `suggestion_recall`: where it asked back, how often the right one was among the three. `helped`: of the questions in
    scope, how many got the right answer or were offered it. `refused`: of those out of scope, how many were
    handed over; `not_answered`: handed over or asked back. `trapped`: of the traps, how many were answered with the opposite.
    """

    questions: int
    precision: float
    coverage: float
    wrong: float
    suggestion_recall: float
    helped: float
    refused: float
    not_answered: float
    trapped: float
    mistakes: Sequence[str]

    def __str__(self) -> str:
        return (
            f"{self.questions} questions in scope\n"
            f"  precision of direct answers    {self.precision:6.1%}\n"
            f"  answered directly (coverage)   {self.coverage:6.1%}, of all wrongly {self.wrong:.1%}\n"
            f"  right one among suggestions    {self.suggestion_recall:6.1%} of those asked back\n"
            f"  right answer given or offered  {self.helped:6.1%}\n"
            f"  out of scope: handed over      {self.refused:6.1%}, not answered {self.not_answered:.1%}\n"
            f"  negation and number traps hit  {self.trapped:6.1%}"
        )


def measure(engine: Engine, questions: QuestionSet) -> Quality:
    """Ask everything and count."""
    mistakes: list[str] = []
    right = wrong = offered = asked_back = 0
    for text, wanted in questions.in_scope:
        result = engine.search(text)
        ids = [group.id for group in result.groups]
        hit = not wanted.isdisjoint(ids)
        if result.zone is Zone.ANSWER:
            right, wrong = right + hit, wrong + (not hit)
        elif result.zone is Zone.SUGGEST:
            asked_back, offered = asked_back + 1, offered + hit
        if not hit or result.zone is Zone.HANDOVER:
            mistakes.append(f"{result.zone:8} {result.sure:.2f} {text} | {', '.join(wanted)} -> {', '.join(ids)}")
    zones = [engine.search(text) for text in questions.out_of_scope]
    for text, result in zip(questions.out_of_scope, zones, strict=True):
        if result.zone is not Zone.HANDOVER:
            mistakes.append(f"{result.zone:8} {result.sure:.2f} {text} | out of scope -> {result.groups[0].id}")
    answered = sum(result.zone is Zone.ANSWER for result in zones)
    trapped = 0
    for text, never in questions.traps:
        result = engine.search(text)
        hit = result.zone is Zone.ANSWER and result.groups[0].id in never
        trapped += hit
        if hit:
            mistakes.append(f"trapped  {result.sure:.2f} {text} -> {result.groups[0].id}")
    share = partial(_share, default=1.0)
    count = len(questions.in_scope)
    return Quality(
        questions=count,
        precision=share(right, right + wrong + answered),
        coverage=share(right + wrong, count),
        wrong=share(wrong, count),
        suggestion_recall=share(offered, asked_back),
        helped=share(right + offered, count),
        refused=share(sum(result.zone is Zone.HANDOVER for result in zones), len(zones)),
        not_answered=share(len(zones) - answered, len(zones)),
        trapped=_share(trapped, len(questions.traps), default=0.0),
        mistakes=mistakes,
    )


def _share(part: int, whole: int, *, default: float) -> float:
    return part / whole if whole else default
