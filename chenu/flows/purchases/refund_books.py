"""What a refund of an agent's payment changes here, and what its failure changes back.

docs/money.md, "Refunds of agents"; docs/decisions/0041.
"""

from chenu.agents.access import has_usable_grant, restore_access, revoke_access
from chenu.agents.model import PurchaseStatus
from chenu.agents.payments import (
    PaymentRow,
    get_payment,
    list_payments,
    record_refund,
    record_share_due,
)
from chenu.agents.purchases import PurchaseRow, find_pending, move_status
from chenu.agents.refund_split import RefundParts, parts_between, returned_parts
from chenu.agents.refunds import SaleRefundRow
from chenu.core.money import Cents
from chenu.flows.purchases.monthly_states import settle_monthly
from chenu.flows.purchases.reversals import claim_share, lock_creator_money
from chenu.flows.purchases.shares_again import ShareAgain, part_share, send_share_again
from chenu.flows.subscription_ends import end_all
from chenu.ledger.accounts import (
    BUYER_PAYMENTS,
    BUYER_REFUNDS_DUE,
    PLATFORM_REVENUE,
    TAX_PAYABLE,
    AccountRef,
    LedgerKind,
    creator_receivable,
)
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, find_amounts, post
from chenu.ledger.operations import OperationRow

REVOKED_REASON = "refund"
_ENDED = (PurchaseStatus.REFUNDED, PurchaseStatus.PARTIALLY_REFUNDED, PurchaseStatus.PAID)


async def book_refund(
    purchase: PurchaseRow, refund: SaleRefundRow, attempt: str = ""
) -> OperationRow | None:
    """Under the purchase's lock: owed to the buyer, out of everybody's part, and access follows.

    The operation that reverses the transfer, where there is one. `attempt` tells a new try of a
    refund that failed from the first.
    """
    payment = await get_payment(refund.payment_id)
    await lock_creator_money(payment.creator_id)
    after = Cents(payment.returned + refund.amount)
    parts = parts_between(payment.split, payment.returned, after)
    await post(
        LedgerTransaction(
            business_key=f"refund-due:{refund.id}{attempt}",
            kind="REFUND_DUE",
            account_id=payment.account_id,
            subject_id=payment.id,
            entries=(
                debit(creator_receivable(payment.creator_id), euros(parts.creator)),
                debit(PLATFORM_REVENUE, euros(parts.platform)),
                debit(TAX_PAYABLE, euros(parts.tax)),
                credit(BUYER_REFUNDS_DUE, euros(refund.amount)),
            ),
        )
    )
    await record_refund(payment.id, refund.amount)
    await record_share_due(payment.id, returned_parts(payment.split, after).creator)
    reversal = await claim_share(payment.id, _cause(refund, attempt))
    await follow_refunds(purchase)
    return reversal


async def get_booked_parts(refund: SaleRefundRow) -> RefundParts:
    """Out of whose part it was taken when it was asked for."""
    booked = await find_amounts(f"refund-due:{refund.id}")
    creator, tax = (
        Cents(-booked.get(kind, 0))
        for kind in (LedgerKind.CREATOR_RECEIVABLE, LedgerKind.TAX_PAYABLE)
    )
    return RefundParts(creator, Cents(refund.amount - creator - tax), tax)


def _cause(refund: SaleRefundRow, attempt: str) -> str:
    return f"{refund.id}{attempt}"


async def book_arrival(payment: PaymentRow, refund: SaleRefundRow, stripe_refund_id: str) -> None:
    """Stripe has made it: nothing is owed any more."""
    await post(
        LedgerTransaction(
            business_key=f"refund:{stripe_refund_id}",
            kind="REFUND",
            account_id=payment.account_id,
            subject_id=payment.id,
            entries=(
                debit(BUYER_REFUNDS_DUE, euros(refund.amount)),
                credit(BUYER_PAYMENTS, euros(refund.amount)),
            ),
        )
    )


async def put_back(
    purchase: PurchaseRow, refund: SaleRefundRow, source: AccountRef, key: str
) -> None:
    """Under the purchase's lock: a refund that failed changes nothing in the end.

    `source` is where its money is. The creator's share is sent again; access comes back unless the
    agent was bought anew.
    """
    payment = await get_payment(refund.payment_id)
    await lock_creator_money(payment.creator_id)
    after = Cents(payment.returned - refund.amount)
    parts = parts_between(payment.split, after, payment.returned)
    again = await part_share(payment, parts.creator)
    await _book_back(payment, parts, again, (source, key))
    await record_refund(payment.id, Cents(-refund.amount))
    await record_share_due(payment.id, returned_parts(payment.split, after).creator)
    await send_share_again(payment, again, key)
    await follow_refunds(purchase)


async def _book_back(
    payment: PaymentRow, parts: RefundParts, again: ShareAgain, booked: tuple[AccountRef, str]
) -> None:
    source, key = booked
    await post(
        LedgerTransaction(
            business_key=key,
            kind="REFUND_FAILED",
            account_id=payment.account_id,
            subject_id=payment.id,
            entries=(
                debit(source, euros(parts.total)),
                *again.entries,
                credit(PLATFORM_REVENUE, euros(parts.platform)),
                credit(TAX_PAYABLE, euros(parts.tax)),
            ),
        )
    )


async def follow_refunds(purchase: PurchaseRow) -> None:
    """Status and access are what its refunds say."""
    if purchase.is_monthly:
        await _follow_monthly(purchase)
    elif purchase.status in _ENDED:
        await _follow_sale(purchase)


async def _follow_monthly(purchase: PurchaseRow) -> None:
    """Access ends at once when the last month was given back whole; earlier months end nothing.

    Should that refund fail after Stripe has made it, its subscription has ended all the same.
    """
    payments = await list_payments([purchase.id])
    last = max(payments, key=lambda each: each.paid_at).stripe_invoice_id
    charged = [each for each in payments if not each.is_credit]
    of_last = [each for each in charged if each.stripe_invoice_id == last]
    is_returned = bool(of_last) and all(each.refunded == each.paid for each in of_last)
    if is_returned == (purchase.status is PurchaseStatus.REFUNDED):
        return
    if is_returned:
        await move_status(purchase.id, PurchaseStatus.REFUNDED)
        await revoke_access(purchase.id, REVOKED_REASON)
    else:
        await move_status(purchase.id, PurchaseStatus.ENDED)
        await restore_access(purchase.id, REVOKED_REASON)
        await settle_monthly(purchase.id)


async def end_refunded(purchase: PurchaseRow) -> None:
    """Once Stripe has made a refund: nobody pays on for what was given back whole."""
    if purchase.is_monthly:
        await end_all(await settle_monthly(purchase.id))


async def _follow_sale(purchase: PurchaseRow) -> None:
    payments = await list_payments([purchase.id])
    refunded = sum(each.refunded for each in payments)
    if refunded and refunded == sum(each.paid for each in payments):
        await move_status(purchase.id, PurchaseStatus.REFUNDED)
        await revoke_access(purchase.id, REVOKED_REASON)
        return
    if purchase.status is PurchaseStatus.REFUNDED and await _is_bought_anew(purchase):
        return
    part = PurchaseStatus.PARTIALLY_REFUNDED if refunded else PurchaseStatus.PAID
    await move_status(purchase.id, part)
    await restore_access(purchase.id, REVOKED_REASON)


async def _is_bought_anew(purchase: PurchaseRow) -> bool:
    account_id, agent_id = purchase.account_id, purchase.agent_id
    has_grant = await has_usable_grant(account_id, agent_id)
    return has_grant or await find_pending(account_id, agent_id) is not None
