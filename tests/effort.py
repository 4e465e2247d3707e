"""Measures work in function calls, whose number does not depend on the machine's load."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Effort:
    """`calls` of Python's and of built-in functions, by this thread."""

    def __init__(self) -> None:
        self.calls = 0

    def note(self, _frame: FrameType, event: str, _argument: object) -> None:
        if event in {"call", "c_call"}:
            self.calls += 1


@contextmanager
def counted_calls() -> Iterator[Effort]:
    """Counts the calls of this thread within the block; not the work inside a built-in function."""
    effort = Effort()
    sys.setprofile(effort.note)
    try:
        yield effort
    finally:
        sys.setprofile(None)
