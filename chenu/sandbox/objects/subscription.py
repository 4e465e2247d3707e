"""Subscriptions: what they are made of, and how their status changes and ends."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.billing_periods import next_boundary
from chenu.sandbox.objects.customer import get_customer
from chenu.sandbox.objects.discount import replaced_discounts
from chenu.sandbox.objects.parameters import apply
from chenu.sandbox.objects.subscription_item import (
    interval_of,
    new_item,
    period_end,
    set_period,
)
from chenu.sandbox.objects.tax import of_subscription, wants_tax

ENDED = ("canceled", "incomplete_expired")
STEP = "subscription_step"
"""The task that does what is due for a subscription: see subscription_cycle."""

UPCOMING = "invoice_upcoming"
"""The task that announces a renewal: see upcoming_invoice."""

_PLAIN = ("cancel_at_period_end", "default_payment_method", "description")
_UPDATED = "customer.subscription.updated"


def new_subscription(
    unit: UnitOfWork, customer: Record, items: list[tuple[Json, int]], wanted: Json
) -> Record:
    """Store a subscription without an event. `items`: prices with quantities.

    `wanted`: parameters of the call; `trial_end` is a moment or missing. The status is trialing or,
    until the first invoice is paid, incomplete.
    """
    subscription_id = unit.new_id("subscription")
    trial_end = wanted.get("trial_end")
    rows = [new_item(unit, subscription_id, price, quantity) for price, quantity in items]
    anchor = trial_end or unit.now
    end = trial_end or next_boundary(anchor, interval_of(rows), unit.now)
    set_period(rows, unit.now, end)
    body = shapes.new(
        "subscription",
        id=subscription_id,
        billing_cycle_anchor=anchor,
        created=unit.now,
        customer=customer.id,
        start_date=unit.now,
        status="trialing" if trial_end else "incomplete",
        test_clock=unit.test_clock or None,
        trial_end=trial_end,
        trial_start=unit.now if trial_end else None,
    )
    body["items"] |= {"data": rows, "url": f"/v1/subscription_items?subscription={subscription_id}"}
    fill_subscription(body, wanted)
    if body["cancel_at_period_end"]:
        body["cancel_at"] = end
    record = unit.create("subscription", body, internal={"debits": {}})
    if wanted.get("discounts"):
        body["discounts"] = replaced_discounts(unit, record, wanted["discounts"])
        unit.save(record)
    schedule_steps(unit, record)
    return record


def fill_subscription(body: Json, given: Json) -> None:
    """Write the parameters that need no calculation."""
    apply(body, given, _PLAIN)
    behavior = (given.get("trial_settings") or {}).get("end_behavior")
    if behavior:
        body["trial_settings"] = {"end_behavior": {"billing_cycle_anchor": None, **behavior}}
    if "automatic_tax" in given:
        body["automatic_tax"] = of_subscription(is_on=wants_tax(given))
    save = (given.get("payment_settings") or {}).get("save_default_payment_method")
    if save:
        body["payment_settings"]["save_default_payment_method"] = save


def schedule_steps(unit: UnitOfWork, subscription: Record) -> None:
    """Let the clock stop at each moment at which something is due for the subscription."""
    body = subscription.body
    moments = [period_end(body), body["trial_end"], body["cancel_at"]]
    waiting, paused = subscription.internal.get("pending_change"), body["pause_collection"]
    moments += [waiting and waiting["expires_at"], paused and paused["resumes_at"]]
    for moment in moments:
        if moment and moment > unit.now:
            unit.schedule(moment, STEP, subscription.id)
    notice = period_end(body) - unit.config.upcoming_invoice_days * DAY
    if notice > unit.now:
        unit.schedule(notice, UPCOMING, subscription.id)


def change(unit: UnitOfWork, subscription: Record, **values: object) -> None:
    """Set values and announce what changed."""
    with unit.change(subscription, _UPDATED) as body:
        body |= values


def subscription_of(unit: UnitOfWork, invoice: Record) -> Record | None:
    details = (invoice.body["parent"] or {}).get("subscription_details")
    return unit.find("subscription", details["subscription"]) if details else None


def default_method(
    unit: UnitOfWork, subscription: Record | None, customer_id: str
) -> Record | None:
    """The card that renewals charge: the subscription's, else the customer's; None without."""
    customer = unit.find("customer", customer_id)
    ids = [subscription.body["default_payment_method"]] if subscription else []
    if customer is not None:
        ids.append(customer.body["invoice_settings"]["default_payment_method"])
    for method_id in ids:
        method = unit.find("payment_method", method_id) if method_id else None
        if method is not None and method.body["customer"] == customer_id:
            return method
    return None


def cancel_subscription(
    unit: UnitOfWork, subscription: Record, reason: str | None, details: Json | None = None
) -> None:
    """End it now, and announce that; its open invoices are not collected any more."""
    body = subscription.body
    _stop_collection(unit, subscription)
    body["cancellation_details"] = {
        **body["cancellation_details"],
        **(details or {}),
        "reason": reason,
    }
    body |= {
        "canceled_at": body["canceled_at"] or unit.now,
        "ended_at": unit.now,
        "pending_update": None,
        "status": "canceled",
    }
    subscription.internal.pop("pending_change", None)
    unit.save(subscription)
    unit.emit("customer.subscription.deleted", body)
    _end_schedule(unit, subscription)
    update_delinquency(unit, body["customer"])


def _end_schedule(unit: UnitOfWork, subscription: Record) -> None:
    schedule_id = subscription.body["schedule"]
    schedule = unit.find("subscription_schedule", schedule_id) if schedule_id else None
    if schedule is not None and schedule.body["status"] == "active":
        with unit.change(schedule) as body:
            body |= {"canceled_at": unit.now, "current_phase": None, "status": "canceled"}
        unit.emit("subscription_schedule.canceled", schedule.body)


def _stop_collection(unit: UnitOfWork, subscription: Record) -> None:
    of = Filter("parent.subscription_details.subscription", "=", subscription.id)
    for invoice in unit.store.select("invoice", unit.account, [of]):
        if invoice.body["status"] in ("draft", "open"):
            with unit.change(invoice, "invoice.updated") as body:
                body |= {"auto_advance": False, "next_payment_attempt": None}
                body["automatically_finalizes_at"] = None


def update_delinquency(unit: UnitOfWork, customer_id: str) -> None:
    """A customer is delinquent while a payment of a subscription has failed."""
    customer = unit.find("customer", customer_id)
    if customer is None:
        return
    theirs = [Filter("customer", "=", customer_id), Filter("status", "IN", ["past_due", "unpaid"])]
    owing = bool(unit.store.select("subscription", unit.account, theirs, limit=1))
    if customer.body["delinquent"] != owing:
        with unit.change(customer, "customer.updated") as body:
            body["delinquent"] = owing


def apply_pending(unit: UnitOfWork, subscription: Record) -> None:
    """Make the changes that waited for the payment of their invoice."""
    waiting = subscription.internal.pop("pending_change")
    was_shown = subscription.body["pending_update"] is not None
    was_paused = subscription.body["status"] == "paused"
    forget_debits(subscription, waiting["credited"])
    subscription.internal["debits"] |= waiting["debits"]
    with unit.change(subscription, _UPDATED) as body:
        body |= {**copy_json(waiting["patch"]), "pending_update": None}
        if body["cancel_at_period_end"]:
            body["cancel_at"] = period_end(body)
    if was_shown:
        unit.emit("customer.subscription.pending_update_applied", subscription.body)
    if was_paused and subscription.body["status"] == "active":
        unit.emit("customer.subscription.resumed", subscription.body)
    schedule_steps(unit, subscription)


def forget_debits(subscription: Record, item_ids: list[str]) -> None:
    """What was given back is not given back again."""
    for item_id in item_ids:
        subscription.internal["debits"].pop(item_id, None)


def waits_for(subscription: Record, invoice: Record) -> bool:
    """Whether a change of the subscription waits for the payment of that invoice."""
    waiting = subscription.internal.get("pending_change")
    return bool(waiting and waiting["invoice"] == invoice.id)


def invoice_was_paid(unit: UnitOfWork, subscription: Record, invoice: Record) -> None:
    """Follow the payment of one of its invoices."""
    if waits_for(subscription, invoice):
        apply_pending(unit, subscription)
    elif (
        subscription.body["status"] in ("incomplete", "past_due", "unpaid")
        and subscription.body["latest_invoice"] == invoice.id
    ):
        change(unit, subscription, status="active")
    update_delinquency(unit, subscription.body["customer"])


def invoice_was_not_paid(unit: UnitOfWork, subscription: Record, invoice: Record) -> None:
    """Follow a failed attempt to collect one of its invoices; the latest one decides."""
    if waits_for(subscription, invoice):
        return
    is_latest = subscription.body["latest_invoice"] == invoice.id
    is_due = is_latest and invoice.body["status"] == "open"
    if is_due and subscription.body["status"] in ("active", "trialing"):
        change(unit, subscription, status="past_due")
    update_delinquency(unit, subscription.body["customer"])


def customer_of(unit: UnitOfWork, subscription: Record) -> Record:
    return get_customer(unit, subscription.body["customer"])
