"""Takes the calls of a request from whoever sent it."""

from functools import lru_cache

from msgspec.structs import replace

from chenu.accounts.actor import ActorKind
from chenu.accounts.request_context import RequestContext
from chenu.metering.allowances import (
    Allowance,
    CallerKind,
    allow_account,
    allow_session,
    allow_visitor,
    burst_of,
)
from chenu.metering.charges import Charge
from chenu.metering.limiter import Limiter
from chenu.metering.plan_of import plan_of
from chenu.metering.visitor_lots import VisitorLots


class Meter:
    """`calls_per_minute` is of each session and address. `is_on` False: nobody is metered."""

    def __init__(self, limiter: Limiter, calls_per_minute: int, *, is_on: bool = True) -> None:
        self._limiter = limiter
        self._lots = VisitorLots(limiter)
        self._calls_per_minute = calls_per_minute
        self._is_on = is_on

    async def take(
        self, request_context: RequestContext, calls: int, *, in_lots: bool = False
    ) -> Charge:
        """`in_lots`: for an answer that is quicker than a round trip; of visitors alone."""
        allowance = self._find_allowance(request_context)
        if allowance is None:
            return Charge(calls)
        if allowance.kind is CallerKind.VISITOR:
            take = self._lots.take_in_lots if in_lots else self._lots.take
            decision = await take(allowance, calls)
        else:
            decision = await self._limiter.take(allowance, calls)
        return Charge(decision.calls, allowance, decision)

    def _find_allowance(self, request_context: RequestContext) -> Allowance | None:
        """None: not metered, as service keys never are."""
        actor = request_context.actor
        if not self._is_on or actor.kind is ActorKind.SERVICE_KEY:
            return None
        if actor.kind is ActorKind.API_KEY and actor.account_id is not None:
            return allow_account(actor.account_id, plan_of(actor))
        if actor.session_id is not None:
            return _with_rate(allow_session(actor.session_id), self._calls_per_minute)
        return _allow_visitor(request_context.ip, self._calls_per_minute)


@lru_cache(maxsize=1_024)
def _allow_visitor(ip: str, rate: int) -> Allowance:
    return _with_rate(allow_visitor(ip), rate)


def _with_rate(allowance: Allowance, rate: int) -> Allowance:
    return replace(allowance, calls_per_minute=rate, burst=burst_of(rate))
