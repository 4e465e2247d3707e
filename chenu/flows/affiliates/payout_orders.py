"""A run of payouts that finance orders: tried first, then made, with a reason for the audit."""

from collections.abc import Sequence

import msgspec

from chenu.accounts import idempotency
from chenu.accounts.actor import Actor, ApiScope, Staff
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.affiliates.payouts import PayoutRow, list_payouts_of_month
from chenu.core import db
from chenu.core.errors import Rejected
from chenu.core.ids import new_id
from chenu.core.months import Month
from chenu.flows.affiliates.payout_run import require_begun, run_payouts


class PayoutOrder(msgspec.Struct, frozen=True):
    month: Month
    reason: str | None = None


class OrderedPayouts(msgspec.Struct, frozen=True):
    """All of the month; of a dry run those that it would begin."""

    payouts: Sequence[PayoutRow]
    carried_over: int


async def foresee_payouts(actor: Actor, month: Month) -> OrderedPayouts:
    """Changes nothing, also for a month to come. Raises Forbidden."""
    actor.require_staff(Staff.FINANCE)
    run = await run_payouts(month, dry_run=True)
    return OrderedPayouts(run.payouts, run.carried_over)


async def order_payouts(actor: Actor, order: PayoutOrder, idempotency_key: str) -> OrderedPayouts:
    """Again it begins what is not begun yet, and pays nobody twice.

    Raises Forbidden, Invalid, Rejected, SignInAgain, IdempotencyConflict.
    """
    actor.require_staff(Staff.FINANCE)
    wrong = check_reason(order.reason)
    if wrong:
        raise Rejected(wrong)
    require_begun(order.month)
    await require_fresh(actor)
    account_id = actor.require_account(ApiScope.READ)
    said = {"month": str(order.month)}
    key = idempotency.client_key(account_id, idempotency_key, "affiliatePayoutRun", said)
    await _record(actor, order, key)
    run = await run_payouts(order.month, dry_run=False)
    return OrderedPayouts(await list_payouts_of_month(order.month), run.carried_over)


@db.transactional
async def _record(actor: Actor, order: PayoutOrder, key: ClientKey) -> None:
    if await idempotency.find_result(key) is None:
        await idempotency.remember_result(key, new_id())
        act, month = StaffAct.AFFILIATE_PAYOUT_RUN, str(order.month)
        await record_staff_act(actor, act, month, order.reason)
