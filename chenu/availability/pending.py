"""Samples that could not be written yet: the database was away, or slow."""

from datetime import datetime, timedelta

from chenu.availability.samples import Sample, write_samples

LATEST = timedelta(hours=24)
"""A sample that is later is lost. It can only say that the database was away, which its absence
says too: a month's figure is final after so long.
"""


class PendingSamples:
    """In the worker's memory, the oldest first."""

    def __init__(self) -> None:
        self._samples: list[Sample] = []

    def __len__(self) -> int:
        return len(self._samples)

    def add(self, sample: Sample) -> None:
        self._samples.append(sample)
        self._forget(sample.at - LATEST)

    def _forget(self, before: datetime) -> None:
        self._samples = [each for each in self._samples if each.at >= before]

    async def write(self) -> None:
        """All of them; what fails stays for the next time. Raises what writing raises."""
        samples = list(self._samples)
        if samples:
            await write_samples(samples)
            self._samples = self._samples[len(samples) :]
