"""Checkout in subscription mode: the card is charged or saved, then the subscription is made."""

from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.payment_intent import (
    Attempt,
    attempt_payment,
    fail_authentication,
    new_intent,
)
from chenu.sandbox.objects.session_discount import sources_of
from chenu.sandbox.objects.setup_intent import attempt_setup, fail_setup, new_setup_intent
from chenu.sandbox.objects.subscription import new_subscription
from chenu.sandbox.objects.subscription_billing import pay_first_on_checkout
from chenu.sandbox.objects.subscription_deadlines import announce_trial_end


def needs_card(session: Json) -> bool:
    """Without a payment a card is only asked for if the session collects one always."""
    return bool(session["amount_total"] or session["payment_method_collection"] == "always")


def begin(unit: UnitOfWork, session: Record, method: Record | None) -> Attempt:
    """Pay what is due now, or save the card; the session has its customer."""
    if method is None:
        return Attempt("succeeded")
    if session.body["amount_total"]:
        return attempt_payment(unit, _payment_intent(unit, session), method)
    return attempt_setup(unit, _setup_intent(unit, session), method)


def confirm(unit: UnitOfWork, session: Record, intent: Record, *, succeed: bool) -> Attempt:
    """The owner of the card has confirmed, or refused."""
    is_setup = intent.kind == "setup_intent"
    if not succeed:
        return fail_setup(unit, intent) if is_setup else fail_authentication(unit, intent)
    method = unit.get("payment_method", intent.body["payment_method"])
    if is_setup:
        return attempt_setup(unit, intent, method, authenticated=True)
    return attempt_payment(unit, intent, method, authenticated=True)


def _payment_intent(unit: UnitOfWork, session: Record) -> Record:
    known = session.internal.get("intent")
    if known:
        return unit.get("payment_intent", known)
    wanted: Json = {
        "customer": session.body["customer"],
        "description": "Subscription creation",
        "setup_future_usage": "off_session",
    }
    intent = new_intent(unit, session.body["amount_total"], wanted)
    intent.internal |= {
        "return_url": unit.config.link(f"/c/pay/{session.id}"),
        "session": session.id,
    }
    unit.save(intent)
    session.internal["intent"] = intent.id
    unit.save(session)
    return intent


def _setup_intent(unit: UnitOfWork, session: Record) -> Record:
    known = session.internal.get("setup_intent")
    if known:
        return unit.get("setup_intent", known)
    intent = new_setup_intent(unit, session.body["customer"])
    session.internal["setup_intent"] = intent.id
    unit.save(session)
    return intent


def make_subscription(unit: UnitOfWork, session: Record) -> Record:
    """The subscription that was bought, with its first invoice."""
    data = session.internal["subscription_data"]
    intent = _find(unit, "payment_intent", session.internal.get("intent"))
    setup = _find(unit, "setup_intent", session.internal.get("setup_intent"))
    wanted: Json = {
        **data,
        "automatic_tax": {"enabled": session.body["automatic_tax"]["enabled"]},
        "discounts": sources_of(session),
        "trial_end": _trial_end(unit, data),
    }
    saved = intent or setup
    if saved is not None and saved.body["status"] == "succeeded":
        wanted["default_payment_method"] = saved.body["payment_method"]
    customer = unit.get("customer", session.body["customer"])
    prices = [(line["price"], line["quantity"]) for line in session.internal["lines"]]
    subscription = new_subscription(unit, customer, prices, wanted)
    if not wanted["trial_end"]:
        subscription.body["status"] = "active"
        unit.save(subscription)
    unit.emit("customer.subscription.created", subscription.body)
    announce_trial_end(unit, subscription)
    invoice = pay_first_on_checkout(unit, subscription, intent)
    session.body |= {"invoice": invoice.id, "subscription": subscription.id}
    return subscription


def _find(unit: UnitOfWork, kind: str, object_id: str | None) -> Record | None:
    return unit.find(kind, object_id) if object_id else None


def _trial_end(unit: UnitOfWork, data: Json) -> int | None:
    days = data.get("trial_period_days")
    if days:
        return unit.now + int(days) * 86_400
    end = data.get("trial_end")
    return None if end is None else int(end)
