"""Attempts to pay a PaymentIntent with a card: success, decline or authentication."""

from dataclasses import dataclass

from chenu.sandbox import shapes
from chenu.sandbox.cards import BY_NUMBER, DECLINES, Decline, TestCard
from chenu.sandbox.clock import DAY
from chenu.sandbox.errors import CardDeclined
from chenu.sandbox.fees import card_fee
from chenu.sandbox.json_types import Json, copy_json
from chenu.sandbox.ledger import post
from chenu.sandbox.methods import attach, card_of
from chenu.sandbox.store import Record
from chenu.sandbox.unit import UnitOfWork

PENDING_DAYS = 7

_AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "",
    "We are unable to authenticate your payment method. Please choose a different payment method"
    " and try again.",
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How it went: `succeeded`, `requires_action`, or `declined` with the reason."""

    status: str
    charge: Record | None = None
    decline: Decline | None = None


def attempt_payment(
    unit: UnitOfWork,
    intent: Record,
    method: Record,
    *,
    off_session: bool = False,
    authenticated: bool = False,
) -> Attempt:
    """Charge the card. On success `settle` has to follow once all is announced."""
    card = card_of(method)
    decline = _forced_decline(unit, intent)
    needs_owner = card.three_d_secure == "always" or (
        card.three_d_secure == "once" and not method.internal.get("set_up")
    )
    if decline is None and needs_owner and not authenticated:
        if not off_session:
            return _require_authentication(unit, intent, method)
        decline = DECLINES["authentication_required"]
    if decline is None and card.decline:
        decline = DECLINES[card.decline]
    if decline is not None:
        return _decline(unit, intent, method, decline)
    return _succeed(unit, intent, method, authenticated=authenticated)


def _forced_decline(unit: UnitOfWork, intent: Record) -> Decline | None:
    """The outcome that the control room set for this customer's next payment; it is used once."""
    customer_id = intent.body["customer"]
    customer = unit.find("customer", customer_id) if customer_id else None
    if customer is None or "next_charge" not in customer.internal:
        return None
    outcome = customer.internal.pop("next_charge")
    unit.save(customer)
    return DECLINES.get(outcome)


def _require_authentication(unit: UnitOfWork, intent: Record, method: Record) -> Attempt:
    with unit.change(intent) as body:
        body["status"] = "requires_action"
        body["payment_method"] = method.id
        body["next_action"] = _next_action(unit, intent)
    unit.emit("payment_intent.requires_action", intent.body)
    return Attempt("requires_action")


def _next_action(unit: UnitOfWork, intent: Record) -> Json:
    return_url = intent.internal.get("return_url")
    if return_url is None:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    url = unit.config.link(f"/authenticate/{intent.id}/{intent.internal['secret']}")
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}


def fail_authentication(unit: UnitOfWork, intent: Record) -> Attempt:
    """The owner of the card did not confirm; no charge is made."""
    method = unit.get("payment_method", intent.body["payment_method"])
    _require_payment_method(unit, intent, method, _AUTHENTICATION_FAILED, None)
    return Attempt("declined", decline=_AUTHENTICATION_FAILED)


def _decline(unit: UnitOfWork, intent: Record, method: Record, decline: Decline) -> Attempt:
    charge = _new_charge(unit, intent, method)
    with unit.change(charge) as body:
        body |= {
            "amount_captured": 0,
            "captured": False,
            "failure_code": decline.code,
            "failure_message": decline.message,
            "outcome": {
                **body["outcome"],
                "network_decline_code": decline.network_code,
                "network_status": "declined_by_network",
                "reason": decline.decline_code,
                "seller_message": f"The bank returned the decline code `{decline.decline_code}`.",
                "type": "issuer_declined",
            },
            "paid": False,
            "receipt_url": None,
            "status": "failed",
        }
    unit.emit("charge.failed", charge.body)
    _require_payment_method(unit, intent, method, decline, charge)
    return Attempt("declined", charge, decline)


def _require_payment_method(
    unit: UnitOfWork, intent: Record, method: Record, decline: Decline, charge: Record | None
) -> None:
    error: Json = {
        "code": decline.code,
        "message": decline.message,
        "payment_method": copy_json(method.body),
        "type": "card_error" if charge else "invalid_request_error",
    }
    if charge is not None:
        error |= {"charge": charge.id, "decline_code": decline.decline_code}
    with unit.change(intent) as body:
        body |= {
            "last_payment_error": error,
            "latest_charge": charge.id if charge else body["latest_charge"],
            "next_action": None,
            "payment_method": None,
            "status": "requires_payment_method",
        }
    unit.emit("payment_intent.payment_failed", intent.body)


def _succeed(unit: UnitOfWork, intent: Record, method: Record, *, authenticated: bool) -> Attempt:
    charge = _new_charge(unit, intent, method)
    if authenticated:
        charge.body["payment_method_details"]["card"]["three_d_secure"] = _authentication()
        unit.save(charge)
    unit.emit("charge.succeeded", charge.body)
    with unit.change(intent) as body:
        body |= {
            "amount_received": body["amount"],
            "last_payment_error": None,
            "latest_charge": charge.id,
            "next_action": None,
            "payment_method": method.id,
            "status": "succeeded",
        }
    unit.emit("payment_intent.succeeded", intent.body)
    method.internal["used"] = True
    unit.save(method)
    if intent.body["setup_future_usage"] and intent.body["customer"]:
        method.internal["set_up"] = True
        attach(unit, method, intent.body["customer"])
    return Attempt("succeeded", charge)


def _authentication() -> Json:
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": None,
        "version": "2.2.0",
    }


def settle(unit: UnitOfWork, charge: Record) -> None:
    """Book the charge: its money is pending for a week, at once with one of the cards."""
    card = BY_NUMBER[charge.internal["card"]]
    wait = 0 if card.funds_at_once else PENDING_DAYS * DAY
    amount = charge.body["amount"]
    booked = post(
        unit,
        "charge",
        amount,
        charge.id,
        fee=card_fee(amount),
        available_on=unit.now + wait,
        description=charge.body["description"],
    )
    with unit.change(charge, "charge.updated") as body:
        body["balance_transaction"] = booked.id


def _new_charge(unit: UnitOfWork, intent: Record, method: Record) -> Record:
    """A charge as it succeeds."""
    card = card_of(method)
    charge_id = unit.new_id("charge")
    secret = unit.token()
    wanted = intent.body
    body = shapes.new(
        "charge",
        id=charge_id,
        amount=wanted["amount"],
        amount_captured=wanted["amount"],
        billing_details=copy_json(method.body["billing_details"]),
        calculated_statement_descriptor=wanted["statement_descriptor"] or "CHENU",
        created=unit.now,
        customer=wanted["customer"],
        description=wanted["description"],
        metadata=copy_json(wanted["metadata"]),
        outcome=_accepted(),
        payment_intent=intent.id,
        payment_method=method.id,
        payment_method_details={"type": "card", "card": _card_details(card, method, wanted)},
        receipt_email=wanted["receipt_email"],
        receipt_url=unit.config.link(f"/receipts/{charge_id}/{secret}"),
        statement_descriptor=wanted["statement_descriptor"],
        statement_descriptor_suffix=wanted["statement_descriptor_suffix"],
        transfer_group=wanted["transfer_group"],
    )
    internal = {"card": card.number, "secret": secret, "transferred": 0, "reserved_refunds": 0}
    return unit.create("charge", body, internal=internal)


def _accepted() -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }


def _card_details(card: TestCard, method: Record, intent: Json) -> Json:
    given = method.body["card"]
    details = shapes.new(
        "card_details",
        brand=card.brand,
        exp_month=given["exp_month"],
        exp_year=given["exp_year"],
        fingerprint=given["fingerprint"],
        last4=card.last4,
        network=card.brand,
        amount_authorized=intent["amount"],
    )
    details["overcapture"]["maximum_amount_capturable"] = intent["amount"]
    return details


def declined_error(intent: Record, attempt: Attempt) -> CardDeclined:
    """What the API answers to a declined confirmation: 402 with the intent inside."""
    decline = attempt.decline or DECLINES["generic_decline"]
    details: Json = {"payment_intent": copy_json(intent.body)}
    if attempt.charge is not None:
        details |= {"charge": attempt.charge.id, "decline_code": decline.decline_code}
        details["payment_method"] = intent.body["last_payment_error"]["payment_method"]
    return CardDeclined(
        decline.message, status=402, kind="card_error", code=decline.code, details=details
    )
