"""Payments for agents that go back: the operation that asks Stripe for a refund.

A payment that may not buy anything any more goes back whole, at once, with a mail; what somebody
asks for stands in refunds.py.
"""

from dataclasses import dataclass

import msgspec
import structlog

from chenu.accounts.actor import AccountId
from chenu.accounts.users import get_user
from chenu.agents.model import PaymentId
from chenu.agents.payments import PaymentRow, record_refund
from chenu.agents.purchases import PurchaseRow
from chenu.agents.refunds import RefundId
from chenu.agents.rows import AgentRow
from chenu.billing.gateway import RefundRequest, StripeRefusal
from chenu.billing.ports import MoneyPort
from chenu.billing.recurring import CreditNoteRequest
from chenu.core import queue
from chenu.core.i18n import known_locale
from chenu.core.mail import MailKind, queue_mail
from chenu.core.money import Cents
from chenu.flows.operation_handlers import NotYet, OperationHandler
from chenu.flows.purchases.refund_steps import (
    settle_own_refund,
    take_own_refund_again,
    undo_own_refund,
)
from chenu.ledger.accounts import (
    BUYER_PAYMENTS,
    BUYER_REFUNDS_DUE,
    PLATFORM_REVENUE,
    TAX_PAYABLE,
    creator_payable,
)
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post
from chenu.ledger.operations import NewOperation, OperationKind, OperationRow, create_operation

log = structlog.get_logger(__name__)

_ALREADY_DONE = "charge_already_refunded"
_OF_THE_MONEY = (_ALREADY_DONE, "balance_insufficient", "charge_disputed")
"""Refusals that a refund without a document would meet as well."""


class RefundParams(msgspec.Struct, frozen=True):
    """What goes back of which payment; `refund_id` where somebody asked for it.

    With Stripe's invoice the refund comes with its credit note.
    """

    payment_id: PaymentId
    account_id: AccountId
    payment_intent_id: str
    amount: Cents
    refund_id: RefundId | None = None
    stripe_invoice_id: str | None = None


def return_key(payment_id: PaymentId) -> str:
    """Of its operation and of its booking."""
    return f"return:{payment_id}"


async def create_return(
    purchase: PurchaseRow, payment: PaymentRow, agent: AgentRow, reason: str
) -> None:
    """In the settle transaction: what was shared out is owed to the buyer again."""
    await post(
        LedgerTransaction(
            business_key=return_key(payment.id),
            kind="RETURN_DUE",
            account_id=payment.account_id,
            subject_id=payment.id,
            entries=(
                debit(creator_payable(payment.creator_id), euros(payment.creator_share)),
                debit(PLATFORM_REVENUE, euros(payment.platform_share)),
                debit(TAX_PAYABLE, euros(payment.tax)),
                credit(BUYER_REFUNDS_DUE, euros(payment.paid)),
            ),
        )
    )
    operation = await create_operation(
        NewOperation(
            OperationKind.REFUND,
            return_key(payment.id),
            RefundParams(
                payment.id, payment.account_id, payment.stripe_payment_intent_id, payment.paid
            ),
            subject_id=payment.id,
            account_id=payment.account_id,
            amount=payment.paid,
        )
    )
    await queue.enqueue(queue.Job.OPERATION, str(operation.id))
    await _tell_buyer(purchase, payment, agent, reason)


async def _tell_buyer(
    purchase: PurchaseRow, payment: PaymentRow, agent: AgentRow, reason: str
) -> None:
    buyer = await get_user(purchase.buyer_id)
    locale = known_locale(purchase.consent_locale)
    params = {
        "name": buyer.display_name,
        "agent": agent.text(locale).name,
        "amount": payment.paid,
        "reason": reason,
    }
    key = f"returned:{payment.id}"
    await queue_mail(MailKind.PAYMENT_RETURNED, buyer.email, locale, key, params)


@dataclass(frozen=True)
class RefundHandler(OperationHandler[RefundParams, str]):
    money: MoneyPort

    kind = OperationKind.REFUND
    params_type = RefundParams

    async def call(self, operation: OperationRow, params: RefundParams) -> str:
        try:
            return await self._refund(operation, params)
        except StripeRefusal as refusal:
            if refusal.code == _ALREADY_DONE and params.refund_id is None:
                return await self._require_found(operation, params)
            if refusal.code == "balance_insufficient":
                raise NotYet(refusal.code, refused=True) from refusal
            raise

    async def _refund(self, operation: OperationRow, params: RefundParams) -> str:
        request = RefundRequest(params.payment_intent_id, params.amount, str(params.payment_id))
        if params.stripe_invoice_id is None:
            return await self.money.create_refund(request, operation)
        of_note = CreditNoteRequest(params.stripe_invoice_id, params.amount, str(params.refund_id))
        try:
            note = await self.money.create_credit_note(of_note, operation)
        except StripeRefusal as refusal:
            if refusal.code in _OF_THE_MONEY:
                raise
            # Such as after a refund that came back: its note stands, and is the document of this.
            log.warning("credit_note_refused", refund=of_note.request_id, code=refusal.code)
            return (await self.money.put_refund(request, operation)).id
        return note.refund_ids[0]

    async def find_existing(self, operation: OperationRow, params: RefundParams) -> str | None:
        if params.stripe_invoice_id is not None:
            note = await self.money.find_credit_note(params.stripe_invoice_id, operation)
            return None if note is None else note.refund_ids[0]
        return await self.money.find_refund(params.payment_intent_id, operation)

    async def apply(self, operation: OperationRow, params: RefundParams, answer: str) -> str:
        if params.refund_id is not None:
            await settle_own_refund(params.refund_id, answer)
            return answer
        await record_refund(params.payment_id, params.amount)
        await post(
            LedgerTransaction(
                business_key=f"refund:{params.payment_id}",
                kind="REFUND",
                account_id=params.account_id,
                subject_id=params.payment_id,
                operation_id=operation.id,
                entries=(
                    debit(BUYER_REFUNDS_DUE, euros(params.amount)),
                    credit(BUYER_PAYMENTS, euros(params.amount)),
                ),
            )
        )
        return answer

    async def on_refused(
        self, operation: OperationRow, params: RefundParams, refusal: StripeRefusal
    ) -> None:
        if params.refund_id is not None:
            await undo_own_refund(params.refund_id, operation)

    async def renew(self, operation: OperationRow, params: RefundParams) -> RefundParams:
        """Raises InvalidState when that much is not left any more."""
        if params.refund_id is not None:
            await take_own_refund_again(params.refund_id, operation)
        return params

    async def _require_found(self, operation: OperationRow, params: RefundParams) -> str:
        found = await self.find_existing(operation, params)
        if found is None:
            raise NotYet(_ALREADY_DONE)
        return found
