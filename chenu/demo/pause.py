"""The time in which a demo did not run: its page of the service's state leaves it out.

In production nothing does: a time without samples counts as not available. docs/decisions/0086.
"""

from datetime import timedelta

from chenu.availability.maintenance import excuse_gap
from chenu.availability.samples import find_last_sample
from chenu.core.clock import system_now

_START = timedelta(minutes=1)
"""Until the worker is there."""


async def excuse_pause() -> None:
    """Nothing where the demo starts for the first time."""
    last = await find_last_sample()
    if last is not None:
        await excuse_gap(
            last.until, system_now() + _START, "La démo était arrêtée", "The demo did not run"
        )
