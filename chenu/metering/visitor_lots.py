"""Calls of anonymous callers, taken in lots, where a round trip for each would weigh too much.

Within any minute an address is served at most one lot a process more than the limiter allows
(docs/decisions/0058). What is left of a lot is given up once the rate has restored as much, so that
whoever asks rarely loses nothing by it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context

import msgspec
from msgspec.structs import replace

from chenu.core.caches import TtlCache
from chenu.metering.allowances import Allowance
from chenu.metering.decisions import Decision
from chenu.metering.limiter import Limiter

LOT = 10
_LOTS_A_MINUTE = 600
"""A rate of more than ten lots a second, which many visitors of one address share, is taken in as
many lots.
"""
_ADDRESSES = 10_000
_TTL_SECONDS = 60
_SHORTEST_SECONDS = 1.0


class _Waiting(msgspec.Struct, frozen=True):
    calls: int
    decision: asyncio.Future[Decision]


class _Lot(msgspec.Struct):
    """What one address may do without another round trip: `left` calls until `ends`, or nothing
    that takes `refused_calls` or more until `opens`.
    """

    waiting: deque[_Waiting] = msgspec.field(default_factory=deque)
    serving: asyncio.Task[None] | None = None
    served: Decision | None = None
    left: int = 0
    ends: float = 0
    refused: Decision | None = None
    refused_calls: int = 0
    opens: float = 0

    def decide(self, calls: int, now: float) -> Decision | None:
        """None: the limiter must be asked."""
        if self.served is not None and calls <= self.left and now < self.ends:
            self.left -= calls
            available = (self.served.available or 0) + self.left
            return replace(self.served, calls=calls, available=available)
        if self.refused is not None and calls >= self.refused_calls and now < self.opens:
            return replace(self.refused, retry_after=max(1, -int(-(self.opens - now) // 1)))
        return None

    def fill(self, served: Decision, size: int, ends: float) -> None:
        self.served, self.left, self.ends = served, size, ends
        self.refused = None

    def close(self, refused: Decision, calls: int, now: float) -> None:
        """Nothing can be restored before the time that the caller was told."""
        self.refused, self.refused_calls = refused, calls
        self.opens = now + refused.retry_after


class VisitorLots:
    def __init__(self, limiter: Limiter, now: Callable[[], float] = time.monotonic) -> None:
        self._limiter = limiter
        self._now = now
        self._lots: TtlCache[str, _Lot] = TtlCache(_TTL_SECONDS, _ADDRESSES, now)

    async def take(self, allowance: Allowance, calls: int) -> Decision:
        """Exactly these: of what is left of a lot, else by a round trip."""
        lot = self._lots.find(allowance.subject)
        known = None if lot is None else lot.decide(calls, self._now())
        return known or await self._take(allowance, calls)

    async def take_in_lots(self, allowance: Allowance, calls: int) -> Decision:
        """The same, but a round trip takes a lot, for all who wait: one at a time."""
        lot = self._lot_of(allowance)
        known = lot.decide(calls, self._now())
        if known is not None:
            return known
        waiting = _Waiting(calls, asyncio.get_running_loop().create_future())
        lot.waiting.append(waiting)
        if lot.serving is None or lot.serving.done():
            lot.serving = asyncio.create_task(self._serve(lot, allowance), context=Context())
        return await waiting.decision

    async def _serve(self, lot: _Lot, allowance: Allowance) -> None:
        """Ends when nobody waits."""
        try:
            while lot.waiting:
                calls = lot.waiting[0].calls
                decision = lot.decide(calls, self._now())
                decision = decision or await self._take_lot(lot, allowance, calls)
                waiting = lot.waiting.popleft()
                if not waiting.decision.done():
                    waiting.decision.set_result(decision)
        finally:  # cancelled because the process is stopping
            while lot.waiting:
                lot.waiting.popleft().decision.cancel()

    async def _take_lot(self, lot: _Lot, allowance: Allowance, calls: int) -> Decision:
        """A caller who has less than a lot left is served call by call."""
        rate = allowance.calls_per_minute or 1
        size = min(max(LOT, rate // _LOTS_A_MINUTE), allowance.burst // 2)
        if size > calls:
            begun, decision = self._now(), await self._limiter.take(allowance, size)
            if decision.is_served:
                seconds = 60 * size / rate
                lot.fill(decision, size, begun + max(_SHORTEST_SECONDS, seconds))
                return lot.decide(calls, begun) or decision
        return await self._take(allowance, calls)

    async def _take(self, allowance: Allowance, calls: int) -> Decision:
        decision = await self._limiter.take(allowance, calls)
        if not decision.is_served:
            self._lot_of(allowance).close(decision, calls, self._now())
        return decision

    def _lot_of(self, allowance: Allowance) -> _Lot:
        lot = self._lots.find(allowance.subject)
        if lot is None:
            lot = _Lot()
            self._lots.keep(allowance.subject, lot, self._now())
        return lot
