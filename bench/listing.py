"""The list query by itself: of anybody, of somebody who is signed in, and by an API key, with the
CPU time that each answer takes of its server.
"""

from bench.callers import make_callers
from bench.load import Expected, measure
from bench.processes import cpu_seconds
from bench.rounds import SECONDS, Ratio, compare
from bench.stand import STORE, Stand
from bench.subjects import PLAIN, Subject, expect, start_listing


async def compare_listing(stand: Stand, rounds: int) -> str:
    """Of each subject: its rate over the plain route's of the same round, and µs of CPU."""
    subjects = start_listing(stand, await make_callers(stand.database(STORE)))
    expected = await expect(subjects)
    rates: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    cpu: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    for _ in range(rounds):
        for subject in subjects:
            rate, seconds = await _measure(subject, expected[subject.name])
            rates[subject.name].append(rate)
            cpu[subject.name].append(seconds)
    return "\n".join(
        _describe(name, compare(rates, name, PLAIN), sum(cpu[name]) / len(cpu[name]))
        for name in rates
    )


def _describe(name: str, ratio: Ratio, seconds: float) -> str:
    return (
        f"{name:14} {ratio.median:.3f} ({ratio.least:.3f} to {ratio.most:.3f}),"
        f" {seconds * 1_000_000:.0f} µs of CPU"
    )


async def _measure(subject: Subject, expected: Expected) -> tuple[float, float]:
    """Answers a second, and seconds of the server's CPU for each.

    The CPU includes the first answers, which the rate leaves out: 0.2 of as many.
    """
    before = cpu_seconds(subject.pid)
    rate = await measure(subject.port, subject.make, expected, SECONDS)
    used = cpu_seconds(subject.pid) - before
    return rate, used / (rate * SECONDS * 1.2)
