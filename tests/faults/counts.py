"""How often each fault is repeated: FAULT_SHARE of the full counts, at least once."""

import os
import random

from tests.conftest import SEED

FAULT_SHARE = float(os.environ.get("FAULT_SHARE", "0.1"))
CONVERGED_SECONDS = 60


def runs(full: int) -> int:
    """The number of repetitions at this share of the full count, at least one."""
    return max(1, round(full * FAULT_SHARE))


def seeds(full: int) -> list[int]:
    """Printed by pytest as the test's parameter; drawn from the run's seed."""
    drawn = random.Random(int(SEED))
    return [drawn.randrange(10**6) for _ in range(runs(full))]
