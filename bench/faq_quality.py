"""How good are the answers of hub_faq on the demo knowledge? Prints what the README states.

Run ``python bench/faq_quality.py`` (``--wrong`` lists every mistake). The questions are those of
``tests/faq/evaluation.yaml``, to which no weight is fitted.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "plugins")]

from hub_faq.language import language_of  # noqa: E402
from tests.faq.questions import demo_engine, measure, read_questions  # noqa: E402


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--set", choices=("evaluation", "calibration"), default="evaluation")
    options.add_argument("--wrong", action="store_true", help="list every mistake")
    chosen = options.parse_args()
    started = time.perf_counter()
    engine = demo_engine()
    print(f"loading and indexing: {time.perf_counter() - started:.1f} s")
    questions = read_questions(chosen.set)
    for title, keep in (("all", None), ("zh", "zh"), ("en", "en")):
        part = questions if keep is None else questions.only(partial(_is_in, keep))
        quality = measure(engine, part)
        print(f"\n{title}: {quality}")
        if chosen.wrong and keep is None:
            print("\n".join(quality.mistakes))
    times = []
    for text, _ in questions.in_scope:
        started = time.perf_counter()
        engine.search(text)
        times.append(1000 * (time.perf_counter() - started))
    p95 = statistics.quantiles(times, n=20)[-1]
    print(f"\nlatency per question: median {statistics.median(times):.1f} ms, p95 {p95:.1f} ms")


def _is_in(language: str, text: str) -> bool:
    return language_of(text) == language


if __name__ == "__main__":
    main()
