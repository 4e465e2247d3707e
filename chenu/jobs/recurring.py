"""What a recurring task is; schedule.py runs them."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from chenu.core.recurrence import Recurrence
from chenu.flows.services import Services

Task = Callable[[Services, datetime], Awaitable[object]]
"""Gets the time for which it is due, which names the month of a monthly task."""


class Recurring(msgspec.Struct, frozen=True):
    """A recurring task; `name` identifies its row.

    `rests`: it dates nothing by business time. While a demo's clock jumps from hour to hour it runs
    every few seconds instead of at each jump.
    """

    name: str
    recurrence: Recurrence
    task: Task
    rests: bool = False
