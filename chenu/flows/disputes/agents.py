"""What a dispute of an agent's payment takes, and gives again when it is won.

The creator's share is claimed back as for a refund (decision 0041); docs/decisions/0043.
"""

from chenu.agents.access import restore_access, revoke_access
from chenu.agents.model import PaymentId, PriceType, PurchaseId, PurchaseStatus
from chenu.agents.payments import (
    PaymentRow,
    get_payment,
    record_disputed,
    record_share_due,
)
from chenu.agents.purchases import PurchaseRow, get_purchase, move_status
from chenu.agents.refund_split import RefundParts, parts_between, returned_parts
from chenu.billing.disputes import (
    DisputeRow,
    list_disputes_of_purchases,
    mark_returned,
    mark_taken,
)
from chenu.core.money import Cents
from chenu.flows.disputes.books import book_returned, book_taken
from chenu.flows.disputes.returns import find_return, give_to_return, take_from_return
from chenu.flows.purchases.monthly_states import settle_monthly
from chenu.flows.purchases.refund_books import follow_refunds
from chenu.flows.purchases.reversals import claim_share, lock_creator_money
from chenu.flows.purchases.shares_again import part_share, send_share_again
from chenu.flows.subscription_ends import end_all
from chenu.ledger.accounts import (
    PLATFORM_REVENUE,
    TAX_PAYABLE,
    creator_receivable,
)
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerEntry, credit, debit

REVOKED_REASON = "dispute"
_GONE = (PurchaseStatus.REFUNDED, PurchaseStatus.DISPUTED)


async def take_from_sale(dispute: DisputeRow, cause: str) -> None:
    """Under the purchase's lock: the share is claimed back, and nobody uses the agent."""
    payment = await get_payment(PaymentId(dispute.payment_id))
    if await find_return(payment.id) is not None:
        await take_from_return(dispute, payment, cause)
    else:
        await _take_shares(dispute, payment, cause)
    purchase = await get_purchase(payment.purchase_id)
    if purchase.status not in _GONE:
        await move_status(purchase.id, PurchaseStatus.DISPUTED)
        await revoke_access(purchase.id, REVOKED_REASON)


async def _take_shares(dispute: DisputeRow, payment: PaymentRow, cause: str) -> None:
    await lock_creator_money(payment.creator_id)
    taken = Cents(min(dispute.amount, payment.left))
    after = Cents(payment.returned + taken)
    parts = parts_between(payment.split, payment.returned, after)
    owed = debit(creator_receivable(payment.creator_id), euros(parts.creator))
    await book_taken(dispute, cause, [owed, *_our_entries(parts, sign=-1)])
    await record_disputed(payment.id, taken)
    await record_share_due(payment.id, returned_parts(payment.split, after).creator)
    await claim_share(payment.id, cause)
    await mark_taken(dispute.id, taken)


def _our_entries(parts: RefundParts, *, sign: int) -> list[LedgerEntry]:
    return [
        credit(PLATFORM_REVENUE, euros(Cents(sign * parts.platform))),
        credit(TAX_PAYABLE, euros(Cents(sign * parts.tax))),
    ]


async def return_to_sale(dispute: DisputeRow, cause: str) -> None:
    """Under the purchase's lock: the bank has decided for us."""
    payment = await get_payment(PaymentId(dispute.payment_id))
    if await find_return(payment.id) is not None:
        await give_to_return(dispute, payment, cause)
    else:
        await _return_shares(dispute, payment, cause)
    await _release(payment.purchase_id)


async def _return_shares(dispute: DisputeRow, payment: PaymentRow, cause: str) -> None:
    await lock_creator_money(payment.creator_id)
    after = Cents(payment.returned - dispute.taken)
    parts = parts_between(payment.split, after, payment.returned)
    again = await part_share(payment, parts.creator)
    await book_returned(dispute, cause, [*again.entries, *_our_entries(parts, sign=1)])
    await record_disputed(payment.id, Cents(-dispute.taken))
    await record_share_due(payment.id, returned_parts(payment.split, after).creator)
    await send_share_again(payment, again, f"{payment.id}:won:{cause}")
    await mark_returned(dispute.id)


async def _release(purchase_id: PurchaseId) -> None:
    """Access and status are again what payments, refunds and the subscription say."""
    purchase = await get_purchase(purchase_id)
    disputes = await list_disputes_of_purchases([purchase.id])
    if purchase.status is not PurchaseStatus.DISPUTED or any(each.is_taken for each in disputes):
        return
    await restore_access(purchase.id, REVOKED_REASON)
    is_sale = purchase.price_type is PriceType.ONE_TIME
    await move_status(purchase.id, PurchaseStatus.PAID if is_sale else PurchaseStatus.ACTIVE)
    await follow_refunds(await get_purchase(purchase.id))
    if not is_sale:
        await end_all(await settle_monthly(purchase.id))


async def end_lost(purchase: PurchaseRow) -> None:
    """Nobody pays for another month of what the bank took back."""
    if purchase.is_monthly and purchase.status is PurchaseStatus.DISPUTED:
        await end_all(await settle_monthly(purchase.id, is_lost=True))
