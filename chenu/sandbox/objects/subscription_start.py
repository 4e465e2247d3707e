"""Subscriptions made by the API: their trial or their first payment."""

from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.invoice_collection import finalize_and_collect
from chenu.sandbox.objects.subscription import new_subscription
from chenu.sandbox.objects.subscription_billing import draft_first
from chenu.sandbox.objects.subscription_deadlines import (
    announce_trial_end,
    expect_first_payment,
)
from chenu.sandbox.objects.subscription_update import check_paid


def start_subscription(
    unit: UnitOfWork, customer: Record, items: list[tuple[Json, int]], wanted: Json
) -> Record:
    """Create a subscription with its first invoice.

    Raises ApiError if a payment that has to succeed does not. The answer is read anew: the payment
    has changed the subscription.
    """
    behavior = wanted.get("payment_behavior", "allow_incomplete")
    subscription = new_subscription(unit, customer, items, wanted)
    unit.emit("customer.subscription.created", subscription.body)
    announce_trial_end(unit, subscription)
    with unit.change(customer, "customer.updated") as body:
        body["currency"] = subscription.body["currency"]
    invoice = draft_first(unit, subscription)
    invoice.body["auto_advance"] = True
    is_paid_later = behavior == "default_incomplete"
    attempt = finalize_and_collect(unit, invoice, is_collected=not is_paid_later)
    if invoice.body["status"] == "open":
        expect_first_payment(unit, subscription)
    if attempt is not None and behavior == "error_if_incomplete":
        check_paid(attempt)
    return unit.get("subscription", subscription.id)
