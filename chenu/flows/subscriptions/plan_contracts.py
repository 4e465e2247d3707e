"""Plans as contracts that may be withdrawn from: the days count from the first payment."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.billing.invoices import (
    InvoicePaymentRow,
    InvoiceRow,
    find_invoice_by_number,
    find_invoice_by_stripe_id,
    list_invoice_payments,
    list_subscription_invoices,
)
from chenu.billing.refund_requests import RefundOrigin, insert_refund_request
from chenu.billing.refunds import lock_refunds
from chenu.billing.subscription_orders import find_order, find_order_of_subscription
from chenu.billing.subscriptions import (
    SubscriptionId,
    SubscriptionRow,
    find_subscription_by_stripe_id,
    list_recent_subscriptions,
    list_subscriptions_by_id,
)
from chenu.core import db, queue
from chenu.core.money import Cents
from chenu.flows.plan_kinds import PLAN_KINDS, name_plan
from chenu.flows.subscription_ends import create_end_operation, was_second
from chenu.flows.subscriptions.mirror import lock_subscriptions
from chenu.flows.subscriptions.refunds import (
    create_refund_operation,
    find_refundable,
    list_refundable,
    new_refund_request,
)
from chenu.flows.withdrawal_contracts import Contract, ContractKind, ContractSource, Withdrawal
from chenu.flows.withdrawal_terms import returned_amount
from chenu.ledger.operations import OperationRow
from chenu.support.withdrawals import find_declared_at

_REASON = "Withdrawal"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class PlanContracts(ContractSource):
    kind = ContractKind.PLAN

    async def list_contracts(self, account_id: AccountId) -> Sequence[Contract]:
        return [
            await _describe(row)
            for kind in PLAN_KINDS
            for row in await list_recent_subscriptions(account_id, kind)
        ]

    async def find_by_number(self, number: str) -> Sequence[Contract]:
        """By the number of an invoice, of the order, or of the subscription."""
        row = await _find_meant("".join(number.split()))
        return [await _describe(row)] if row is not None and _is_plan(row) else []

    async def find(self, contract_id: UUID) -> Contract | None:
        rows = await list_subscriptions_by_id([SubscriptionId(contract_id)])
        return await _describe(rows[0]) if rows and _is_plan(rows[0]) else None

    async def estimate(self, contract: Contract, at: datetime) -> Cents:
        row = await _get(contract)
        starts_now = await _starts_now(row)
        dues = [
            await _find_due(invoice, payment, at, starts_now=starts_now)
            for invoice, payment in await _list_paid(row)
        ]
        return Cents(sum(dues))

    async def withdraw(self, contract: Contract, at: datetime) -> Withdrawal:
        row = await _get(contract)
        await lock_subscriptions(row.account_id, row.kind)
        row = await _get(contract)
        returned, operations = await _return_due(row, at)
        if row.is_live:
            operations.append(await _end(row))
        return Withdrawal(returned, tuple(operations))


def _is_plan(row: SubscriptionRow) -> bool:
    return row.kind in PLAN_KINDS


async def _return_due(row: SubscriptionRow, at: datetime) -> tuple[Cents, list[OperationRow]]:
    """What went back before counts, so that it may be repeated when another charge is booked."""
    starts_now, returned, operations = await _starts_now(row), 0, list[OperationRow]()
    for invoice, payment in await _list_paid(row):
        await lock_refunds(payment.id)
        due = await _find_due(invoice, payment, at, starts_now=starts_now)
        if due:
            request = new_refund_request(payment, due, _REASON, RefundOrigin.WITHDRAWAL)
            await insert_refund_request(request)
            operations.append(await create_refund_operation(request, invoice))
            returned += due
    return Cents(returned), operations


@db.transactional
async def return_late_charge(stripe_invoice_id: str) -> list[OperationRow]:
    """After a charge is booked: it may have settled between a withdrawal and the plan's end, or
    after the end of a second plan.
    """
    invoice = await find_invoice_by_stripe_id(stripe_invoice_id)
    row = None
    if invoice is not None and invoice.stripe_subscription_id is not None:
        row = await find_subscription_by_stripe_id(invoice.stripe_subscription_id)
    if row is None or not _is_plan(row):
        return []
    await lock_subscriptions(row.account_id, row.kind)
    return await return_unwanted(row)


async def return_unwanted(row: SubscriptionRow) -> list[OperationRow]:
    """What is due of one that was withdrawn from; of a second plan everything.

    In the caller's transaction, under the lock of the account's plans.
    """
    declared_at = await find_declared_at(row.id)
    if declared_at is not None:
        return (await _return_due(row, declared_at))[1]
    return await _return_all(row) if await was_second(row) else []


async def _return_all(row: SubscriptionRow) -> list[OperationRow]:
    operations = list[OperationRow]()
    for invoice, payment in await _list_paid(row):
        await lock_refunds(payment.id)
        left = await find_refundable(payment)
        if left:
            request = new_refund_request(payment, left, "Second plan", RefundOrigin.SECOND_PLAN)
            await insert_refund_request(request)
            operations.append(await create_refund_operation(request, invoice))
    return operations


async def _end(row: SubscriptionRow) -> OperationRow:
    operation = await create_end_operation(row)
    await queue.enqueue(queue.Job.OPERATION, str(operation.id))
    return operation


async def _get(contract: Contract) -> SubscriptionRow:
    return (await list_subscriptions_by_id([SubscriptionId(contract.id)]))[0]


async def _find_meant(number: str) -> SubscriptionRow | None:
    if number.startswith("sub_"):
        return await find_subscription_by_stripe_id(number)
    stripe_id = None
    if _UUID.fullmatch(number.lower()):
        order = await find_order(UUID(number))
        stripe_id = order.stripe_subscription_id if order else None
    else:
        invoice = await find_invoice_by_number(number.upper())
        stripe_id = invoice.stripe_subscription_id if invoice else None
    return await find_subscription_by_stripe_id(stripe_id) if stripe_id else None


async def _describe(row: SubscriptionRow) -> Contract:
    invoices = await list_subscription_invoices(row.stripe_subscription_id)
    payments = await list_invoice_payments([invoice.id for invoice in invoices])
    refundable = await list_refundable(payments)
    numbers = [invoice.number for invoice in invoices if invoice.number]
    return Contract(
        kind=ContractKind.PLAN,
        id=row.id,
        account_id=row.account_id,
        item=name_plan(row.kind, row.item),
        number=numbers[0] if numbers else row.stripe_subscription_id,
        concluded_at=row.created_at,
        first_paid_at=payments[0].paid_at if payments else None,
        is_settled=not row.is_live and not any(each.left for each in refundable.values()),
    )


async def _starts_now(row: SubscriptionRow) -> bool:
    """Whether the buyer ticked that it is to begin before the time to withdraw is over."""
    order = await find_order_of_subscription(row.stripe_subscription_id)
    return order is not None and order.starts_now


async def _list_paid(row: SubscriptionRow) -> list[tuple[InvoiceRow, InvoicePaymentRow]]:
    """Its charges, with the invoice of each: the first one, and those of upgrades."""
    invoices = {
        each.id: each for each in await list_subscription_invoices(row.stripe_subscription_id)
    }
    payments = await list_invoice_payments(list(invoices))
    return [(invoices[payment.invoice_id], payment) for payment in payments]


async def _find_due(
    invoice: InvoiceRow, payment: InvoicePaymentRow, at: datetime, *, starts_now: bool
) -> Cents:
    """What went back before counts: nothing is returned twice."""
    due = returned_amount(
        payment.paid, invoice.period_start, invoice.period_end, at, starts_now=starts_now
    )
    left = await find_refundable(payment)
    return Cents(max(min(due - (payment.paid - left), left), 0))
