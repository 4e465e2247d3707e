"""The end of subscriptions by the API, and how one that paused goes on."""

from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.billing_periods import next_boundary
from chenu.sandbox.objects.invoice_collection import finalize_and_collect
from chenu.sandbox.objects.invoice_item import new_proration, pending_items
from chenu.sandbox.objects.subscription import (
    apply_pending,
    cancel_subscription,
    default_method,
    forget_debits,
    schedule_steps,
)
from chenu.sandbox.objects.subscription_billing import Bill, draft_bill
from chenu.sandbox.objects.subscription_deadlines import (
    INCOMPLETE_SECONDS,
    drop_pending_update,
)
from chenu.sandbox.objects.subscription_item import interval_of, items_of, set_period
from chenu.sandbox.objects.subscription_lines import credit, debits_of


def cancel_now(unit: UnitOfWork, subscription: Record, given: Json) -> None:
    """End it at once. `prorate` gives unused time back, `invoice_now` bills what waits."""
    drop_pending_update(unit, subscription)
    invoice = bill_the_end(unit, subscription, given)
    if invoice is not None:
        finalize_and_collect(unit, invoice)
    details = {
        name: text or None for name, text in (given.get("cancellation_details") or {}).items()
    }
    fresh = unit.get("subscription", subscription.id)
    cancel_subscription(unit, fresh, "cancellation_requested", details)


def bill_the_end(unit: UnitOfWork, subscription: Record, given: Json) -> Record | None:
    """The draft of what is given back or still due; None without one."""
    if given.get("prorate"):
        _give_back(unit, subscription)
    if not given.get("invoice_now") or not pending_items(unit, subscription.id):
        return None
    return draft_bill(unit, subscription, Bill("subscription_update"))


def _give_back(unit: UnitOfWork, subscription: Record) -> None:
    debits = subscription.internal["debits"]
    for item in items_of(subscription.body):
        debit = debits.get(item["id"])
        given_back = credit(unit, debit, item, unit.now) if debit else None
        if given_back is not None:
            new_proration(unit, subscription, given_back)
    forget_debits(subscription, list(debits))
    unit.save(subscription)


def resume_paused(unit: UnitOfWork, subscription: Record, behavior: str) -> None:
    """A new period begins now, once its invoice is paid; or is tried, where there is a card."""
    drop_pending_update(unit, subscription)
    items = copy_json(subscription.body["items"])
    interval = interval_of(items["data"])
    set_period(items["data"], unit.now, next_boundary(unit.now, interval, unit.now))
    bill = Bill("subscription_update", items["data"], is_pending=True)
    invoice = draft_bill(unit, subscription, bill)
    invoice.body["auto_advance"] = True
    subscription.internal["pending_change"] = {
        "credited": [],
        "debits": debits_of(invoice.body),
        "expires_at": unit.now + INCOMPLETE_SECONDS,
        "invoice": invoice.id,
        "patch": {
            "billing_cycle_anchor": unit.now,
            "items": items,
            "status": "active",
            "status_details": None,
        },
    }
    method = default_method(unit, subscription, subscription.body["customer"])
    if behavior == "resume_on_payment_attempt" and method is not None:
        invoice.internal["is_pending_change"] = False
        apply_pending(unit, subscription)
    else:
        unit.save(subscription)
        schedule_steps(unit, subscription)
    finalize_and_collect(unit, invoice)
