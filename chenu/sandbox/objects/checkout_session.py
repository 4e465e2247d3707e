"""Checkout sessions in payment mode: opened by the API, paid on the hosted page, or expired."""

from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.cards import TestCard
from chenu.sandbox.objects.charge import settle
from chenu.sandbox.objects.customer import new_customer
from chenu.sandbox.objects.invoice import make_paid_invoice
from chenu.sandbox.objects.payment_intent import (
    Attempt,
    attempt_payment,
    fail_authentication,
    new_intent,
)
from chenu.sandbox.objects.payment_method import new_method


def pay(
    unit: UnitOfWork, session: Record, card: TestCard, expiry: tuple[int, int], payer: Json
) -> Attempt:
    """Try to pay an open session. `payer`: name and email as typed, None where not."""
    unit = unit.on_clock_of(session)
    intent = _intent(unit, session)
    known = session.body["customer_details"] or {}
    details = {"email": known.get("email") or payer["email"], "name": payer["name"]}
    session.internal["payer"] = details
    method = new_method(unit, card, expiry, details)
    if session.body["customer"] is None and _needs_customer(session):
        customer = new_customer(unit, {k: v for k, v in details.items() if v})
        unit.emit("customer.created", customer.body)
        session.body["customer"] = customer.id
        intent.body["customer"] = customer.id
        unit.save(intent)
    unit.save(session)
    attempt = attempt_payment(unit, intent, method)
    if attempt.charge is not None and attempt.status == "succeeded":
        _complete(unit, session, intent, attempt.charge)
    return attempt


def authenticate(unit: UnitOfWork, session: Record, *, succeed: bool) -> Attempt:
    """The owner of the card confirms the payment, or does not."""
    unit = unit.on_clock_of(session)
    intent = unit.get("payment_intent", session.body["payment_intent"])
    if not succeed:
        return fail_authentication(unit, intent)
    method = unit.get("payment_method", intent.body["payment_method"])
    attempt = attempt_payment(unit, intent, method, authenticated=True)
    if attempt.charge is not None and attempt.status == "succeeded":
        _complete(unit, session, intent, attempt.charge)
    return attempt


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
    invoiced = session.body["invoice_creation"]["enabled"]
    return bool(invoiced or session.body["customer_creation"] == "always")


def _complete(unit: UnitOfWork, session: Record, intent: Record, charge: Record) -> None:
    creation = session.body["invoice_creation"]
    if creation["enabled"]:
        invoice = make_paid_invoice(
            unit,
            unit.get("customer", session.body["customer"]),
            session.internal["lines"],
            intent,
            creation["invoice_data"],
        )
        session.body["invoice"] = invoice.id
    payer = session.internal["payer"]
    if session.internal["customer_update"].get("name") == "auto" and payer["name"]:
        with unit.change(
            unit.get("customer", session.body["customer"]), "customer.updated"
        ) as customer:
            customer["name"] = payer["name"]
    session.body |= {
        "customer_details": _customer_details(payer["email"], payer["name"]),
        "payment_status": "paid",
        "status": "complete",
        "url": None,
    }
    unit.save(session)
    unit.emit("checkout.session.completed", session.body)
    settle(unit, charge)


def _customer_details(email: str | None, name: str | None) -> Json:
    return {
        "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
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
