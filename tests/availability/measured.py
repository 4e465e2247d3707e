"""Samples of a made-up worker, and days of them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from chenu.availability.samples import Sample, write_samples

SECONDS = 15
SLOT = timedelta(seconds=SECONDS)
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


def sampled(at: datetime, *, works: bool = True, seconds: int = SECONDS) -> Sample:
    ready = 2 if works else 0
    return Sample(at, seconds, works, True, True, ready, 2)


def sampled_every_slot(start: datetime, end: datetime, *, works: bool = True) -> list[Sample]:
    return [sampled(start + SLOT * n, works=works) for n in range((end - start) // SLOT)]


async def sample_in(slots: Iterable[int], *, works: bool = True, start: datetime = NOON) -> None:
    """The slots by number, from `start`."""
    await write_samples([sampled(start + SLOT * n, works=works) for n in slots])
