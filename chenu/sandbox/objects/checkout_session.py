"""Checkout sessions: opened by the API, completed on the hosted page, or expired."""

from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import PLATFORM, Record, Store
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects import checkout_subscription
from chenu.sandbox.objects.cards import TestCard
from chenu.sandbox.objects.charge import settle
from chenu.sandbox.objects.customer import new_customer
from chenu.sandbox.objects.invoice import make_paid_invoice
from chenu.sandbox.objects.parameters import POSTAL_ADDRESS_FIELDS
from chenu.sandbox.objects.payment_intent import (
    Attempt,
    attempt_payment,
    new_intent,
)
from chenu.sandbox.objects.payment_method import new_method
from chenu.sandbox.objects.session_discount import find_refusal, redeem_for_payment
from chenu.sandbox.objects.session_tax import take_location
from chenu.sandbox.objects.tax_id import tax_ids_of


def pay(
    unit: UnitOfWork, session: Record, card: tuple[TestCard, tuple[int, int]] | None, payer: Json
) -> Attempt:
    """Try to complete an open session. `payer`: what was typed, None where nothing was.

    `card`: with month and year of its expiry; None where nothing is due and none was given.
    """
    unit = unit.on_clock_of(session)
    refusal = find_refusal(unit, session)
    if refusal is not None:
        return refusal
    take_location(unit, session, payer)
    is_subscription = session.body["mode"] == "subscription"
    intent = None if is_subscription else _intent(unit, session)
    known = session.body["customer_details"] or {}
    details = {"email": known.get("email") or payer["email"], "name": payer["name"]}
    session.internal["payer"] = details
    method = new_method(unit, *card, details) if card else None
    if session.body["customer"] is None and _needs_customer(session):
        customer = new_customer(unit, {k: v for k, v in details.items() if v})
        unit.emit("customer.created", customer.body)
        session.body["customer"] = customer.id
        if intent is not None:
            intent.body["customer"] = customer.id
            unit.save(intent)
    unit.save(session)
    if intent is None:
        attempt = checkout_subscription.begin(unit, session, method)
    elif method is not None:
        attempt = attempt_payment(unit, intent, method)
    else:
        raise ValueError("a payment needs a card")
    if attempt.status == "succeeded":
        _complete(unit, session, attempt)
    return attempt


def authenticate(unit: UnitOfWork, session: Record, *, succeed: bool) -> Attempt:
    """The owner of the card confirms, or does not."""
    unit = unit.on_clock_of(session)
    refusal = find_refusal(unit, session)
    if refusal is not None:
        return refusal
    intent = find_waiting_intent(unit.store, session)
    if intent is None:
        raise ValueError(f"nothing of {session.id} waits for its owner")
    attempt = checkout_subscription.confirm(unit, session, intent, succeed=succeed)
    if attempt.status == "succeeded":
        _complete(unit, session, attempt)
    return attempt


def find_waiting_intent(store: Store, session: Record) -> Record | None:
    """The PaymentIntent or SetupIntent that the card's owner has to confirm."""
    for kind, object_id in (
        ("payment_intent", session.body["payment_intent"] or session.internal.get("intent")),
        ("setup_intent", session.internal.get("setup_intent")),
    ):
        intent = store.find(kind, object_id, PLATFORM) if object_id else None
        if intent is not None and intent.body["status"] == "requires_action":
            return intent
    return None


def _intent(unit: UnitOfWork, session: Record) -> Record:
    """The session's PaymentIntent, made when somebody first tries to pay."""
    if session.body["payment_intent"]:
        return unit.get("payment_intent", session.body["payment_intent"])
    wanted = session.internal["payment_intent_data"]
    intent = new_intent(
        unit, session.body["amount_total"], {**wanted, "customer": session.body["customer"]}
    )
    intent.internal |= {
        "return_url": unit.config.link(f"/c/pay/{session.id}"),
        "session": session.id,
    }
    unit.save(intent)
    session.body["payment_intent"] = intent.id
    return intent


def _needs_customer(session: Record) -> bool:
    if session.body["mode"] == "subscription":
        return True
    invoiced = session.body["invoice_creation"]["enabled"]
    return bool(invoiced or session.body["customer_creation"] == "always")


def _complete(unit: UnitOfWork, session: Record, attempt: Attempt) -> None:
    is_subscription = session.body["mode"] == "subscription"
    if is_subscription:
        checkout_subscription.make_subscription(unit, session)
    else:
        _make_invoice(unit, session)
        _update_customer(unit, session)
    session.body |= {
        "customer_details": _customer_details(unit, session),
        "payment_status": "paid" if session.body["amount_total"] else "no_payment_required",
        "status": "complete",
        "url": None,
    }
    unit.save(session)
    unit.emit("checkout.session.completed", session.body)
    if attempt.charge is not None:
        settle(unit, attempt.charge)
    if is_subscription:
        _update_customer(unit, session)


def _make_invoice(unit: UnitOfWork, session: Record) -> None:
    discounts = redeem_for_payment(unit, session)
    if not session.body["invoice_creation"]["enabled"]:
        return
    invoice = make_paid_invoice(
        unit,
        unit.get("customer", session.body["customer"]),
        session,
        unit.get("payment_intent", session.body["payment_intent"]),
        discounts,
    )
    session.body["invoice"] = invoice.id


def _update_customer(unit: UnitOfWork, session: Record) -> None:
    """What the customer takes over from the page, and from a subscription its currency."""
    if session.body["customer"] is None:
        return
    customer = unit.get("customer", session.body["customer"])
    name = session.internal["payer"]["name"]
    with unit.change(customer, "customer.updated") as body:
        if session.internal["customer_update"].get("name") == "auto" and name:
            body["name"] = name
        if session.body["mode"] == "subscription":
            body["currency"] = session.body["currency"]


def _customer_details(unit: UnitOfWork, session: Record) -> Json:
    """What was typed; for automatic tax also where the customer is, and their tax ids."""
    payer, customer_id = session.internal["payer"], session.body["customer"]
    customer = unit.find("customer", customer_id) if customer_id else None
    is_taxed = customer is not None and session.body["automatic_tax"]["enabled"]
    known = customer.body["address"] if customer is not None and is_taxed else None
    return {
        "address": dict(known) if known else dict.fromkeys(POSTAL_ADDRESS_FIELDS),
        "business_name": None,
        "email": payer["email"],
        "individual_name": None,
        "name": payer["name"],
        "phone": None,
        "tax_exempt": customer.body["tax_exempt"] if customer is not None else "none",
        "tax_ids": tax_ids_of(unit, customer.id) if customer is not None and is_taxed else [],
    }


def expire(unit: UnitOfWork, session: Record) -> None:
    """Expire an open session."""
    session.body |= {"status": "expired", "url": None}
    unit.save(session)
    unit.on_clock_of(session).emit("checkout.session.expired", session.body)


@task("expire_session")
def _expire_unpaid(unit: UnitOfWork, session_id: str) -> None:
    session = unit.find("checkout.session", session_id)
    if session is not None and session.body["status"] == "open":
        expire(unit, session)
