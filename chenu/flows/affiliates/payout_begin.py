"""Beginning one affiliate's payout: the row of the month, its commissions, its transfer.

All in one transaction under the affiliate's lock; a worker makes the transfer afterwards.
"""

from msgspec.structs import replace

from chenu.accounts.customers import list_owned_accounts
from chenu.affiliates.affiliates import get_affiliate
from chenu.affiliates.commissions import attach_due, lock_due
from chenu.affiliates.model import MINIMUM_PAYOUT, AffiliateStatus, PayoutId, PayoutStatus
from chenu.affiliates.payouts import (
    Earner,
    PayoutRow,
    begin_again,
    find_payout,
    get_payout,
    has_attached,
    insert_payout,
    lock_name,
)
from chenu.core import db, queue
from chenu.core.clock import business_now
from chenu.core.crash_points import crash_point
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.months import Month
from chenu.flows.affiliates.payout_transfer import AffiliateTransferParams, find_destination
from chenu.ledger.operations import (
    NewOperation,
    OperationId,
    OperationKind,
    OperationRow,
    create_operation_after,
    get_operation,
)


async def begin_payout(earner: Earner, month: Month) -> PayoutRow | None:
    """None: what is due is carried over, or the month's payout is begun already."""
    destination = await find_payable(earner)
    if destination is None:
        return None
    begun = await _begin(earner, month, destination)
    crash_point("affiliate_payout.after_commit")
    return begun


async def find_payable(earner: Earner) -> str | None:
    """The account that is paid; None if nobody is to be paid now."""
    if earner.due < MINIMUM_PAYOUT or earner.status is not AffiliateStatus.ACTIVE:
        return None
    return await find_destination(earner.member)


async def may_begin(known: PayoutRow | None) -> bool:
    """Not where a transfer is on its way, was made, or perhaps was made."""
    if known is None:
        return True
    return known.status is PayoutStatus.FAILED and not await has_attached(known.id)


def new_payout(earner: Earner, month: Month, amount: Cents) -> PayoutRow:
    return PayoutRow(
        id=PayoutId(new_id()),
        affiliate_id=earner.affiliate_id,
        month=month.first_day,
        amount=amount,
        status=PayoutStatus.PENDING,
        operation_id=None,
        stripe_transfer_id=None,
        failure_reason=None,
        number=None,
        created_at=business_now(),
        paid_at=None,
    )


@db.transactional
async def _begin(earner: Earner, month: Month, destination: str) -> PayoutRow | None:
    await db.lock_until_commit(lock_name(earner.affiliate_id))
    affiliate = await get_affiliate(earner.affiliate_id)
    known = await find_payout(earner.affiliate_id, month)
    if not (affiliate.is_active and await may_begin(known)):
        return None
    due = await lock_due(earner.affiliate_id)
    if due.amount < MINIMUM_PAYOUT:
        return None
    new = new_payout(earner, month, due.amount)
    payout = new if known is None else replace(known, amount=due.amount)
    operation = await _create_transfer(earner, payout, destination)
    if known is None:
        await insert_payout(replace(new, operation_id=operation.id))
    else:
        await begin_again(known.id, due.amount, operation.id)
    await attach_due(due, payout.id)
    await queue.enqueue(queue.Job.OPERATION, str(operation.id))
    return await get_payout(payout.id)


async def _create_transfer(earner: Earner, payout: PayoutRow, destination: str) -> OperationRow:
    """After a failed one: the operation that follows it."""
    [account_id, *_] = await list_owned_accounts(earner.member)
    failed = payout.operation_id
    params = AffiliateTransferParams(
        payout_id=payout.id,
        affiliate_id=payout.affiliate_id,
        owner_id=earner.member,
        account_id=account_id,
        month=payout.month,
        amount=payout.amount,
        transfer_group=f"aff_{payout.affiliate_id}_{payout.month:%Y%m}",
        destination=destination,
    )
    new = NewOperation(
        OperationKind.AFFILIATE_TRANSFER,
        f"affpay:{payout.id}",
        params,
        subject_id=payout.id,
        account_id=account_id,
        amount=payout.amount,
    )
    previous = None if failed is None else await get_operation(OperationId(failed))
    return await create_operation_after(new, previous)
