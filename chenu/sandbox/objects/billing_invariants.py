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
            credited = body["pre_payment_credit_notes_amount"]
            if body["total"] - moved - credited != body["amount_due"]:
                yield f"{invoice.id}: the balance moved by {moved} of {body['total']}"


def _after_discounts_and_tax(line: Json) -> int:
    off: int = sum(one["amount"] for one in line["discount_amounts"] or ())
    on_top: int = sum(
        one["amount"] for one in line["taxes"] or () if one["tax_behavior"] == "exclusive"
    )
    return int(line["amount"]) - off + on_top


def credit_notes_are_covered(store: Store) -> Iterator[str]:
    """No invoice is credited for more than it asked for; its notes and its own sums agree."""
    for invoice in store.select("invoice", PLATFORM):
        body = invoice.body
        notes = store.select("credit_note", PLATFORM, [Filter("invoice", "=", invoice.id)])
        credited = sum(note.body["total"] for note in notes)
        shown = body["pre_payment_credit_notes_amount"] + body["post_payment_credit_notes_amount"]
        if credited != shown or credited > max(body["total"], 0):
            yield f"{invoice.id}: credited {credited}, shows {shown} of {body['total']}"


def coupons_are_not_overspent(store: Store) -> Iterator[str]:
    for kind in ("coupon", "promotion_code"):
        for record in store.select(kind, PLATFORM):
            used, most = record.body["times_redeemed"], record.body["max_redemptions"]
            if most is not None and used > most:
                yield f"{record.id}: redeemed {used} times of {most}"
    for discount in store.select("discount", PLATFORM):
        subscription_id = discount.body["subscription"]
        held = store.find("subscription", subscription_id, PLATFORM) if subscription_id else None
        holds = held is not None and discount.id in held.body["discounts"]
        if held is not None and holds == discount.internal["has_ended"]:
            yield f"{discount.id} has ended: {discount.internal['has_ended']}, held: {holds}"


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
