"""PaymentIntents: made, and paid with a card: success, decline or authentication."""

from dataclasses import dataclass

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import CardDeclined
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.cards import DECLINES, Decline
from chenu.sandbox.objects.charge import authentication_details, new_charge
from chenu.sandbox.objects.parameters import apply
from chenu.sandbox.objects.payment_method import attach, card_of

INTENT_FIELDS = (
    "customer",
    "description",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "",
    "We are unable to authenticate your payment method. Please choose a different payment method"
    " and try again.",
)


def new_intent(unit: UnitOfWork, amount: int, parameters: Json) -> Record:
    """Create and announce a PaymentIntent that still needs a payment method."""
    intent_id = unit.new_id("payment_intent")
    secret = unit.token(25)
    body = shapes.new(
        "payment_intent",
        id=intent_id,
        amount=amount,
        client_secret=f"{intent_id}_secret_{secret}",
        created=unit.now,
    )
    apply(body, parameters, INTENT_FIELDS)
    record = unit.create("payment_intent", body, internal={"secret": secret})
    unit.emit("payment_intent.created", record.body)
    return record


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of a payment; `status` is `succeeded`, `requires_action` or `declined`."""

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
    """Charge the card. After a success the caller emits its own events and then calls `settle`."""
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
    _require_payment_method(unit, intent, method, AUTHENTICATION_FAILED, None)
    return Attempt("declined", decline=AUTHENTICATION_FAILED)


def _decline(unit: UnitOfWork, intent: Record, method: Record, decline: Decline) -> Attempt:
    charge = new_charge(unit, intent, method)
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
    charge = new_charge(unit, intent, method)
    if authenticated:
        charge.body["payment_method_details"]["card"]["three_d_secure"] = authentication_details()
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


def declined_error(intent: Record, attempt: Attempt) -> CardDeclined:
    """The error 402 for a declined confirmation; it contains the PaymentIntent."""
    decline = attempt.decline or DECLINES["generic_decline"]
    details: Json = {"payment_intent": copy_json(intent.body)}
    if attempt.charge is not None:
        details |= {"charge": attempt.charge.id, "decline_code": decline.decline_code}
        details["payment_method"] = intent.body["last_payment_error"]["payment_method"]
    return CardDeclined(
        decline.message, status=402, kind="card_error", code=decline.code, details=details
    )
