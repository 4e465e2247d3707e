"""What customers can do in the portal, as far as its configuration allows it."""

from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer import fill_customer
from chenu.sandbox.objects.parameters import POSTAL_ADDRESS_FIELDS
from chenu.sandbox.objects.payment_intent import Attempt
from chenu.sandbox.objects.portal_configuration import KIND as CONFIGURATION
from chenu.sandbox.objects.setup_intent import attempt_setup, fail_setup, new_setup_intent
from chenu.sandbox.objects.subscription import ENDED, change
from chenu.sandbox.objects.subscription_ending import cancel_now
from chenu.sandbox.objects.subscription_update import update_subscription
from chenu.sandbox.objects.tax_id import delete_tax_id, new_tax_id

FEEDBACK = (
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
)


def features_of(unit: UnitOfWork, session: Record) -> Json:
    features: Json = unit.get(CONFIGURATION, session.body["configuration"]).body["features"]
    return features


def _require(unit: UnitOfWork, session: Record, name: str) -> Json:
    """The feature; raises ApiError if it is off."""
    feature: Json = features_of(unit, session)[name]
    if not feature["enabled"]:
        raise ApiError(f"The portal's feature {name} is disabled.")
    return feature


def subscriptions_of(unit: UnitOfWork, session: Record) -> list[Record]:
    """Of the session's customer, newest first, without those that have ended."""
    theirs = [Filter("customer", "=", session.body["customer"])]
    found = unit.store.select("subscription", unit.account, theirs)
    return [one for one in found if one.body["status"] not in ENDED]


def _subscription(unit: UnitOfWork, session: Record, subscription_id: str) -> Record:
    for one in subscriptions_of(unit, session):
        if one.id == subscription_id and not one.body["schedule"]:
            return one
    raise ApiError(f"No such subscription: '{subscription_id}'")


def save_card(unit: UnitOfWork, session: Record, method: Record) -> Attempt:
    """Check and save a card; renewals are charged to it from now on."""
    _require(unit, session, "payment_method_update")
    intent = new_setup_intent(unit, session.body["customer"])
    session.internal["setup_intent"] = intent.id
    unit.save(session)
    attempt = attempt_setup(unit, intent, method)
    if attempt.status == "succeeded":
        _use_card(unit, session, method)
    return attempt


def find_setup(unit: UnitOfWork, session: Record) -> Record | None:
    """The card that waits for its owner to confirm it."""
    intent_id = session.internal.get("setup_intent")
    intent = unit.find("setup_intent", intent_id) if intent_id else None
    return intent if intent and intent.body["status"] == "requires_action" else None


def confirm_card(unit: UnitOfWork, session: Record, intent: Record, *, succeed: bool) -> Attempt:
    if not succeed:
        return fail_setup(unit, intent)
    method = unit.get("payment_method", intent.body["payment_method"])
    attempt = attempt_setup(unit, intent, method, authenticated=True)
    _use_card(unit, session, method)
    return attempt


def _use_card(unit: UnitOfWork, session: Record, method: Record) -> None:
    """For the customer, and for subscriptions that named another card."""
    customer = unit.get("customer", session.body["customer"])
    with unit.change(customer, "customer.updated") as body:
        body["invoice_settings"]["default_payment_method"] = method.id
    for one in subscriptions_of(unit, session):
        if one.body["default_payment_method"]:
            change(unit, one, default_payment_method=method.id)


def cancel(
    unit: UnitOfWork, session: Record, subscription_id: str, feedback: str, comment: str
) -> None:
    feature = _require(unit, session, "subscription_cancel")
    subscription = _subscription(unit, session, subscription_id)
    details = {"comment": comment or None}
    if feedback in feature["cancellation_reason"]["options"]:
        details["feedback"] = feedback
    if feature["mode"] == "immediately":
        prorates = feature["proration_behavior"] != "none"
        now = feature["proration_behavior"] == "always_invoice"
        given = {"cancellation_details": details, "invoice_now": now, "prorate": prorates}
        cancel_now(unit, subscription, given)
        return
    update_subscription(
        unit, subscription, {"cancel_at_period_end": True, "cancellation_details": details}
    )


def resume(unit: UnitOfWork, session: Record, subscription_id: str) -> None:
    """Take a cancellation at the end of the period back."""
    _require(unit, session, "subscription_cancel")
    subscription = _subscription(unit, session, subscription_id)
    update_subscription(unit, subscription, {"cancel_at_period_end": False})


def confirm_update(unit: UnitOfWork, session: Record) -> None:
    """Make the change that the session's flow proposes."""
    feature = _require(unit, session, "subscription_update")
    flow = session.body["flow"] or {}
    wanted = flow.get("subscription_update_confirm")
    if wanted is None:
        raise ApiError("This session has no change to confirm.")
    items = [
        {name: value for name, value in one.items() if value is not None} for one in wanted["items"]
    ]
    given: Json = {"items": items, "proration_behavior": feature["proration_behavior"]}
    if wanted["discounts"] is not None:
        given["discounts"] = wanted["discounts"]
    subscription = _subscription(unit, session, wanted["subscription"])
    update_subscription(unit, subscription, {**given, "payment_behavior": "error_if_incomplete"})


def change_details(unit: UnitOfWork, session: Record, typed: dict[str, str]) -> None:
    """Name, e-mail, phone and address, as far as they may be changed."""
    allowed = _require(unit, session, "customer_update")["allowed_updates"]
    given: Json = {
        name: typed[name]
        for name in ("email", "name", "phone")
        if name in allowed and name in typed
    }
    if "address" in allowed:
        given["address"] = {name: typed.get(name) or None for name in POSTAL_ADDRESS_FIELDS}
    customer = unit.get("customer", session.body["customer"])
    with unit.change(customer, "customer.updated") as body:
        fill_customer(unit, body, given)


def add_tax_id(unit: UnitOfWork, session: Record, value: str) -> None:
    _require_tax_ids(unit, session)
    customer = unit.get("customer", session.body["customer"])
    new_tax_id(unit, {"type": "eu_vat", "value": value}, customer)


def remove_tax_id(unit: UnitOfWork, session: Record, tax_id: str) -> None:
    _require_tax_ids(unit, session)
    record = unit.get("tax_id", tax_id)
    if record.body["customer"] != session.body["customer"]:
        raise ApiError(f"No such tax ID: '{tax_id}'")
    delete_tax_id(unit, record)


def _require_tax_ids(unit: UnitOfWork, session: Record) -> None:
    if "tax_id" not in _require(unit, session, "customer_update")["allowed_updates"]:
        raise ApiError("The portal does not change tax ids.")
