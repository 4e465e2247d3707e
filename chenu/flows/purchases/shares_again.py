"""A creator's part of money that is put back: refunds that fail, disputes that are won.

What had come back of a share is sent again. While its reversal has no answer nobody knows whether
it comes back: it is no debt any more, and the answer says what there is to send. docs/money.md,
"Refunds of agents"; docs/decisions/0041.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from chenu.agents.model import CreatorId
from chenu.agents.payments import PaymentRow, get_payment, record_share_claimed
from chenu.billing.ports import MoneyPort
from chenu.core.money import Cents
from chenu.flows.lost_movements import find_unbooked
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.purchases.pay_creator import create_restore_operation
from chenu.flows.purchases.reversals import ReversalParams, call_reversal, lock_creator_money
from chenu.ledger.accounts import CREATOR_TRANSFERS, creator_payable, creator_receivable
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerEntry, LedgerTransaction, credit, debit, post
from chenu.ledger.operation_sums import sum_open
from chenu.ledger.operations import OperationKind, OperationRow


class ShareAgain(msgspec.Struct, frozen=True):
    """`sent`: owed to the creator again. `no_debt`: what they do not owe us any more."""

    creator_id: CreatorId
    sent: Cents
    no_debt: Cents

    @property
    def entries(self) -> tuple[LedgerEntry, LedgerEntry]:
        return (
            credit(creator_payable(self.creator_id), euros(self.sent)),
            credit(creator_receivable(self.creator_id), euros(self.no_debt)),
        )


async def part_share(payment: PaymentRow, share: Cents) -> ShareAgain:
    """Under `lock_creator_money`, of the payment as it was before `share` was put back.

    A share that was never claimed is simply not due any more, nor is one that is under way.
    """
    awaited = share
    if payment.share_claimed > 0:
        under_way = await sum_open(OperationKind.TRANSFER_REVERSAL, [payment.id])
        spoken_for = max(payment.share_claimed - payment.share_due, 0)
        awaited = Cents(min(share, max(under_way - spoken_for, 0)))
    return ShareAgain(payment.creator_id, Cents(share - awaited), awaited)


async def send_share_again(payment: PaymentRow, again: ShareAgain, cause: str) -> None:
    """With what was booked, in the same transaction."""
    if again.sent > 0:
        await record_share_claimed(payment.id, Cents(payment.share_claimed - again.sent))
        await create_restore_operation(payment, again.sent, cause)


@dataclass(frozen=True)
class ReversalHandler(OperationHandler[ReversalParams, str | None]):
    """None: the creator's balance does not suffice, so that it stays a debt."""

    money: MoneyPort

    kind = OperationKind.TRANSFER_REVERSAL
    is_sought_after_restore = True
    params_type = ReversalParams

    async def call(self, operation: OperationRow, params: ReversalParams) -> str | None:
        return await call_reversal(self.money, operation, params)

    async def find_existing(self, operation: OperationRow, params: ReversalParams) -> str | None:
        return await self.money.find_reversal(params.transfer_id, operation)

    async def find_lost(
        self, operation: OperationRow, params: ReversalParams, since: datetime
    ) -> str | None:
        made = await self.money.list_reversals(params.transfer_id, since)
        return await find_unbooked(made, self.kind, params.amount)

    async def apply(
        self, operation: OperationRow, params: ReversalParams, answer: str | None
    ) -> str | None:
        """What was put back meanwhile is sent again, or is no debt."""
        await lock_creator_money(params.creator_id)
        payment = await get_payment(params.payment_id)
        over = Cents(min(max(payment.share_claimed - payment.share_due, 0), params.amount))
        if over:
            await record_share_claimed(payment.id, Cents(payment.share_claimed - over))
        if answer is None:
            return None
        await _book(operation, params, over)
        if over:
            await create_restore_operation(payment, over, f"reversal:{operation.id}")
        return answer


async def _book(operation: OperationRow, params: ReversalParams, over: Cents) -> None:
    owed = Cents(params.amount - over)
    await post(
        LedgerTransaction(
            business_key=f"reversal:{operation.id}",
            kind="TRANSFER_REVERSAL",
            account_id=params.account_id,
            subject_id=params.payment_id,
            operation_id=operation.id,
            entries=(
                debit(CREATOR_TRANSFERS, euros(params.amount)),
                credit(creator_receivable(params.creator_id), euros(owed)),
                credit(creator_payable(params.creator_id), euros(over)),
            ),
        )
    )
