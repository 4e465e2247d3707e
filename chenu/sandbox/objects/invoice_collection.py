"""Collecting invoices: the first attempt, the retries of dunning, and what follows the last."""

from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.charge import settle
from chenu.sandbox.objects.invoice import finalize, mark_paid, mark_uncollectible
from chenu.sandbox.objects.invoice_payment import find_intent, open_payment, record_payment
from chenu.sandbox.objects.payment_intent import (
    Attempt,
    attempt_payment,
    fail_authentication,
    new_intent,
)
from chenu.sandbox.objects.subscription import (
    apply_pending,
    cancel_subscription,
    change,
    default_method,
    invoice_was_not_paid,
    invoice_was_paid,
    subscription_of,
    waits_for,
)

_HARD_DECLINES = {"lost_card", "stolen_card", "pickup_card", "authentication_required"}
"""Banks that answer so are not asked again about the same card."""

_COLLECT = "collect_invoice"


def finalize_and_collect(
    unit: UnitOfWork, invoice: Record, *, is_collected: bool = True
) -> Attempt | None:
    """Open a draft and try to collect it; None when nothing was, or is to be, collected."""
    finalize(unit, invoice)
    if invoice.body["amount_due"] == 0:
        mark_paid(unit, invoice)
        follow_payment(unit, invoice)
        return None
    request_payment(unit, invoice)
    return collect(unit, invoice) if is_collected else None


def request_payment(unit: UnitOfWork, invoice: Record) -> Record:
    """The PaymentIntent of an open invoice."""
    subscription = subscription_of(unit, invoice)
    wanted: Json = {"customer": invoice.body["customer"], "description": "Payment for Invoice"}
    if subscription is not None:
        wanted |= {"description": "Subscription update", "setup_future_usage": "off_session"}
        if invoice.body["billing_reason"] == "subscription_create":
            wanted["description"] = "Subscription creation"
    intent = new_intent(unit, invoice.body["amount_due"], wanted)
    intent.internal["invoice"] = invoice.id
    unit.save(intent)
    open_payment(unit, invoice, intent)
    return intent


def collect(
    unit: UnitOfWork,
    invoice: Record,
    method: Record | None = None,
    *,
    authenticated: bool = False,
    is_retry: bool = False,
) -> Attempt:
    """Charge an open invoice to a card, by default to the one that renewals use.

    Any attempt counts as the first one; after it the retries of dunning alone count.
    """
    subscription = subscription_of(unit, invoice)
    intent = find_intent(unit, invoice) or request_payment(unit, invoice)
    method = method or default_method(unit, subscription, invoice.body["customer"])
    invoice.body["attempt_count"] += is_retry or not invoice.body["attempted"]
    invoice.body["attempted"] = True
    invoice.internal["tried"] = method.id if method else None
    unit.save(invoice)
    if method is None:
        attempt = Attempt("declined")
    else:
        attempt = attempt_payment(unit, intent, method, authenticated=authenticated)
    if attempt.status == "succeeded":
        _paid(unit, invoice, intent, attempt)
    else:
        _not_paid(unit, invoice, attempt)
    return attempt


def _paid(unit: UnitOfWork, invoice: Record, intent: Record, attempt: Attempt) -> None:
    record_payment(unit, invoice, intent)
    mark_paid(unit, invoice)
    follow_payment(unit, invoice)
    if attempt.charge is not None:
        settle(unit, attempt.charge)


def follow_payment(unit: UnitOfWork, invoice: Record) -> None:
    subscription = subscription_of(unit, invoice)
    if subscription is not None and subscription.body["ended_at"] is None:
        invoice_was_paid(unit, subscription, invoice)


def resume_without_payment(unit: UnitOfWork, invoice: Record) -> None:
    """A paused subscription goes on when its invoice is given up, as if it were paid."""
    subscription = subscription_of(unit, invoice)
    if subscription is None or subscription.body["status"] != "paused":
        return
    if waits_for(subscription, invoice):
        apply_pending(unit, subscription)


def _not_paid(unit: UnitOfWork, invoice: Record, attempt: Attempt) -> None:
    subscription = subscription_of(unit, invoice)
    reason = attempt.decline.decline_code if attempt.decline else None
    hard = attempt.status == "requires_action" or reason in _HARD_DECLINES
    invoice.internal["hard_decline"] = hard
    invoice.internal.setdefault("first_failed", unit.now)
    _plan_retry(unit, invoice, subscription)
    unit.save(invoice)
    if attempt.status == "requires_action":
        unit.emit("invoice.payment_action_required", invoice.body)
    unit.emit("invoice.payment_failed", invoice.body)
    if subscription is not None and subscription.body["ended_at"] is None:
        invoice_was_not_paid(unit, subscription, invoice)


def _plan_retry(unit: UnitOfWork, invoice: Record, subscription: Record | None) -> None:
    """The next moment of dunning that lies ahead; none after the last."""
    waits = subscription is not None and (
        waits_for(subscription, invoice)
        or subscription.body["status"] in ("incomplete", "paused", "canceled")
    )
    if subscription is None or waits or not invoice.body["auto_advance"]:
        invoice.body["next_payment_attempt"] = None
        return
    first = invoice.internal["first_failed"]
    moments = [first + days * DAY for days in unit.config.dunning_days]
    due = next((moment for moment in moments if moment > unit.now), None)
    invoice.body["next_payment_attempt"] = due
    if due is not None:
        unit.schedule(due, _COLLECT, invoice.id)


@task(_COLLECT)
def _retry(unit: UnitOfWork, invoice_id: str) -> None:
    """One retry; after the last one the subscription ends or is unpaid, by the settings.

    Without a card, or with one that the bank has refused for good, nothing is tried; the latter
    counts as a try all the same.
    """
    invoice = unit.find("invoice", invoice_id)
    if invoice is None or invoice.body["next_payment_attempt"] != unit.now:
        return
    if invoice.body["status"] != "open":
        return
    subscription = subscription_of(unit, invoice)
    method = default_method(unit, subscription, invoice.body["customer"])
    is_refused = method is None or (
        method.id == invoice.internal.get("tried") and bool(invoice.internal.get("hard_decline"))
    )
    if is_refused:
        with unit.change(invoice, "invoice.updated"):
            invoice.body["attempt_count"] += method is not None
            _plan_retry(unit, invoice, subscription)
    else:
        collect(unit, invoice, method, is_retry=True)
    if invoice.body["status"] == "open" and invoice.body["next_payment_attempt"] is None:
        _give_up(unit, invoice, subscription)


def _give_up(unit: UnitOfWork, invoice: Record, subscription: Record | None) -> None:
    subscription = unit.find("subscription", subscription.id) if subscription else None
    if unit.config.uncollectible_after_dunning:
        mark_uncollectible(unit, invoice)
    if subscription is None or subscription.body["ended_at"] is not None:
        return
    if unit.config.after_dunning == "cancel":
        cancel_subscription(unit, subscription, "payment_failed")
    elif unit.config.after_dunning == "unpaid":
        change(unit, subscription, status="unpaid")


def pay_on_page(unit: UnitOfWork, invoice: Record, method: Record) -> Attempt:
    """Pay an open invoice with a card that its owner has typed in."""
    attempt = collect(unit, invoice, method)
    keep_card(unit, invoice, attempt)
    return attempt


def confirm_on_page(unit: UnitOfWork, invoice: Record, intent: Record, *, succeed: bool) -> Attempt:
    """The owner of the card has confirmed the payment of an open invoice, or refused."""
    if not succeed:
        return fail_authentication(unit, intent)
    method = unit.get("payment_method", intent.body["payment_method"])
    attempt = collect(unit, invoice, method, authenticated=True)
    keep_card(unit, invoice, attempt)
    return attempt


def keep_card(unit: UnitOfWork, invoice: Record, attempt: Attempt) -> None:
    """A subscription is renewed with the card that paid its invoice on the page."""
    subscription = subscription_of(unit, invoice)
    if subscription is None or attempt.charge is None or attempt.status != "succeeded":
        return
    change(unit, subscription, default_payment_method=attempt.charge.body["payment_method"])


@task("finalize_invoice")
def _finalize_draft(unit: UnitOfWork, invoice_id: str) -> None:
    """A draft that nobody finalized meanwhile."""
    invoice = unit.find("invoice", invoice_id)
    if invoice is None or invoice.body["status"] != "draft" or not invoice.body["auto_advance"]:
        return
    if unit.find("customer", invoice.body["customer"]) is None:
        return
    finalize_and_collect(unit, invoice)
