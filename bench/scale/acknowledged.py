"""What clients were told is done, and for how long nobody was served. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Answer:
    """`at` in seconds of one clock. Not `is_done`: refused, cut off, or never answered."""

    at: float
    is_done: bool


@dataclass
class Record:
    """Of one kind of request: its answers, and the ids of writes that were acknowledged."""

    answers: list[Answer] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)

    def note(self, at: float, key: str | None, *, is_done: bool = True) -> None:
        """`key` None: nothing was written."""
        self.answers.append(Answer(at, is_done))
        if is_done and key is not None:
            self.acknowledged.add(key)


def longest_wait(answers: Iterable[Answer], begin: float, end: float) -> float:
    """The longest time between `begin` and `end` in which nobody got what was asked for."""
    done = sorted(each.at for each in answers if each.is_done and begin <= each.at <= end)
    moments = [begin, *done, end]
    return max(later - earlier for earlier, later in pairwise(moments))


def count_failures(answers: Iterable[Answer], begin: float, end: float) -> int:
    return sum(1 for each in answers if not each.is_done and begin <= each.at <= end)


@dataclass(frozen=True, slots=True)
class Losses:
    """Ids that were acknowledged and are not there, and ids that are there more than once."""

    lost: Sequence[str]
    doubled: Sequence[str]


def compare(acknowledged: Iterable[str], stored: Iterable[str]) -> Losses:
    """`stored` names each id as often as it is there, acknowledged or not."""
    counts: Mapping[str, int] = Counter(stored)
    lost = sorted(key for key in acknowledged if key not in counts)
    return Losses(lost, sorted(key for key, count in counts.items() if count > 1))
