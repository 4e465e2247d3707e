"""Calls about subscriptions and invoices, and what Stripe's answers mean to us."""

from datetime import datetime
from typing import Any

import msgspec

from chenu.billing.gateway import Charge, OperationIdentity
from chenu.billing.recurring import (
    InvoiceState,
    InvoiceStatus,
    SubscriptionState,
    SubscriptionStatus,
)
from chenu.billing.stripe_discounts import StripeDiscount, find_discount
from chenu.billing.stripe_gateway import PAGE, StripeCaller
from chenu.billing.stripe_invoice_lines import StripeLine, StripeLines, read_lines
from chenu.billing.stripe_objects import read_payment_intent, require_ours
from chenu.billing.stripe_waiting import (
    SUBSCRIPTION_EXPAND,
    LatestInvoice,
    PendingUpdate,
    Price,
    Schedule,
    find_pending,
    find_scheduled,
    interval_of,
    read_time,
)
from chenu.core.money import Cents

_INTENT_EXPAND = ["latest_charge.balance_transaction"]


class StripeRecurring(StripeCaller):
    """Implements ports.SubscriptionPort."""

    async def find_price_by_key(self, lookup_key: str) -> str | None:
        """The active price that has the key; None where bootstrap-stripe has not made it."""
        found = await self.ask(
            lambda: self.client.v1.prices.list_async(
                {"lookup_keys": [lookup_key], "active": True, "limit": 1}
            )
        )
        return found.data[0].id if found.data else None

    async def get_subscription(self, subscription_id: str) -> SubscriptionState:
        found = await self.ask(
            lambda: self.client.v1.subscriptions.retrieve_async(
                subscription_id, {"expand": list(SUBSCRIPTION_EXPAND)}
            )
        )
        return read_subscription(found.to_dict())

    async def set_cancel_at_period_end(
        self, subscription_id: str, by: OperationIdentity, *, cancel: bool, reason: str | None
    ) -> SubscriptionState:
        """`reason` is for us to read in Stripe's dashboard; empty clears an earlier one."""
        changed = await self.ask(
            lambda: self.client.v1.subscriptions.update_async(
                subscription_id,
                {
                    "cancel_at_period_end": cancel,
                    "cancellation_details": {"comment": reason or ""},
                    "expand": list(SUBSCRIPTION_EXPAND),
                },
                {"idempotency_key": by.idempotency_key},
            )
        )
        return read_subscription(changed.to_dict())

    async def cancel_subscription(
        self, subscription_id: str, by: OperationIdentity
    ) -> SubscriptionState:
        """At once, without a credit for the time that is left."""
        canceled = await self.ask(
            lambda: self.client.v1.subscriptions.cancel_async(
                subscription_id,
                {"prorate": False, "expand": list(SUBSCRIPTION_EXPAND)},
                {"idempotency_key": by.idempotency_key},
            )
        )
        return read_subscription(canceled.to_dict())

    async def get_invoice(self, invoice_id: str) -> InvoiceState:
        """With the charges that settled it, each with Stripe's fee."""
        found = await self.ask(
            lambda: self.client.v1.invoices.retrieve_async(invoice_id, {"expand": ["payments"]})
        )
        invoice = msgspec.convert(found.to_dict(), _Invoice)
        if invoice.lines.has_more:  # an invoice brings ten
            invoice.lines.data = await self._list_lines(invoice_id)
        charges = [await self._get_charge(intent) for intent in invoice.paid_intents]
        return _describe_invoice(invoice, tuple(charge for charge in charges if charge))

    async def _list_lines(self, invoice_id: str) -> list[StripeLine]:
        lines = self.client.v1.invoices.line_items
        found = self.iterate(lambda: lines.list_async(invoice_id, {"limit": PAGE}))
        return [msgspec.convert(line.to_dict(), StripeLine) async for line in found]

    async def _get_charge(self, intent_id: str) -> Charge | None:
        intent = await self.ask(
            lambda: self.client.v1.payment_intents.retrieve_async(
                intent_id, {"expand": list(_INTENT_EXPAND)}
            )
        )
        return read_payment_intent(intent.to_dict())


class _Item(msgspec.Struct):
    id: str
    price: Price
    current_period_start: int
    current_period_end: int


class _Items(msgspec.Struct):
    data: list[_Item]


class _CancellationDetails(msgspec.Struct):
    reason: str | None = None


class _Subscription(msgspec.Struct):
    id: str
    customer: str
    status: str
    items: _Items
    created: int
    cancel_at_period_end: bool = False
    cancel_at: int | None = None
    trial_end: int | None = None
    canceled_at: int | None = None
    ended_at: int | None = None
    pause_collection: Any = None
    cancellation_details: _CancellationDetails | None = None
    metadata: dict[str, str] | None = None
    discounts: list[StripeDiscount] = []
    latest_invoice: LatestInvoice | None = None
    schedule: Schedule | None = None
    pending_update: PendingUpdate | None = None


_STATUS = {
    **{status.lower(): status for status in SubscriptionStatus},
    "incomplete_expired": SubscriptionStatus.CANCELED,
}


def read_subscription(payload: dict[str, Any]) -> SubscriptionState:
    """Its first item is what it is about. Raises CurrencyRefused."""
    found = msgspec.convert(payload, _Subscription)
    item = found.items.data[0]
    require_ours(item.price.id, item.price.currency)
    details, invoice = found.cancellation_details, found.latest_invoice
    total, tax = invoice.issued_amounts if invoice else (Cents(0), Cents(0))
    return SubscriptionState(
        id=found.id,
        customer_id=found.customer,
        status=_STATUS[found.status],
        item_id=item.id,
        price_id=item.price.id,
        product_id=item.price.product,
        price=Cents(item.price.unit_amount or 0),
        interval=interval_of(item.price),
        period_start=read_time(item.current_period_start),
        period_end=read_time(item.current_period_end),
        trial_ends_at=_find_time(found.trial_end),
        cancel_at_period_end=_ends_with_period(found),
        canceled_at=_find_time(found.canceled_at),
        ended_at=_find_time(found.ended_at),
        is_collection_paused=found.pause_collection is not None,
        created=read_time(found.created),
        metadata=found.metadata or {},
        discount=find_discount(found.discounts),
        latest_invoice_id=invoice.id if invoice else None,
        latest_invoice_total=total,
        latest_invoice_tax=tax,
        schedule_id=found.schedule.id if found.schedule else None,
        scheduled=find_scheduled(found.schedule),
        pending=find_pending(found.pending_update, found.latest_invoice),
        is_ended_unpaid=details is not None and details.reason == "payment_failed",
    )


def _ends_with_period(found: _Subscription) -> bool:
    """A date in Stripe's dashboard may say the same."""
    period_end = found.items.data[0].current_period_end
    is_dated = found.cancel_at is not None and found.cancel_at <= period_end
    return found.cancel_at_period_end or is_dated


class _SubscriptionDetails(msgspec.Struct):
    subscription: str
    metadata: dict[str, str] | None = None


class _Parent(msgspec.Struct):
    subscription_details: _SubscriptionDetails | None = None


class _Amount(msgspec.Struct):
    amount: int


class _Payment(msgspec.Struct):
    payment_intent: str | None = None


class _InvoicePayment(msgspec.Struct):
    status: str
    payment: _Payment


class _Payments(msgspec.Struct):
    data: list[_InvoicePayment]


class _Transitions(msgspec.Struct):
    finalized_at: int | None = None
    paid_at: int | None = None


class _Invoice(msgspec.Struct):
    id: str
    status: str
    currency: str
    subtotal: int
    total: int
    amount_paid: int
    created: int
    lines: StripeLines
    status_transitions: _Transitions
    customer: str
    billing_reason: str | None = None
    number: str | None = None
    parent: _Parent | None = None
    total_discount_amounts: list[_Amount] | None = None
    total_taxes: list[_Amount] | None = None
    hosted_invoice_url: str | None = None
    invoice_pdf: str | None = None
    payments: _Payments | None = None
    attempt_count: int = 0
    next_payment_attempt: int | None = None
    starting_balance: int = 0
    metadata: dict[str, str] | None = None

    @property
    def paid_intents(self) -> list[str]:
        found = self.payments.data if self.payments else []
        intents = (each.payment.payment_intent for each in found if each.status == "paid")
        return [intent for intent in intents if intent]


def _describe_invoice(invoice: _Invoice, payments: tuple[Charge, ...]) -> InvoiceState:
    require_ours(invoice.id, invoice.currency)
    details = invoice.parent.subscription_details if invoice.parent else None
    created = read_time(invoice.created)
    lines = read_lines(invoice.lines.data)
    return InvoiceState(
        id=invoice.id,
        customer_id=invoice.customer,
        subscription_id=details.subscription if details else None,
        number=invoice.number,
        status=InvoiceStatus(invoice.status.upper()),
        billing_reason=invoice.billing_reason or "",
        subtotal=Cents(invoice.subtotal),
        discount=_sum(invoice.total_discount_amounts),
        tax=_sum(invoice.total_taxes),
        total=Cents(invoice.total),
        amount_paid=Cents(invoice.amount_paid),
        lines=lines,
        period_start=min((each.period_start for each in lines), default=created),
        period_end=max((each.period_end for each in lines), default=created),
        created=created,
        issued_at=_find_time(invoice.status_transitions.finalized_at),
        paid_at=_find_time(invoice.status_transitions.paid_at),
        hosted_url=invoice.hosted_invoice_url,
        pdf_url=invoice.invoice_pdf,
        payments=payments,
        metadata=(details.metadata if details else invoice.metadata) or {},
        attempts=invoice.attempt_count,
        next_attempt_at=_find_time(invoice.next_payment_attempt),
        starting_balance=Cents(invoice.starting_balance),
    )


def _sum(amounts: list[_Amount] | None) -> Cents:
    return Cents(sum(each.amount for each in amounts or ()))


def _find_time(seconds: int | None) -> datetime | None:
    return None if seconds is None else read_time(seconds)
