"""How much work something is, in calls of functions: a busy machine makes no more of them."""

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
    """All that this thread does meanwhile; what happens inside one built-in call it cannot see."""
    effort = Effort()
    sys.setprofile(effort.note)
    try:
        yield effort
    finally:
        sys.setprofile(None)
