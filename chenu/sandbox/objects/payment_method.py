"""PaymentMethods: cards as they were given on a page, or by one of Stripe's test ids."""

import hashlib

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError, missing
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.cards import BY_METHOD_ID, DECLINES, Decline, TestCard, get_card

_SAVED_ONLY = "pm_card_chargeCustomerFail"


def new_method(
    unit: UnitOfWork,
    card: TestCard,
    expiry: tuple[int, int] = (12, 2034),
    details: Json | None = None,
) -> Record:
    """`expiry`: month and year. `details`: e-mail and name of the payer."""
    fingerprint = hashlib.blake2b(card.number.encode(), digest_size=8).hexdigest()
    body = shapes.new("payment_method", id=unit.new_id("payment_method"), created=unit.now)
    body["billing_details"] |= details or {}
    body["card"] |= {
        "brand": card.brand,
        "display_brand": card.brand,
        "exp_month": expiry[0],
        "exp_year": expiry[1],
        "fingerprint": fingerprint,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
    }
    return unit.create("payment_method", body, internal={"card": card.number})


def card_of(method: Record) -> TestCard:
    return get_card(method.internal["card"])


def usable_method(unit: UnitOfWork, method_id: str, customer_id: str | None) -> Record:
    """By id, or a new one for a test id such as pm_card_visa.

    Raises ApiError when it belongs to somebody else or was used up.
    """
    if method_id in BY_METHOD_ID:
        return new_method(unit, BY_METHOD_ID[method_id])
    record = unit.find("payment_method", method_id)
    if record is None:
        raise missing("PaymentMethod", method_id, "payment_method")
    owner = record.body["customer"]
    if owner and owner != customer_id:
        raise ApiError(
            "The payment method belongs to another Customer: give that one as customer.",
            code="payment_method_unexpected_state" if customer_id else None,
            param="payment_method",
        )
    if not owner and record.internal.get("used"):
        raise ApiError(
            "This PaymentMethod was previously used without being attached to a Customer, or was"
            " detached from one, and may not be used again.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )
    return record


def find_setup_decline(method: Record) -> Decline | None:
    """Why the card cannot be saved; one test card can although it never pays."""
    card = card_of(method)
    return DECLINES[card.decline] if card.decline and card.method_id != _SAVED_ONLY else None


def check_can_be_saved(method: Record) -> None:
    """Raises ApiError 402 for a card that its bank declines to have saved."""
    decline = find_setup_decline(method)
    if decline is not None:
        raise ApiError(
            decline.message,
            status=402,
            kind="card_error",
            code=decline.code,
            details={"decline_code": decline.decline_code},
        )


def attach(unit: UnitOfWork, method: Record, customer_id: str) -> None:
    """Save it for a customer; nothing happens when it is theirs already."""
    if method.body["customer"] == customer_id:
        return
    with unit.change(method) as body:
        body["customer"] = customer_id
    unit.emit("payment_method.attached", method.body)
