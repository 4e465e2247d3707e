"""Invariants of the whole state: money adds up, and states agree with each other."""

from collections.abc import Callable, Iterator

from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import PLATFORM, Filter, Record, Store
from chenu.sandbox.engine.test_clocks import find_time
from chenu.sandbox.objects.balance import read_balance
from chenu.sandbox.objects.billing_invariants import (
    coupons_are_not_overspent,
    credit_notes_are_covered,
    customers_owe_what_their_invoices_left,
    invoices_add_up,
    paid_invoices_have_one_payment,
    periods_follow_each_other,
)

Check = Callable[[Store], Iterator[str]]

_STANDING = {"pending", "requires_action", "succeeded"}
"""Refunds that count; failed and canceled ones do not."""


def violations(store: Store) -> list[str]:
    """One sentence for each violation."""
    return [text for check in _CHECKS for text in check(store)]


def _balances_are_sums(store: Store) -> Iterator[str]:
    rows = store.execute(
        "SELECT account, json_extract(body, '$.status'), SUM(json_extract(body, '$.net'))"
        " FROM objects WHERE kind = 'balance_transaction' GROUP BY 1, 2"
    )
    sums: dict[str, dict[str, int]] = {}
    for account, status, amount in rows:
        sums.setdefault(account, {})[status] = amount
    for account, parts in sums.items():
        wanted = (parts.get("available", 0), parts.get("pending", 0))
        if read_balance(store, account) != wanted:
            yield f"{account or 'platform'}: {read_balance(store, account)}, booked {wanted}"


def _connected_balances_are_not_negative(store: Store) -> Iterator[str]:
    for account, available, pending in store.execute("SELECT * FROM balances"):
        if account != PLATFORM and (available < 0 or pending < 0):
            yield f"{account}: available {available}, pending {pending}"


def _charges_hold(store: Store) -> Iterator[str]:
    for charge in store.select("charge", PLATFORM):
        sent = _total(store, "transfer", "source_transaction", charge)
        if sent > charge.body["amount"] or sent != charge.internal["transferred"]:
            yield f"{charge.id}: {sent} transferred of {charge.body['amount']}"
        back = sum(
            refund.body["amount"]
            for refund in store.select("refund", PLATFORM, [Filter("charge", "=", charge.id)])
            if refund.body["status"] in _STANDING
        )
        refunded = charge.body["amount_refunded"]
        if back != refunded or back > charge.body["amount"]:
            yield f"{charge.id}: {back} in refunds, {refunded} recorded of {charge.body['amount']}"


def _total(store: Store, kind: str, path: str, of: Record) -> int:
    found = store.select(kind, PLATFORM, [Filter(path, "=", of.id)])
    return sum(record.body["amount"] for record in found)


def _transfers_hold(store: Store) -> Iterator[str]:
    for transfer in store.select("transfer", PLATFORM):
        back = _total(store, "transfer_reversal", "transfer", transfer)
        if back != transfer.body["amount_reversed"] or back > transfer.body["amount"]:
            yield f"{transfer.id}: {back} reversed of {transfer.body['amount']}"
        if transfer.body["reversed"] != (back == transfer.body["amount"]):
            yield f"{transfer.id}: reversed is {transfer.body['reversed']}"


def _payments_agree(store: Store) -> Iterator[str]:
    for intent in store.select("payment_intent", PLATFORM):
        paid = _paid_charges(store, intent)
        wanted = 1 if intent.body["status"] == "succeeded" else 0
        if len(paid) != wanted:
            yield f"{intent.id}: {intent.body['status']} with {len(paid)} successful charges"
    for session in store.select("checkout.session", PLATFORM):
        complete = session.body["status"] == "complete"
        if complete != (session.body["payment_status"] != "unpaid"):
            yield f"{session.id}: {session.body['status']}, {session.body['payment_status']}"


def _paid_charges(store: Store, intent: Record) -> list[Json]:
    found = store.select("charge", PLATFORM, [Filter("payment_intent", "=", intent.id)])
    return [charge.body for charge in found if charge.body["status"] == "succeeded"]


def _lookup_keys_have_one_holder(store: Store) -> Iterator[str]:
    rows = store.execute(
        "SELECT json_extract(body, '$.lookup_key') AS held, COUNT(*) FROM objects"
        " WHERE kind = 'price' AND held IS NOT NULL GROUP BY held HAVING COUNT(*) > 1"
    )
    for key, count in rows:
        yield f"lookup key {key} has {count} holders"


def _time_does_not_run_back(store: Store) -> Iterator[str]:
    """On the global clock, and on each test clock."""
    latest: dict[str, int] = {}
    for event_id, created, clock in store.execute(
        "SELECT id, created, COALESCE(json_extract(internal, '$.test_clock'), '') FROM objects"
        " WHERE kind = 'event' ORDER BY seq"
    ):
        if created < latest.get(clock, 0):
            yield f"{event_id} was created before the event that it followed"
        latest[clock] = created


def _test_clocks_stand_where_they_say(store: Store) -> Iterator[str]:
    for clock in store.select("test_helpers.test_clock", PLATFORM):
        time = find_time(store, clock.id)
        if clock.body["status"] == "ready" and clock.body["frozen_time"] != time:
            yield f"{clock.id} stands at {time}, not at {clock.body['frozen_time']}"


def _objects_are_on_the_clock_of_their_customer(store: Store) -> Iterator[str]:
    """Objects that are older than an attached clock stay where they were made."""
    rows = store.execute(
        "SELECT o.id FROM objects AS clock"
        " CROSS JOIN objects AS c ON json_extract(c.body, '$.test_clock') = clock.id"
        " CROSS JOIN objects AS o ON json_extract(o.body, '$.customer') = c.id"
        " WHERE clock.kind = 'test_helpers.test_clock' AND c.kind = 'customer'"
        " AND o.seq > clock.seq AND json_extract(o.internal, '$.test_clock') IS NOT clock.id"
    )
    for (object_id,) in rows:
        yield f"{object_id} is not on the clock of its customer"


_CHECKS: tuple[Check, ...] = (
    _balances_are_sums,
    _connected_balances_are_not_negative,
    _charges_hold,
    _transfers_hold,
    invoices_add_up,
    paid_invoices_have_one_payment,
    periods_follow_each_other,
    customers_owe_what_their_invoices_left,
    credit_notes_are_covered,
    coupons_are_not_overspent,
    _payments_agree,
    _lookup_keys_have_one_holder,
    _time_does_not_run_back,
    _test_clocks_stand_where_they_say,
    _objects_are_on_the_clock_of_their_customer,
)
