"""Without Valkey: each process lets through its share of what a caller may do."""

import time
from collections import OrderedDict
from collections.abc import Callable

from chenu.core.clock import business_now, system_now
from chenu.core.months import month_of
from chenu.metering.allowances import Allowance
from chenu.metering.decisions import Outcome, Taken
from chenu.metering.script import interval_of

_MOST_CALLERS = 20_000
_MICROSECONDS = 1_000_000


class ProcessShare:
    """The same rule as take.lua, with the rate and burst divided by the number of processes.

    It begins full. Of more callers than it can remember the longest unseen begin anew.
    """

    def __init__(self, processes: int, now: Callable[[], float] = time.monotonic) -> None:
        self._processes = processes
        self._now = now
        self._arrivals: OrderedDict[tuple[str, str], int] = OrderedDict()

    def take(self, allowance: Allowance, calls: int, used: int) -> Taken:
        """`used`: of the month, as far as this process knows. Negative calls are given back."""
        now = int(self._now() * _MICROSECONDS)
        caller = (allowance.kind, allowance.subject)
        interval = interval_of(allowance) * self._processes
        tolerance = interval * max(1, allowance.burst // self._processes)
        arrival = self._arrivals.pop(caller, 0)
        outcome, wait = Outcome.SERVED, 0
        quota = allowance.monthly_calls
        if calls > 0 and quota is not None and used + calls > quota:
            outcome = Outcome.QUOTA
        elif calls > 0 and interval and arrival + calls * interval > now + tolerance:
            outcome, wait = Outcome.RATE, arrival + calls * interval - now - tolerance
        else:
            used = max(0, used + calls)
            arrival = (max(arrival, now) if calls > 0 else arrival) + calls * interval
        self._keep(caller, arrival)
        left = (tolerance - max(0, arrival - now)) // interval if interval else -1
        moment = business_now()
        at = int(system_now().timestamp() * _MICROSECONDS)
        return Taken(outcome, max(left, -1), used, wait, month_of(moment), moment.date(), at)

    def _keep(self, caller: tuple[str, str], arrival: int) -> None:
        self._arrivals[caller] = arrival
        if len(self._arrivals) > _MOST_CALLERS:
            self._arrivals.popitem(last=False)
