"""The limiter: takes calls of a caller, all or none, or says when they may be taken.

Exact over all processes by a script in Valkey (take.lua). While Valkey is away each process applies
its share, and never waits long. docs/decisions/0057.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextvars import Context
from functools import partial

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from chenu.accounts.actor import AccountId
from chenu.core.caches import SingleFlight
from chenu.core.errors import ChenuError, Unavailable
from chenu.core.months import Month
from chenu.metering.allowances import Allowance
from chenu.metering.decisions import Decision as Decision
from chenu.metering.decisions import Outcome, Taken, decide
from chenu.metering.decisions import RefusedBy as RefusedBy
from chenu.metering.script import KnownUsage, TakeScript
from chenu.metering.share import ProcessShare
from chenu.metering.usage import UsageCounts, UsageDay, sum_served

_EXACT_SECONDS = 0.3
_LONGEST_SECONDS = 0.5
"""A call waits no longer, whatever is away: the exact answer first, and then the share."""
_STALE_SECONDS = 2
_ReadUsed = Callable[[AccountId, Month], Awaitable[int]]


def _now() -> float:
    return asyncio.get_running_loop().time()


def make_limiter(valkey: "Redis | RedisCluster", processes: int) -> "Limiter":
    """Of one process, of which so many share what callers may do while Valkey is away."""
    return Limiter(TakeScript(valkey), ProcessShare(processes))


class Limiter:
    """`counts` are this process's, to be stored every few seconds: see metering/storing.py."""

    def __init__(self, script: TakeScript, share: ProcessShare) -> None:
        self.counts = UsageCounts()
        self._script = script
        self._share = share
        self._taken_alone: dict[str, Allowance] = {}
        self._readings: dict[tuple[AccountId, Month], asyncio.Task[int]] = {}
        self._stored: SingleFlight[tuple[AccountId, Month], int] = SingleFlight(_STALE_SECONDS)

    async def take(self, allowance: Allowance, calls: int = 1) -> Decision:
        """One round trip. Never raises because of Valkey or the database; 0 calls only look."""
        taken = await self._take(allowance, calls)
        self._count(allowance, calls, taken)
        return decide(allowance, calls, taken)

    async def give_back(self, allowance: Allowance, calls: int) -> None:
        """What was taken and not used."""
        if calls > 0:
            self._count(allowance, -calls, await self._take(allowance, -calls))

    async def tell(self) -> None:
        """Valkey learns what was served without it, also of accounts that call no more."""
        for allowance in list(self._taken_alone.values()):
            await self._take_in_valkey(allowance, 0, _now() + _EXACT_SECONDS)

    async def _take(self, allowance: Allowance, calls: int) -> Taken:
        began = _now()
        try:
            return await self._take_in_valkey(allowance, calls, began + _EXACT_SECONDS)
        except (Unavailable, TimeoutError):
            return await self._take_alone(allowance, calls, began + _LONGEST_SECONDS)

    async def _take_in_valkey(self, allowance: Allowance, calls: int, end: float) -> Taken:
        """What Valkey does not know of the month, it is told: after a loss, and after an absence
        in which this process served calls alone.
        """
        alone = allowance.subject in self._taken_alone
        taken = None if alone else await self._script.take(allowance, calls)
        if taken is None or taken.outcome is Outcome.UNKNOWN:
            async with asyncio.timeout_at(end):
                taken = await self._take_and_tell(allowance, calls, taken)
        return taken

    async def _take_and_tell(self, allowance: Allowance, calls: int, asked: Taken | None) -> Taken:
        taken = asked or await self._script.take(allowance, 0)
        used = await self._used(allowance, taken.month, self._sum_now)
        answered = await self._script.take(allowance, calls, KnownUsage(taken.month, used))
        self._taken_alone.pop(allowance.subject, None)
        return answered

    async def _take_alone(self, allowance: Allowance, calls: int, end: float) -> Taken:
        taken = self._share.take(allowance, 0, 0)
        used = 0
        if allowance.is_counted:
            # with neither Valkey nor the database the rate is all that is left
            with contextlib.suppress(ChenuError, TimeoutError):
                async with asyncio.timeout_at(end):
                    used = await self._used(allowance, taken.month, self._sum_lately)
            self._taken_alone[allowance.subject] = allowance
        return self._share.take(allowance, calls, used)

    async def _used(self, allowance: Allowance, month: Month, read: _ReadUsed) -> int:
        """As far as the database and this process know."""
        pending = self.counts.served_in(allowance.account_id, month)
        return max(0, pending + await read(allowance.account_id, month))

    async def _sum_now(self, account: AccountId, month: Month) -> int:
        """Callers that need it at the same time share one read."""
        key = (account, month)
        reading = self._readings.get(key)
        if reading is None:
            # an empty context: it belongs to no caller's transaction
            reading = asyncio.create_task(sum_served(account, month), context=Context())
            self._readings[key] = reading
            reading.add_done_callback(lambda done: self._end_reading(key, done))
        return await asyncio.shield(reading)

    def _end_reading(self, key: tuple[AccountId, Month], done: "asyncio.Task[int]") -> None:
        del self._readings[key]
        _ = done.cancelled() or done.exception()  # those who still waited were told

    async def _sum_lately(self, account: AccountId, month: Month) -> int:
        """Each call without Valkey asks for it, so that a former answer is used for a while."""
        return await self._stored.get((account, month), partial(sum_served, account, month))

    def _count(self, allowance: Allowance, calls: int, taken: Taken) -> None:
        if not allowance.is_counted or not calls:
            return
        day = UsageDay(allowance.account_id, taken.day)
        if taken.outcome is Outcome.SERVED:
            self.counts.add(day, served=calls)
        else:
            self.counts.add(day, refused=calls)
