"""What comes back of a creator's share: by reversing its transfer, else as a debt.

A debt is what CREATOR_RECEIVABLE holds beyond what is still being reversed; the next transfers are
less by it. docs/money.md, "Refunds of agents"; docs/decisions/0041.
"""

import msgspec

from chenu.accounts.actor import AccountId
from chenu.agents.model import CreatorId, PaymentId
from chenu.agents.payments import (
    PaymentRow,
    get_payment,
    list_claimed,
    record_share_claimed,
    sum_unclaimed,
)
from chenu.billing.gateway import ReversalRequest, StripeRefusal
from chenu.billing.ports import MoneyPort
from chenu.core import db, queue
from chenu.core.money import Cents
from chenu.ledger.accounts import creator_payable, creator_receivable
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, get_cents, post
from chenu.ledger.operation_sums import sum_open, sum_standing
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    create_operation,
    find_by_key,
)

_KIND = OperationKind.TRANSFER_REVERSAL


class ReversalParams(msgspec.Struct, frozen=True):
    """What comes back of which transfer."""

    payment_id: PaymentId
    account_id: AccountId
    creator_id: CreatorId
    transfer_id: str
    amount: Cents


async def lock_creator_money(creator_id: CreatorId) -> None:
    """Until the transaction ends: claims and debts of one creator change one by one."""
    await db.lock_until_commit(f"creator_money:{creator_id}")


async def claim_share(payment_id: PaymentId, cause: str) -> OperationRow | None:
    """Claims back what is due of a share that was transferred; of others the transfer does it.

    In the caller's transaction. What the transfer cannot give any more becomes a debt.
    """
    payment = await get_payment(payment_id)
    due = payment.share_due - payment.share_claimed
    transfer_id = payment.stripe_transfer_id
    if due <= 0 or (transfer_id is None and await find_by_key(f"split:{payment.id}")):
        return None
    await record_share_claimed(payment.id, payment.share_due)
    if transfer_id is None:
        return None
    taken = await sum_standing(_KIND, payment.id, "transfer_id", transfer_id)
    amount = Cents(min(due, payment.transferred - taken))
    return await _create(payment, transfer_id, amount, cause) if amount > 0 else None


async def is_spent(payment_id: PaymentId) -> bool:
    """Whether its transfer came back whole."""
    payment = await get_payment(payment_id)
    taken = await sum_standing(_KIND, payment.id, "transfer_id", payment.stripe_transfer_id or "")
    return taken >= payment.transferred


async def _create(payment: PaymentRow, transfer_id: str, amount: Cents, cause: str) -> OperationRow:
    operation = await create_operation(
        NewOperation(
            _KIND,
            f"reversal:{cause}",
            ReversalParams(payment.id, payment.account_id, payment.creator_id, transfer_id, amount),
            subject_id=payment.id,
            account_id=payment.account_id,
            amount=amount,
        )
    )
    await queue.enqueue(queue.Job.OPERATION, str(operation.id))
    return operation


async def get_debt(creator_id: CreatorId) -> Cents:
    """What the creator owes us, and no reversal under way brings back."""
    owed = -await get_cents(creator_receivable(creator_id))
    if not owed:
        return Cents(0)
    on_the_way = await sum_open(_KIND, await list_claimed(creator_id))
    return Cents(max(owed - on_the_way - await sum_unclaimed(creator_id), 0))


async def net_debt(payment: PaymentRow, share: Cents, cause: str) -> Cents:
    """Takes a debt out of a share that is to be transferred; what was taken."""
    await lock_creator_money(payment.creator_id)
    netted = Cents(min(await get_debt(payment.creator_id), share))
    await post(
        LedgerTransaction(
            business_key=f"netting:{cause}",
            kind="DEBT_NETTED",
            account_id=payment.account_id,
            subject_id=payment.id,
            entries=(
                debit(creator_payable(payment.creator_id), euros(netted)),
                credit(creator_receivable(payment.creator_id), euros(netted)),
            ),
        )
    )
    return netted


async def call_reversal(
    money: MoneyPort, operation: OperationRow, params: ReversalParams
) -> str | None:
    """None: the creator's balance does not suffice."""
    request = ReversalRequest(params.transfer_id, params.amount, str(params.payment_id))
    try:
        return await money.create_reversal(request, operation)
    except StripeRefusal as refusal:
        if refusal.code == "balance_insufficient":
            return None
        raise
