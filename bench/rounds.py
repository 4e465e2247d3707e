"""The interleaved run: each subject is measured shortly in every round, so that noise
affects all.
"""

import statistics
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bench.load import Expected, measure
from bench.subjects import Subject

SECONDS = 0.8
Rates = dict[str, list[float]]


@dataclass(frozen=True)
class Ratio:
    """Over all rounds; each round compares what was measured within it."""

    least: float
    median: float
    most: float


async def run_rounds(
    subjects: list[Subject],
    expected: dict[str, Expected],
    rounds: int,
    tidy: Callable[[], Coroutine[Any, Any, None]],
) -> Rates:
    """Answers a second, by subject and round; `tidy` runs after each round."""
    rates: Rates = {subject.name: [] for subject in subjects}
    for subject in subjects:  # compilers that learn from what runs have seen it before they count
        await measure(subject.port, subject.make, expected[subject.name], SECONDS)
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}", end="\r", file=sys.stderr)
        for subject in subjects:
            rate = await measure(subject.port, subject.make, expected[subject.name], SECONDS)
            rates[subject.name].append(rate)
        await tidy()
    print(file=sys.stderr)
    return rates


def compare(rates: Rates, subject: str, base: str) -> Ratio:
    each = [one / other for one, other in zip(rates[subject], rates[base], strict=True)]
    return Ratio(min(each), statistics.median(each), max(each))
