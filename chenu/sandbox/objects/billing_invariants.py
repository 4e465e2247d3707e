"""Invariants of billing: invoices add up, and each period of a subscription is billed once."""

from collections.abc import Iterator

from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import PLATFORM, Filter, Record, Store

_OF_SUBSCRIPTION = "parent.subscription_details.subscription"


def invoices_add_up(store: Store) -> Iterator[str]:
    for invoice in store.select("invoice", PLATFORM):
        body = invoice.body
        wanted = sum(_after_discounts_and_tax(line) for line in body["lines"]["data"])
        if wanted != body["total"]:
            yield f"{invoice.id}: the lines are not {body['total']}"
        if body["amount_paid"] + body["amount_remaining"] != body["amount_due"]:
            yield f"{invoice.id}: paid and remaining are not {body['amount_due']}"
        if body["ending_balance"] is not None and body["status"] != "void":
            moved = body["ending_balance"] - body["starting_balance"]
            if body["total"] - moved != body["amount_due"]:
                yield f"{invoice.id}: the balance moved by {moved} of {body['total']}"


def _after_discounts_and_tax(line: Json) -> int:
    off: int = sum(one["amount"] for one in line["discount_amounts"] or ())
    on_top: int = sum(
        one["amount"] for one in line["taxes"] or () if one["tax_behavior"] == "exclusive"
    )
    return int(line["amount"]) - off + on_top


def paid_invoices_have_one_payment(store: Store) -> Iterator[str]:
    for payment in store.select("invoice_payment", PLATFORM, [Filter("status", "=", "paid")]):
        invoice = store.find("invoice", payment.body["invoice"], PLATFORM)
        if invoice is None or invoice.body["status"] != "paid":
            yield f"{payment.id} is paid, its invoice is not"
    rows = store.execute(
        "SELECT json_extract(body, '$.invoice') AS paid, COUNT(*) FROM objects"
        " WHERE kind = 'invoice_payment' AND json_extract(body, '$.status') = 'paid'"
        " GROUP BY paid HAVING COUNT(*) > 1"
    )
    for invoice_id, count in rows:
        yield f"{invoice_id} has {count} payments"


def periods_follow_each_other(store: Store) -> Iterator[str]:
    """Without gap or overlap, but where a change began a new period or made a trial longer."""
    for subscription in store.select("subscription", PLATFORM):
        last: dict[str, int] = {}
        for invoice in _invoices_of(store, subscription):
            for item_id, period in _periods(invoice.body):
                changed = (
                    invoice.body["billing_reason"] == "subscription_update"
                    or period["start"] == subscription.body["trial_end"]
                )
                if period["start"] != last.get(item_id, period["start"]) and not changed:
                    yield f"{subscription.id}: a period of {item_id} begins at {period['start']}"
                last[item_id] = period["end"]
        for item in subscription.body["items"]["data"]:
            if item["current_period_start"] >= item["current_period_end"]:
                yield f"{subscription.id}: the period of {item['id']} ends before it begins"


def _invoices_of(store: Store, subscription: Record) -> list[Record]:
    """In order; those of changes that wait for a payment count when they are paid."""
    of = [Filter(_OF_SUBSCRIPTION, "=", subscription.id)]
    return [
        invoice
        for invoice in store.select("invoice", PLATFORM, of, oldest_first=True)
        if invoice.body["status"] == "paid" or not invoice.internal.get("is_pending_change")
    ]


def _periods(invoice: Json) -> Iterator[tuple[str, Json]]:
    for line in invoice["lines"]["data"]:
        details = (line["parent"] or {}).get("subscription_item_details")
        if details and not details["proration"]:
            yield details["subscription_item"], line["period"]


def customers_owe_what_their_invoices_left(store: Store) -> Iterator[str]:
    """A customer's balance is the sum of what finalized invoices moved to it."""
    for customer in store.select("customer", PLATFORM):
        moved = 0
        for invoice in store.select("invoice", PLATFORM, [Filter("customer", "=", customer.id)]):
            if invoice.body["ending_balance"] is not None and invoice.body["status"] != "void":
                moved += invoice.body["ending_balance"] - invoice.body["starting_balance"]
        if customer.body["balance"] != moved:
            yield f"{customer.id}: balance {customer.body['balance']}, invoices moved {moved}"
