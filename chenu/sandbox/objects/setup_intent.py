"""SetupIntents: a card is checked and saved without a payment."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.cards import Decline
from chenu.sandbox.objects.payment_intent import AUTHENTICATION_FAILED, Attempt
from chenu.sandbox.objects.payment_method import attach, card_of, find_setup_decline


def new_setup_intent(unit: UnitOfWork, customer_id: str) -> Record:
    intent_id = unit.new_id("setup_intent")
    body = shapes.new(
        "setup_intent",
        id=intent_id,
        client_secret=f"{intent_id}_secret_{unit.token(25)}",
        created=unit.now,
        customer=customer_id,
    )
    record = unit.create("setup_intent", body)
    unit.emit("setup_intent.created", record.body)
    return record


def attempt_setup(
    unit: UnitOfWork, intent: Record, method: Record, *, authenticated: bool = False
) -> Attempt:
    """Save the card, or let its owner confirm first, or be declined."""
    decline = find_setup_decline(method)
    if decline is not None:
        return _fail(unit, intent, method, decline)
    if card_of(method).three_d_secure != "never" and not authenticated:
        with unit.change(intent) as body:
            body |= {
                "next_action": {
                    "type": "use_stripe_sdk",
                    "use_stripe_sdk": {"type": "three_d_secure_redirect"},
                },
                "payment_method": method.id,
                "status": "requires_action",
            }
        unit.emit("setup_intent.requires_action", intent.body)
        return Attempt("requires_action")
    with unit.change(intent) as body:
        body |= {
            "last_setup_error": None,
            "next_action": None,
            "payment_method": method.id,
            "status": "succeeded",
        }
    unit.emit("setup_intent.succeeded", intent.body)
    method.internal["set_up"] = True
    unit.save(method)
    attach(unit, method, intent.body["customer"])
    return Attempt("succeeded")


def fail_setup(unit: UnitOfWork, intent: Record) -> Attempt:
    """The owner of the card did not confirm."""
    method = unit.get("payment_method", intent.body["payment_method"])
    return _fail(unit, intent, method, AUTHENTICATION_FAILED)


def _fail(unit: UnitOfWork, intent: Record, method: Record, decline: Decline) -> Attempt:
    error: Json = {
        "code": decline.code.replace("payment_intent_auth", "setup_intent_auth"),
        "message": decline.message,
        "payment_method": copy_json(method.body),
        "type": "card_error" if decline.decline_code else "invalid_request_error",
    }
    if decline.decline_code:
        error["decline_code"] = decline.decline_code
    with unit.change(intent) as body:
        body |= {
            "last_setup_error": error,
            "next_action": None,
            "payment_method": None,
            "status": "requires_payment_method",
        }
    unit.emit("setup_intent.setup_failed", intent.body)
    return Attempt("declined", decline=decline)
