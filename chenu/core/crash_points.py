"""Named places where a test may have this process killed, to prove that money survives it.

CHENU_CRASH_AT=name[:n] kills at the n-th passing (first by default). Only CHENU_MODE=test looks.
"""

import os
import signal
from collections import Counter

_passed: Counter[str] = Counter()


def crash_point(name: str) -> None:
    """Die here, as kill -9 would, when the test asked for it."""
    wanted = os.environ.get("CHENU_CRASH_AT")
    if wanted is None or os.environ.get("CHENU_MODE") != "test":
        return
    point, _, nth = wanted.partition(":")
    if point != name:
        return
    _passed[name] += 1
    if _passed[name] == int(nth or 1):
        os.kill(os.getpid(), signal.SIGKILL)
