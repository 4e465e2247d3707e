"""When an endpoint that has failed is tried again, and when it is switched off."""

import random
from datetime import timedelta

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After the first failure in a row, the second, and on: three days and three hours in all."""
MAX_FAILURES = len(WAITS) + 1
"""So many failures in a row switch an endpoint off."""
LONGEST = timedelta(hours=24)
_JITTER_PER_CENT = 10

_RANDOM = random.SystemRandom()


def wait_after(failures: int, asked: timedelta | None) -> timedelta:
    """How long to wait after so many failures in a row, fewer than MAX_FAILURES.

    Up to a tenth more, so that what failed together is not tried together. `asked` is what the
    receiver wants (Retry-After): followed where it is longer, up to LONGEST.
    """
    wait = WAITS[failures - 1]
    jittered = wait + wait * _RANDOM.randrange(_JITTER_PER_CENT * 10) / 1000
    return max(jittered, min(asked, LONGEST)) if asked else jittered
