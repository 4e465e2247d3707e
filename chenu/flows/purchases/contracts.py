"""Agents as contracts that may be withdrawn from: until the first use, all comes back."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.agents.access import find_grant_of_purchase
from chenu.agents.model import PurchaseId, PurchaseStatus
from chenu.agents.payments import PaymentRow, list_payments
from chenu.agents.purchases import (
    PurchaseRow,
    find_purchase,
    find_purchase_of_subscription,
    get_purchase,
    list_paid_purchases,
)
from chenu.agents.queries import find_agent
from chenu.agents.refunds import SaleRefundOrigin
from chenu.billing.invoices import (
    InvoiceRow,
    find_invoice_by_number,
    find_invoice_by_stripe_id,
    find_invoice_of_purchase,
)
from chenu.core.ids import find_id
from chenu.core.money import Cents
from chenu.flows.purchases.refund_plans import RefundPlan, sum_credit
from chenu.flows.purchases.refunds import take_refund
from chenu.flows.withdrawal_contracts import (
    Contract,
    ContractKind,
    ContractSource,
    Estimate,
    Withdrawal,
)

_REASON = "Withdrawal"


class PurchaseContracts(ContractSource):
    kind = ContractKind.AGENT

    async def list_contracts(self, account_id: AccountId) -> Sequence[Contract]:
        return [await _describe(row) for row in await list_paid_purchases(account_id)]

    async def find_by_number(self, number: str) -> Sequence[Contract]:
        """By the number of an invoice, of the purchase, or of the subscription."""
        row = await _find_meant("".join(number.split()))
        return [await _describe(row)] if row is not None and _is_contract(row) else []

    async def find(self, contract_id: UUID) -> Contract | None:
        row = await find_purchase(PurchaseId(contract_id))
        return await _describe(row) if row is not None and _is_contract(row) else None

    async def estimate(self, contract: Contract, at: datetime) -> Estimate:
        if not contract.is_open(at):
            return Estimate(Cents(0))
        payments = await list_payments([PurchaseId(contract.id)])
        return Estimate(Cents(sum(payment.left for payment in payments)), sum_credit(payments))

    async def withdraw(self, contract: Contract, at: datetime) -> Withdrawal:
        """A disputed payment stays with the bank, which decides about it."""
        purchase = await get_purchase(PurchaseId(contract.id), lock=True)
        if purchase.status is PurchaseStatus.DISPUTED:
            return Withdrawal(Cents(0), ())
        returned, operations = 0, []
        for payment in await list_payments([purchase.id]):
            if payment.left > 0:
                origin = SaleRefundOrigin.WITHDRAWAL
                plan = RefundPlan(purchase, payment, payment.left, origin)
                operations.append((await take_refund(plan, _REASON))[1])
                returned += plan.amount
        return Withdrawal(Cents(returned), tuple(operations))


def _is_contract(purchase: PurchaseRow) -> bool:
    """A free agent costs nothing that could be returned."""
    return purchase.paid_at is not None and purchase.price_amount > 0


async def _find_meant(number: str) -> PurchaseRow | None:
    if number.startswith("sub_"):
        return await find_purchase_of_subscription(number)
    purchase_id = find_id(number.lower())
    if purchase_id is not None:
        return await find_purchase(PurchaseId(purchase_id))
    invoice = await find_invoice_by_number(number.upper())
    if invoice is None or invoice.purchase_id is None:
        return await find_purchase_of_subscription(_subscription_of(invoice))
    return await find_purchase(PurchaseId(invoice.purchase_id))


def _subscription_of(invoice: InvoiceRow | None) -> str:
    return (invoice.stripe_subscription_id if invoice else None) or ""


async def _describe(purchase: PurchaseRow) -> Contract:
    agent = await find_agent(purchase.agent_id)
    payments = await list_payments([purchase.id])
    invoice = await _find_first_invoice(purchase, payments)
    grant = await find_grant_of_purchase(purchase.id)
    is_disputed = purchase.status is PurchaseStatus.DISPUTED
    return Contract(
        kind=ContractKind.AGENT,
        id=purchase.id,
        account_id=purchase.account_id,
        item=agent.name if agent else "",
        number=(invoice.number if invoice else None) or str(purchase.id),
        concluded_at=purchase.created_at,
        first_paid_at=purchase.paid_at,
        is_settled=is_disputed or not any(payment.left for payment in payments),
        used_at=grant.first_used_at if grant else None,
    )


async def _find_first_invoice(
    purchase: PurchaseRow, payments: Sequence[PaymentRow]
) -> InvoiceRow | None:
    stripe_id = payments[-1].stripe_invoice_id if payments else None
    if stripe_id is not None:
        return await find_invoice_by_stripe_id(stripe_id)
    return await find_invoice_of_purchase(purchase.id)
