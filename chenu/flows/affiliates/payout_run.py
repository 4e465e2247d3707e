"""The monthly run: whoever has 50 euros due is paid, once for each affiliate and month.

`month` names the run; all that is due by then is paid, less is carried over. An affiliate that
fails waits, and does not stop others. docs/decisions/0067.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

import msgspec
import structlog

from chenu.affiliates.commissions import mature
from chenu.affiliates.payouts import Earner, PayoutRow, find_payout, list_earners
from chenu.core.backoff import name_failure
from chenu.core.clock import business_now
from chenu.core.errors import Invalid, Unavailable
from chenu.core.i18n import mark
from chenu.core.months import Month, month_of
from chenu.flows.affiliates.payout_begin import (
    begin_payout,
    find_payable,
    may_begin,
    new_payout,
)

log = structlog.get_logger(__name__)

_HOUR = timedelta(hours=6)
"""Of a month's first day, when its run is due."""


class PayoutRun(msgspec.Struct):
    """`carried_over` counts affiliates who are owed something and are not paid in this run;
    `broken` are those whose turn failed.
    """

    month: Month
    payouts: list[PayoutRow] = msgspec.field(default_factory=list)
    carried_over: int = 0
    broken: int = 0


_Turn = Callable[[Earner, Month], Awaitable[PayoutRow | None]]


async def pay_affiliates(month: Month) -> PayoutRun:
    """The month's own run. Raises Unavailable, so that it is run again, while somebody's turn fails
    in that month; from the next one on, what is due is carried over.
    """
    run = await run_payouts(month, dry_run=False)
    if run.broken and month_of(business_now()) == month:
        raise Unavailable("some affiliates could not be paid: see the logs")
    return run


async def run_payouts(month: Month, *, dry_run: bool) -> PayoutRun:
    """A dry run changes nothing. Raises Invalid for a month to come unless it is one."""
    now = business_now()
    if dry_run:
        return await _take_turns(month, max(now, month.start + _HOUR), _foresee)
    require_begun(month)
    await mature(now)
    return await _take_turns(month, now, begin_payout)


def require_begun(month: Month) -> None:
    """Raises Invalid for a month to come."""
    if month > month_of(business_now()):
        message = mark("This month has not begun yet: only a dry run may look into the future")
        raise Invalid(message, path=("month",))


async def _take_turns(month: Month, due_by: datetime, take: _Turn) -> PayoutRun:
    run = PayoutRun(month)
    async for earner in _each_earner(due_by):
        try:
            payout = await take(earner, month)
        except Exception as error:
            run.broken += 1
            failure = name_failure(error)
            log.error("affiliate_payout_broke", affiliate=str(earner.affiliate_id), error=failure)
            continue
        if payout is None:
            run.carried_over += 1
        else:
            run.payouts.append(payout)
    return run


async def _each_earner(due_by: datetime) -> AsyncIterator[Earner]:
    batch = await list_earners(due_by)
    while batch:
        for earner in batch:
            yield earner
        batch = await list_earners(due_by, batch[-1].affiliate_id)


async def _foresee(earner: Earner, month: Month) -> PayoutRow | None:
    known = await find_payout(earner.affiliate_id, month)
    if await find_payable(earner) is None or not await may_begin(known):
        return None
    return new_payout(earner, month, earner.due)
