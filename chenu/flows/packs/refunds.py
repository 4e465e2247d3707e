"""What a refund of a pack would return, and the buyer's own within 14 days.

Later refunds are staff's: flows/subscriptions/refund_requests.py. docs/decisions/0036.
"""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace

from chenu.accounts import audit, idempotency
from chenu.accounts.actor import Actor
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.roles import Right
from chenu.billing.gateway import OutcomeUnknown
from chenu.billing.invoices import (
    InvoiceId,
    InvoicePaymentRow,
    InvoiceRow,
    get_invoice,
    get_invoice_payment,
    list_payments_by_id,
)
from chenu.billing.refund_requests import (
    RefundOrigin,
    RefundRequestId,
    RefundRequestRow,
    get_refund_request,
    insert_refund_request,
)
from chenu.billing.refunds import lock_refunds
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.crash_points import crash_point
from chenu.core.errors import InvalidState
from chenu.core.i18n import mark
from chenu.core.money import Cents
from chenu.core.pubsub import publishing_wallets
from chenu.flows.bank_decisions import require_refundable
from chenu.flows.operations.runner import run_operation
from chenu.flows.pack_tokens import NOTHING_LEFT, refund_amount, take_back
from chenu.flows.services import Services
from chenu.flows.subscriptions.refunds import (
    Refundable,
    create_refund_operation,
    find_refundable,
    list_refundable,
    new_refund_request,
)
from chenu.flows.withdrawal_terms import may_withdraw, withdrawal_ends_at
from chenu.ledger.operations import OperationRow
from chenu.tokens.pack_grants import Unspent, count_unspent
from chenu.tokens.pack_orders import (
    PackOrderId,
    PackOrderRow,
    find_order_of_payment,
    get_own_pack_order,
)

_TOO_LATE = mark(
    "The 14 days in which a pack can be given back are over: please write to our support desk"
)
_NOT_PAID = mark("This pack is not paid")
_CHANGED = mark("Tokens of this pack were spent since: please look at the amount again")


class PackOffer(msgspec.Struct, frozen=True):
    """What a refund would return now: cents for what is unspent of the base.

    `returned`: what went back before. `ends_at`: until when the buyer may have it without asking
    anybody.
    """

    order: PackOrderRow
    invoice_id: InvoiceId
    unspent: Unspent
    amount: Cents
    returned: Cents
    ends_at: datetime

    @property
    def last_moment(self) -> datetime:
        return self.ends_at - timedelta(seconds=1)

    @property
    def is_open(self) -> bool:
        return self.amount > 0 and business_now() < self.ends_at


async def get_pack_offer(order: PackOrderRow) -> PackOffer:
    """Of an order that is paid. Raises InvalidState before it is."""
    offers = await list_pack_offers([order])
    if not offers:
        raise InvalidState(_NOT_PAID)
    return offers[0]


async def list_pack_offers(orders: Sequence[PackOrderRow]) -> list[PackOffer]:
    """Of those that are paid, in their order: as many statements for all as for one."""
    paid_by = [order.payment_id for order in orders if order.payment_id is not None]
    payments = {payment.id: payment for payment in await list_payments_by_id(paid_by)}
    unspent = await count_unspent([order.id for order in orders])
    refundable = await list_refundable(list(payments.values()))
    return [
        _make_offer(order, payments[order.payment_id], unspent[order.id], refundable)
        for order in orders
        if order.payment_id is not None
    ]


def _make_offer(
    order: PackOrderRow,
    payment: InvoicePaymentRow,
    unspent: Unspent,
    refundable: Mapping[UUID, Refundable],
) -> PackOffer:
    money = refundable[payment.id]
    return PackOffer(
        order,
        payment.invoice_id,
        unspent,
        min(refund_amount(order, unspent.base), money.left),
        money.returned,
        withdrawal_ends_at(payment.paid_at),
    )


async def find_pack_offer(payments: Sequence[InvoicePaymentRow]) -> PackOffer | None:
    """Of the pack that one of an invoice's charges paid; None for another invoice."""
    for payment in payments:
        order = await find_order_of_payment(payment.id)
        if order is not None:
            return await get_pack_offer(order)
    return None


async def _get_payment(order: PackOrderRow) -> InvoicePaymentRow:
    """Raises InvalidState before it is paid."""
    if order.payment_id is None:
        raise InvalidState(_NOT_PAID)
    return await get_invoice_payment(order.payment_id)


class RefundPackInput(msgspec.Struct, frozen=True):
    """`expected_amount` (cents) is what the buyer saw."""

    order_id: PackOrderId
    expected_amount: Cents


async def refund_own_pack(
    services: Services, actor: Actor, data: RefundPackInput, idempotency_key: str
) -> RefundRequestRow:
    """All that is unspent of a pack, within 14 days; a repeated key finds it.

    Raises Forbidden, NotFound, InvalidState when it is too late or nothing is left.
    """
    account_id = actor.require_right(Right.BUY_PACKS)
    key = idempotency.client_key(account_id, idempotency_key, "packRefund", data)
    order = await get_own_pack_order(account_id, data.order_id)
    await require_fresh(actor)
    async with publishing_wallets(services.pubsub):
        request_id, operation = await _create(actor, order, data, key)
    crash_point("pack_refund.after_commit")
    await run_refund(services, operation)
    return await get_refund_request(request_id)


async def run_refund(services: Services, operation: OperationRow | None) -> None:
    """When Stripe's answer is lost, repair goes on: the page says that it is under way."""
    if operation is not None:
        with contextlib.suppress(OutcomeUnknown):
            await run_operation(services, operation.id)


@db.transactional
async def _create(
    actor: Actor, order: PackOrderRow, data: RefundPackInput, key: ClientKey
) -> tuple[RefundRequestId, OperationRow | None]:
    known = await idempotency.find_result(key)
    if known is not None:
        return RefundRequestId(known), None
    payment = await _get_payment(order)
    if not may_withdraw(payment.paid_at, business_now()):
        raise InvalidState(_TOO_LATE)
    request, invoice = await take_refund(order, "Given back by the buyer", RefundOrigin.BUYER)
    if request.amount != data.expected_amount:
        raise InvalidState(_CHANGED)
    operation = await create_refund_operation(request, invoice)
    await idempotency.remember_result(key, request.id)
    await audit.record(actor, "pack.refund", order.id, amount=request.amount)
    return request.id, operation


async def take_refund(
    order: PackOrderRow, reason: str, origin: RefundOrigin
) -> tuple[RefundRequestRow, InvoiceRow]:
    """In the caller's transaction: the tokens are taken, and the request is agreed to.

    Raises InvalidState when nothing would be returned.
    """
    payment = await _get_payment(order)
    await lock_refunds(payment.id)
    await require_refundable(payment.id)
    left = await find_refundable(payment)
    if not left:
        raise InvalidState(NOTHING_LEFT)
    request = new_refund_request(payment, left, reason, origin)
    taken = await take_back(order, request.id, left)
    request = replace(request, amount=taken.amount)
    await insert_refund_request(request)
    return request, await get_invoice(payment.invoice_id)
