"""PaymentIntents."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import ApiError, unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.charge import settle
from chenu.sandbox.objects.customer import get_customer
from chenu.sandbox.objects.parameters import (
    apply,
    check_charge_amount,
    check_currency,
    refuse_unsupported,
)
from chenu.sandbox.objects.payment_intent import (
    INTENT_FIELDS,
    attempt_payment,
    declined_error,
    new_intent,
)
from chenu.sandbox.objects.payment_method import usable_method

_SHARED = (
    "allowed_payment_method_types",
    "capture_method",
    "payment_method",
    "receipt_email",
    "setup_future_usage",
)
_CONFIRMED = ("error_on_requires_action", "off_session", "return_url", "use_stripe_sdk")
_UPDATED = (*INTENT_FIELDS, "allowed_payment_method_types", "amount", "currency", "payment_method")
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


@ROUTES.post("/v1/payment_intents")
def create(unit: UnitOfWork, parameters: Json) -> Record:
    supported = (*_UPDATED, *_SHARED, *_CONFIRMED, "automatic_payment_methods", "confirm")
    refuse_unsupported(parameters, supported, "payment_intents.create")
    check_currency(parameters["currency"])
    check_charge_amount(parameters["amount"])
    _check_shared(unit, parameters)
    customer_id = parameters.get("customer")
    if customer_id:
        unit = unit.on_clock_of(get_customer(unit, customer_id))
    method = None
    if "payment_method" in parameters:
        method = usable_method(unit, parameters["payment_method"], customer_id)
    elif parameters.get("confirm"):
        raise ApiError(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            param="payment_method",
        )
    intent = new_intent(unit, parameters["amount"], parameters)
    automatic = parameters.get("automatic_payment_methods")
    with unit.change(intent) as body:
        if automatic:
            body["automatic_payment_methods"] = {
                "allow_redirects": automatic.get("allow_redirects", "always"),
                "enabled": automatic["enabled"],
            }
        if method is not None:
            body |= {"payment_method": method.id, "status": "requires_confirmation"}
    return _confirm(unit, intent, parameters) if parameters.get("confirm") else intent


def _check_shared(unit: UnitOfWork, parameters: Json) -> None:
    if parameters.get("customer"):
        get_customer(unit, parameters["customer"])
    if parameters.get("capture_method") == "manual":
        raise unsupported("manual capture", "capture_method")
    allowed = parameters.get("allowed_payment_method_types")
    if allowed is not None and "card" not in allowed:
        raise unsupported("payment methods other than cards", "allowed_payment_method_types")


@ROUTES.get("/v1/payment_intents")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    return page(unit, "payment_intent", "/v1/payment_intents", parameters, by=("customer",))


@ROUTES.get("/v1/payment_intents/{intent}")
def retrieve(unit: UnitOfWork, parameters: Json, intent: str) -> Record:
    refuse_unsupported(parameters, (), "payment_intents.retrieve")
    return unit.get("payment_intent", intent)


@ROUTES.post("/v1/payment_intents/{intent}")
def update(unit: UnitOfWork, parameters: Json, intent: str) -> Record:
    refuse_unsupported(parameters, _UPDATED, "payment_intents.update")
    record = unit.get("payment_intent", intent)
    unit = unit.on_clock_of(record)
    _check_shared(unit, parameters)
    if parameters.keys() & {"amount", "currency", "customer", "payment_method"}:
        _check_open(record, "updated")
    if "currency" in parameters:
        check_currency(parameters["currency"])
    if "amount" in parameters:
        check_charge_amount(parameters["amount"])
    with unit.change(record) as body:
        apply(body, parameters, (*INTENT_FIELDS, "amount"))
        if "payment_method" in parameters:
            method = usable_method(unit, parameters["payment_method"], body["customer"])
            body |= {"payment_method": method.id, "status": "requires_confirmation"}
    return record


@ROUTES.post("/v1/payment_intents/{intent}/confirm")
def confirm(unit: UnitOfWork, parameters: Json, intent: str) -> Record:
    refuse_unsupported(parameters, (*_SHARED, *_CONFIRMED), "payment_intents.confirm")
    record = unit.get("payment_intent", intent)
    unit = unit.on_clock_of(record)
    _check_open(record, "confirmed")
    _check_shared(unit, parameters)
    with unit.change(record) as body:
        apply(body, parameters, ("receipt_email", "setup_future_usage"))
        if "payment_method" in parameters:
            method = usable_method(unit, parameters["payment_method"], body["customer"])
            body["payment_method"] = method.id
    return _confirm(unit, record, parameters)


def _confirm(unit: UnitOfWork, intent: Record, parameters: Json) -> Record:
    method_id = intent.body["payment_method"]
    if method_id is None:
        raise ApiError(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            param="payment_method",
        )
    _check_return_url(intent, parameters)
    intent.internal["return_url"] = parameters.get("return_url")
    unit.save(intent)
    method = unit.get("payment_method", method_id, noun="PaymentMethod")
    attempt = attempt_payment(unit, intent, method, off_session=bool(parameters.get("off_session")))
    if attempt.status == "declined":
        raise declined_error(intent, attempt)
    if attempt.status == "requires_action" and parameters.get("error_on_requires_action"):
        raise ApiError(
            "This payment requires additional user action before it can be completed.",
            code="authentication_required",
        )
    if attempt.charge is not None:
        settle(unit, attempt.charge)
    return intent


def _check_return_url(intent: Record, parameters: Json) -> None:
    automatic = intent.body["automatic_payment_methods"]
    redirects = automatic is None or automatic["allow_redirects"] != "never"
    if redirects and "return_url" not in parameters and not parameters.get("off_session"):
        raise ApiError(
            "This PaymentIntent is configured to accept payment methods that may require a"
            " redirect: give a return_url, or create it with"
            " automatic_payment_methods[allow_redirects]=never.",
            param="return_url",
        )


@ROUTES.post("/v1/payment_intents/{intent}/cancel")
def cancel(unit: UnitOfWork, parameters: Json, intent: str) -> Record:
    record = unit.get("payment_intent", intent)
    unit = unit.on_clock_of(record)
    _check_open(record, "canceled")
    with unit.change(record) as body:
        body |= {
            "canceled_at": unit.now,
            "cancellation_reason": parameters.get("cancellation_reason"),
            "next_action": None,
            "status": "canceled",
        }
    unit.emit("payment_intent.canceled", record.body)
    return record


def _check_open(intent: Record, what: str) -> None:
    """Raises ApiError for a final status, and for the PaymentIntent of a Checkout session."""
    if "session" in intent.internal:
        raise ApiError(
            f"This PaymentIntent cannot be {what} because it belongs to a Checkout Session:"
            " expire the session instead.",
            code="payment_intent_unexpected_state",
        )
    if "invoice" in intent.internal:
        raise ApiError(
            f"This PaymentIntent cannot be {what} because it belongs to an invoice: pay or void"
            f" {intent.internal['invoice']} instead.",
            code="payment_intent_unexpected_state",
        )
    if intent.body["status"] not in _OPEN:
        raise ApiError(
            f"This PaymentIntent could not be {what} because it has a status of"
            f" {intent.body['status']}.",
            code="payment_intent_unexpected_state",
            details={"payment_intent": intent.body},
        )
