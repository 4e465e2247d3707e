"""Previews: what would be billed is done, read, and undone."""

from dataclasses import replace

from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.billing_periods import next_boundary
from chenu.sandbox.objects.discount import replaced_discounts
from chenu.sandbox.objects.parameters import SMALLEST_CHARGE
from chenu.sandbox.objects.subscription import ENDED, fill_subscription, new_subscription
from chenu.sandbox.objects.subscription_billing import Bill, draft_bill, draft_first
from chenu.sandbox.objects.subscription_change import (
    Change,
    apply_change,
    charge_prorations,
    draft_change,
    plan_change,
)
from chenu.sandbox.objects.subscription_deadlines import drop_pending_update
from chenu.sandbox.objects.subscription_ending import bill_the_end
from chenu.sandbox.objects.subscription_item import (
    interval_of,
    items_of,
    period_end,
    period_start,
    set_period,
)
from chenu.sandbox.objects.subscription_schedule import follow_schedule
from chenu.sandbox.objects.subscription_update import CHANGING


class _Undone(Exception):
    """Carries the preview out of what is undone."""

    def __init__(self, invoice: Json) -> None:
        super().__init__("undone")
        self.invoice = invoice


def preview_change(unit: UnitOfWork, subscription: Record, given: Json) -> Json:
    """The invoice that an update makes, or the next one after it. Raises ApiError."""
    try:
        with unit.store.savepoint():
            raise _Undone(_shown(unit, _draft(unit, subscription, given)))
    except _Undone as preview:
        return preview.invoice


def preview_start(
    unit: UnitOfWork, customer: Record, items: list[tuple[Json, int]], given: Json
) -> Json:
    """The first invoice of a subscription that does not exist yet."""
    try:
        with unit.store.savepoint():
            subscription = new_subscription(unit, customer, items, given)
            raise _Undone(_shown(unit, draft_first(unit, subscription)))
    except _Undone as preview:
        return preview.invoice


def _shown(unit: UnitOfWork, invoice: Record) -> Json:
    """A preview has lines and totals, and the balance that will be used."""
    body = copy_json(invoice.body)
    body["id"] = "upcoming_" + invoice.id
    for line in body["lines"]["data"]:
        line["invoice"] = body["id"]
    customer = unit.get("customer", body["customer"])
    balance = customer.body["balance"]
    after = body["total"] + balance
    due = after if after >= SMALLEST_CHARGE else 0
    body |= {
        "amount_due": due,
        "amount_remaining": due,
        "ending_balance": after - due,
        "starting_balance": balance,
    }
    body["lines"]["url"] = f"/v1/invoices/{body['id']}/lines"
    return body


def _draft(unit: UnitOfWork, subscription: Record, given: Json) -> Record:
    if subscription.body["status"] in ENDED:
        raise _no_upcoming()
    drop_pending_update(unit, subscription)
    if "discounts" in given:
        ids = replaced_discounts(unit, subscription, given["discounts"])
        subscription.body["discounts"] = ids
        unit.save(subscription)
    fill_subscription(subscription.body, {k: v for k, v in given.items() if k == "automatic_tax"})
    if given.get("cancel_now"):
        prorates = given.get("proration_behavior", "none") != "none"
        end = {"invoice_now": True, "prorate": prorates}
        invoice = bill_the_end(unit, subscription, end)
        if invoice is None:
            raise _no_upcoming()
        return invoice
    if any(name in given for name in CHANGING):
        plan = plan_change(unit, subscription, given)
        charge_prorations(unit, subscription, plan)
        apply_change(unit, subscription, plan, {})
        if plan.is_billed_now:
            return draft_change(unit, subscription, plan)
    return _draft_renewal(unit, subscription, given)


def _draft_renewal(unit: UnitOfWork, subscription: Record, given: Json) -> Record:
    """What the end of the current period will bill."""
    if "cancel_at_period_end" in given:
        values = {"cancel_at_period_end": given["cancel_at_period_end"], "cancel_at": None}
        apply_change(unit, subscription, Change(), values)
    body = subscription.body
    start, end = period_start(body), period_end(body)
    is_ending = body["cancel_at"] is not None and body["cancel_at"] <= end
    if is_ending or body["status"] in ("paused", "incomplete"):
        raise _no_upcoming()
    later = replace(unit, now=end)
    if "items" not in given:  # what is given takes the place of what is scheduled
        follow_schedule(later, subscription)
    if subscription.body["ended_at"] is not None:
        raise _no_upcoming()
    items = items_of(subscription.body)
    set_period(
        items,
        end,
        next_boundary(subscription.body["billing_cycle_anchor"], interval_of(items), end),
    )
    return draft_bill(later, subscription, Bill("upcoming", items, (start, end)))


def _no_upcoming() -> ApiError:
    return ApiError("No upcoming invoices for customer", status=404, code="invoice_upcoming_none")
