"""Checkout sessions."""

from chenu.sandbox.api.lists import embedded_page, page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.api.v1.session_modes import check_mode, fill_mode, subscription_data
from chenu.sandbox.config import CURRENCY
from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.clock import DAY, wall_now
from chenu.sandbox.engine.errors import ApiError, Refused, unsupported
from chenu.sandbox.engine.expand import provides
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.checkout_session import expire as expire_session
from chenu.sandbox.objects.customer import get_customer
from chenu.sandbox.objects.line_item import build_lines
from chenu.sandbox.objects.parameters import apply, check_currency, check_url, refuse_unsupported
from chenu.sandbox.objects.session_discount import discount_session
from chenu.sandbox.objects.session_tax import open_tax

_ECHOED = (
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "customer_creation",
    "customer_email",
    "locale",
    "origin_context",
    "submit_type",
    "success_url",
)
_ONLY_OFF = (
    "adaptive_pricing",
    "managed_payments",
    "phone_number_collection",
)
_SUPPORTED = (
    *_ECHOED,
    *_ONLY_OFF,
    "allow_promotion_codes",
    "allowed_payment_method_types",
    "automatic_tax",
    "currency",
    "custom_text",
    "customer",
    "customer_update",
    "discounts",
    "expires_at",
    "invoice_creation",
    "line_items",
    "mode",
    "payment_intent_data",
    "payment_method_collection",
    "subscription_data",
    "tax_id_collection",
    "ui_mode",
)
_SHORTEST, _LONGEST, _GRACE = 1800, DAY, 60
"""Seconds that a session may live, and how far off the client's clock may be."""


@ROUTES.post("/v1/checkout/sessions")
def create(unit: UnitOfWork, parameters: Json) -> Record:
    _check_supported(parameters)
    _check_redirect_urls(parameters)
    if "customer" in parameters:
        unit = unit.on_clock_of(get_customer(unit, parameters["customer"]))
    life = _life(parameters)
    subscribed = subscription_data(unit, parameters)
    is_trial = bool(subscribed.get("trial_period_days") or subscribed.get("trial_end"))
    lines = build_lines(unit, parameters["line_items"], parameters["mode"], is_trial=is_trial)
    session_id = unit.new_id("checkout.session")
    total = sum(line["amount_total"] for line in lines)
    body = shapes.new(
        "checkout.session",
        id=session_id,
        amount_subtotal=total,
        amount_total=total,
        created=unit.now,
        currency=CURRENCY,
        expires_at=wall_now() + life,
        invoice_creation=_invoice_creation(parameters.get("invoice_creation") or {}),
        url=unit.config.link(f"/c/pay/{session_id}"),
    )
    apply(body, parameters, _ECHOED)
    _fill_customer(unit, body, parameters)
    fill_mode(body, parameters)
    customer = unit.find("customer", body["customer"]) if body["customer"] else None
    discount_session(unit, body, lines, parameters.get("discounts") or [], customer)
    open_tax(unit, body, lines, parameters, customer)
    if "allowed_payment_method_types" in parameters:
        body["allowed_payment_method_types"] = parameters["allowed_payment_method_types"]
    body["custom_text"] |= parameters.get("custom_text") or {}
    intent_data = parameters.get("payment_intent_data") or {}
    internal = {
        "customer_update": parameters.get("customer_update") or {},
        "lines": lines,
        "payment_intent_data": intent_data,
        "subscription_data": subscribed,
    }
    unit.schedule(unit.now + life, "expire_session", session_id)
    return unit.create("checkout.session", body, internal=internal)


def _check_supported(parameters: Json) -> None:
    check_mode(parameters)
    refuse_unsupported(parameters, _SUPPORTED, "checkout.sessions.create")
    if parameters.get("ui_mode", "hosted_page") != "hosted_page":
        raise unsupported("Checkout other than the hosted page", "ui_mode")
    for name in _ONLY_OFF:
        if parameters.get(name, {}).get("enabled"):
            raise unsupported(f"{name}", f"{name}[enabled]")
    if parameters.get("allow_promotion_codes"):
        raise unsupported("promotion codes yet", "allow_promotion_codes")
    if parameters.get("billing_address_collection") == "required":
        raise unsupported("the collection of addresses", "billing_address_collection")
    allowed = parameters.get("allowed_payment_method_types")
    if allowed is not None and "card" not in allowed:
        raise unsupported("payment methods other than cards", "allowed_payment_method_types")
    check_currency(parameters.get("currency", CURRENCY))


def _check_redirect_urls(parameters: Json) -> None:
    for name in ("success_url", "cancel_url"):
        if name in parameters:
            check_url(parameters[name], name)


def _life(parameters: Json) -> int:
    """Seconds from now; `expires_at` is wall time, whatever the clocks show."""
    if "expires_at" not in parameters:
        return DAY
    life: int = parameters["expires_at"] - wall_now()
    if life < _SHORTEST - _GRACE:
        raise ApiError(
            "The `expires_at` timestamp must be at least 30 minutes from session creation.",
            param="expires_at",
        )
    if life > _LONGEST + _GRACE:
        raise ApiError(
            "The `expires_at` timestamp must be less than 24 hours from session creation.",
            param="expires_at",
        )
    return life


def _invoice_creation(given: Json) -> Json:
    data = given.get("invoice_data") or {}
    refuse_unsupported(
        data,
        ("custom_fields", "description", "footer", "rendering_options"),
        "invoice_creation[invoice_data]",
    )
    return {
        "enabled": bool(given.get("enabled")),
        "invoice_data": {
            "account_tax_ids": None,
            "custom_fields": data.get("custom_fields") or None,
            "description": data.get("description"),
            "footer": data.get("footer"),
            "issuer": None,
            "metadata": data.get("metadata") or {},
            "rendering_options": data.get("rendering_options") or None,
        },
    }


def _fill_customer(unit: UnitOfWork, body: Json, parameters: Json) -> None:
    email = parameters.get("customer_email")
    if parameters.get("customer_update") and "customer" not in parameters:
        raise Refused("customer_update needs a customer", param="customer_update")
    if "customer" in parameters:
        customer = get_customer(unit, parameters["customer"])
        body["customer"] = customer.id
        email = customer.body["email"]
    else:
        body["customer_creation"] = parameters.get("customer_creation", "if_required")
    if email:
        body["customer_details"] = {
            "address": None,
            "business_name": None,
            "email": email,
            "individual_name": None,
            "name": None,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": None,
        }


@ROUTES.get("/v1/checkout/sessions")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    email = (parameters.get("customer_details") or {}).get("email")
    return page(
        unit,
        "checkout.session",
        "/v1/checkout/sessions",
        parameters,
        [Filter("customer_details.email", "=", email)] if email else (),
        by=("customer", "payment_intent", "status", "subscription"),
        handled=("customer_details",),
        noun="session",
    )


@ROUTES.get("/v1/checkout/sessions/{session}")
def retrieve(unit: UnitOfWork, parameters: Json, session: str) -> Record:
    return unit.get("checkout.session", session)


@ROUTES.get("/v1/checkout/sessions/{session}/line_items")
def list_lines(unit: UnitOfWork, parameters: Json, session: str) -> Json:
    record = unit.get("checkout.session", session)
    return embedded_page(record.internal["lines"], _lines_url(session), parameters)


@provides("checkout.session", "line_items")
def _lines(unit: UnitOfWork, body: Json) -> Json:
    record = unit.get("checkout.session", body["id"])
    return embedded_page(record.internal["lines"], _lines_url(record.id), {})


def _lines_url(session_id: str) -> str:
    return f"/v1/checkout/sessions/{session_id}/line_items"


@ROUTES.post("/v1/checkout/sessions/{session}/expire")
def expire(unit: UnitOfWork, parameters: Json, session: str) -> Record:
    record = unit.get("checkout.session", session)
    if record.body["status"] != "open":
        raise ApiError(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout'
            f" Session has a status of {record.body['status']}.",
            param="session",
        )
    expire_session(unit, record)
    return record
