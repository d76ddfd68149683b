"""Fit the weights and show the thresholds of hub_faq from its calibration set.

Run ``python bench/faq_calibrate.py``; with ``--write`` the weights go into ``plugins/hub_faq/calibration.py``. The
evaluation set (``bench/faq_quality.py``) is never read here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "plugins" / "hub_faq" / "calibration.py"
sys.path[:0] = [str(ROOT), str(ROOT / "plugins")]

from hub_faq.confidence import clues  # noqa: E402
from hub_faq.evidence import Evidence, Gatherer  # noqa: E402
from tests.faq.questions import QuestionSet, demo_gatherer, read_questions  # noqa: E402

Array = npt.NDArray[np.float64]


def fit_ranking(rows: Array, right: npt.NDArray[np.int64], *, ridge: float = 0.5, steps: int = 3000) -> Array:
    """Weights of the features that make the right group likely: softmax regression, by gradient.

    `rows` has the shape (questions, groups, features), `right` the index of each question's group.
    """
    weights = np.full(rows.shape[2], 5.0)
    for _ in range(steps):
        scores = rows @ weights
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        slope = (rows[np.arange(len(right)), right] - np.einsum("qg,qgf->qf", shares, rows)).sum(axis=0)
        weights += 0.5 * (slope - ridge * weights) / len(right)
    return weights


def fit_odds(values: Array, true: npt.NDArray[np.bool_]) -> Array:
    """Weights and constant of a logistic regression; `values` has the shape (questions, clues).

    No weight may be negative: more of any clue must never make the bot less sure. A clue that would be is left out.
    """
    kept = list(range(values.shape[1]))
    while True:
        weights = _newton(values[:, kept], true)
        if (weights[:-1] >= 0).all():
            break
        del kept[int(np.argmin(weights[:-1] * values[:, kept].std(axis=0)))]
    result = np.zeros(values.shape[1] + 1)
    result[[*kept, -1]] = weights
    return result


def _newton(values: Array, true: npt.NDArray[np.bool_], *, ridge: float = 1.0) -> Array:
    mean, spread = values.mean(axis=0), values.std(axis=0)
    design = np.column_stack(((values - mean) / spread, np.ones(len(values))))
    weights = np.zeros(design.shape[1])
    penalty = np.diag([ridge] * (design.shape[1] - 1) + [0.0])
    for _ in range(50):
        guess = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (guess - true) + penalty @ weights
        weights -= np.linalg.solve((design.T * (guess * (1 - guess))) @ design + penalty, slope)
    plain = weights[:-1] / spread
    return np.append(plain, weights[-1] - plain @ mean)


def unseen(values: Array, true: npt.NDArray[np.bool_], folds: int = 10) -> Array:
    """For each question the probability from a fit that did not see it."""
    fold = np.random.default_rng(0).integers(0, folds, len(true))
    result = np.zeros(len(true))
    for number in range(folds):
        weights = fit_odds(values[fold != number], true[fold != number])
        result[fold == number] = 1 / (1 + np.exp(-(values[fold == number] @ weights[:-1] + weights[-1])))
    return result


def print_thresholds(title: str, probability: Array, true: npt.NDArray[np.bool_], inside: int) -> None:
    """What each threshold would let through, and how much of it is right."""
    print(
        f"\n{title} (by questions the fit did not see)\nthreshold  let through  right   of in-scope  out-of-scope through"
    )
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95):
        through = probability >= threshold
        share = true[through].mean() if through.any() else 1.0
        print(
            f"{threshold:9.2f}  {through.sum():11d}  {share:5.3f}  {through[:inside].mean():11.3f}"
            f"  {through[inside:].mean():20.3f}"
        )


def main() -> None:
    """Fit and print."""
    gatherer = demo_gatherer()
    questions = read_questions("calibration")
    found, right, elsewhere = _gather(gatherer, questions)
    ranking = fit_ranking(np.stack([evidence.rows for evidence in found]), right)
    everything = [*found, *elsewhere]
    scores = [evidence.rows @ ranking for evidence in everything]
    values = np.stack([clues(evidence, score) for evidence, score in zip(everything, scores, strict=True)])
    best = [np.argsort(-score)[:3] for score in scores]
    first = np.array([number < len(right) and best[number][0] == right[number] for number in range(len(best))])
    three = np.array([number < len(right) and right[number] in best[number] for number in range(len(best))])
    fitted = {"ranking": ranking, "sure": fit_odds(values, first), "near": fit_odds(values, three)}
    lines = [f"    {name}=({', '.join(f'{weight:.3f}' for weight in weights)}),\n" for name, weights in fitted.items()]
    block = f"SERVICE_DESK: Final = Calibration(\n{''.join(lines)})\n"
    print(block)
    if "--write" in sys.argv:
        text = TARGET.read_text("utf-8")
        TARGET.write_text(text[: text.index("SERVICE_DESK: Final")] + block, "utf-8")
    count = len(right)
    print(
        f"\n{count} questions in scope: right group first {first[:count].mean():.3f}, among three {three[:count].mean():.3f}"
    )
    print_thresholds("sure: the best group is right", unseen(values, first), first, count)
    print_thresholds("near: one of the best three is right", unseen(values, three), three, count)


def _gather(
    gatherer: Gatherer, questions: QuestionSet
) -> tuple[Sequence[Evidence], npt.NDArray[np.int64], Sequence[Evidence]]:
    ids = [group.id for group in gatherer.groups]
    found = [gatherer.gather(text) for text, _ in questions.in_scope]
    right = np.array([ids.index(next(iter(wanted))) for _, wanted in questions.in_scope])
    return found, right, [gatherer.gather(text) for text in questions.out_of_scope]


if __name__ == "__main__":
    main()
