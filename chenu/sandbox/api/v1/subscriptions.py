"""Subscriptions."""

from chenu.sandbox.api.lists import page, range_filters
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.config import CURRENCY
from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.errors import ApiError, missing, unsupported
from chenu.sandbox.engine.expand import provides
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Condition, Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects import subscription_cycle as subscription_cycle  # registers its task
from chenu.sandbox.objects import upcoming_invoice as upcoming_invoice  # registers its task
from chenu.sandbox.objects.customer import get_customer
from chenu.sandbox.objects.parameters import check_currency, merge_metadata, refuse_unsupported
from chenu.sandbox.objects.subscription import ENDED
from chenu.sandbox.objects.subscription_ending import cancel_now, resume_paused
from chenu.sandbox.objects.subscription_item import recurring_price
from chenu.sandbox.objects.subscription_parameters import (
    check_billing_mode,
    check_collection,
    check_items,
    check_method,
    check_tax,
)
from chenu.sandbox.objects.subscription_start import start_subscription
from chenu.sandbox.objects.subscription_update import (
    CHANGING,
    WITH_PENDING,
    update_subscription,
)

_URL = "/v1/subscriptions"
_SHARED = (
    "automatic_tax",
    "cancel_at_period_end",
    "collection_method",
    "default_payment_method",
    "description",
    "discounts",
    "items",
    "off_session",
    "payment_behavior",
    "payment_settings",
    "proration_behavior",
    "trial_end",
    "trial_settings",
)
_CREATED = (*_SHARED, "billing_mode", "currency", "customer", "trial_period_days")
_UPDATED = (
    *_SHARED,
    "billing_cycle_anchor",
    "cancel_at",
    "cancellation_details",
    "pause_collection",
    "proration_date",
)
_MANAGED_BY_SCHEDULE = (*CHANGING, "cancel_at", "cancel_at_period_end")
_ONLY_WHEN_ENDED = ("cancellation_details",)
_LONGEST_TRIAL_DAYS = 730


@ROUTES.post(_URL)
def create(unit: UnitOfWork, parameters: Json) -> Record:
    refuse_unsupported(parameters, _CREATED, "subscriptions.create")
    if "customer" not in parameters:
        raise unsupported("subscriptions without a customer", "customer")
    customer = get_customer(unit, parameters["customer"])
    unit = unit.on_clock_of(customer)
    check_billing_mode(parameters)
    check_collection(parameters)
    check_currency(parameters.get("currency", CURRENCY))
    check_method(unit, parameters, customer.id)
    check_tax(parameters, customer)
    items = prices_of(unit, parameters.get("items") or [])
    wanted = {**parameters, "trial_end": trial_end_of(unit, parameters)}
    return start_subscription(unit, customer, items, wanted)


def prices_of(unit: UnitOfWork, given: list[Json]) -> list[tuple[Json, int]]:
    check_items(given, ("price", "quantity"), "subscriptions.create")
    if not given:
        raise ApiError("Missing required param: items.", code="parameter_missing", param="items")
    found = [
        (recurring_price(unit, one.get("price", ""), f"items[{place}][price]"), place)
        for place, one in enumerate(given)
    ]
    if len({price["id"] for price, _ in found}) < len(found):
        raise ApiError("Cannot add multiple subscription items with the same price.", param="items")
    return [(price, given[place].get("quantity", 1)) for price, place in found]


def trial_end_of(unit: UnitOfWork, parameters: Json) -> int | None:
    days, end = parameters.get("trial_period_days"), parameters.get("trial_end")
    if days is not None and end is not None:
        raise ApiError("Give trial_period_days or trial_end, not both", param="trial_end")
    if days is not None:
        if not 0 <= days <= _LONGEST_TRIAL_DAYS:
            raise ApiError(
                f"The trial period has at most {_LONGEST_TRIAL_DAYS} days.",
                param="trial_period_days",
            )
        return unit.now + days * DAY if days else None
    if end is None or end == "now":
        return None
    if end <= unit.now:
        raise ApiError("Timestamp must be in the future.", param="trial_end")
    return int(end)


@ROUTES.get(_URL)
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    """Those that have not ended, unless a status is named."""
    filters = [*_by_status(parameters.get("status")), *_by_clock(parameters)]
    price = parameters.get("price")
    if price:
        filters.append(
            Condition(
                "EXISTS (SELECT 1 FROM json_each(body, '$.items.data')"
                " WHERE json_extract(value, '$.price.id') = ?)",
                (price,),
            )
        )
    for name in ("current_period_start", "current_period_end"):
        for one in range_filters(parameters, name):
            path = f"items.data[0].{name}"
            filters.append(Filter(path, one.operator, one.value))
    return page(
        unit,
        "subscription",
        _URL,
        parameters,
        filters,
        by=("collection_method", "customer"),
        handled=("current_period_end", "current_period_start", "price", "status", "test_clock"),
    )


def _by_status(status: str | None) -> list[Filter | Condition]:
    if status is None:
        return [Filter("status", "!=", "canceled")]
    if status == "all":
        return []
    if status == "ended":
        return [Filter("status", "IN", list(ENDED))]
    return [Filter("status", "=", status)]


def _by_clock(parameters: Json) -> list[Filter | Condition]:
    """Subscriptions on a test clock are listed with their customer or with the clock."""
    if "test_clock" in parameters:
        return [Filter("test_clock", "=", parameters["test_clock"])]
    return [] if "customer" in parameters else [Filter("test_clock", "IS", None)]


@ROUTES.get(_URL + "/{subscription}")
def retrieve(unit: UnitOfWork, parameters: Json, subscription: str) -> Record:
    return unit.get("subscription", subscription)


@ROUTES.post(_URL + "/{subscription}")
def update(unit: UnitOfWork, parameters: Json, subscription: str) -> Record:
    refuse_unsupported(parameters, _UPDATED, "subscriptions.update")
    record = unit.get("subscription", subscription)
    unit = unit.on_clock_of(record)
    _check_updatable(record, parameters)
    check_collection(parameters)
    check_method(unit, parameters, record.body["customer"])
    check_tax(parameters, get_customer(unit, record.body["customer"]))
    check_items(
        parameters.get("items") or [],
        ("deleted", "id", "price", "quantity"),
        "subscriptions.update",
    )
    if record.body["status"] in ENDED:
        _annotate(unit, record, parameters)
        return record
    update_subscription(unit, record, parameters)
    return unit.get("subscription", subscription)


def _annotate(unit: UnitOfWork, record: Record, parameters: Json) -> None:
    with unit.change(record, "customer.subscription.updated") as body:
        body["cancellation_details"] |= parameters.get("cancellation_details") or {}
        if "metadata" in parameters:
            merge_metadata(body, parameters["metadata"])


def _check_updatable(record: Record, parameters: Json) -> None:
    status, schedule = record.body["status"], record.body["schedule"]
    given = parameters.keys() - {"expand", "metadata"}
    if status in ENDED and given - set(_ONLY_WHEN_ENDED):
        raise ApiError(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    if status in ("incomplete", "paused") and given & set(CHANGING):
        raise ApiError(
            f"The items of a subscription whose status is {status} cannot be changed.",
            param="items",
        )
    managed = sorted(given & set(_MANAGED_BY_SCHEDULE))
    if schedule and managed:
        raise ApiError(
            f"The subscription is managed by the subscription schedule `{schedule}`, and updating"
            f" {managed[0]} directly is not allowed. Please update the schedule instead.",
            param=managed[0],
        )
    behavior = parameters.get("payment_behavior")
    if behavior == "default_incomplete":
        raise unsupported("updates whose payment is not attempted", "payment_behavior")
    if behavior == "pending_if_incomplete":
        _check_pending(parameters)


def _check_pending(parameters: Json) -> None:
    """Raises ApiError for what cannot wait for a payment."""
    wrong = sorted(parameters.keys() - {*WITH_PENDING, "expand"})
    if wrong:
        raise ApiError(
            "When `payment_behavior` is set to `pending_if_incomplete`, you can only pass"
            f" parameters that pending updates support, and not {wrong[0]}.",
            param=wrong[0],
        )


@ROUTES.delete(_URL + "/{subscription}")
def cancel(unit: UnitOfWork, parameters: Json, subscription: str) -> Record:
    refuse_unsupported(
        parameters, ("cancellation_details", "invoice_now", "prorate"), "subscriptions.cancel"
    )
    record = unit.get("subscription", subscription)
    if record.body["status"] in ENDED:
        raise missing("subscription", subscription)
    cancel_now(unit.on_clock_of(record), record, parameters)
    return unit.get("subscription", subscription)


@ROUTES.post(_URL + "/{subscription}/resume")
def resume(unit: UnitOfWork, parameters: Json, subscription: str) -> Record:
    supported = ("billing_cycle_anchor", "payment_behavior", "proration_behavior")
    refuse_unsupported(parameters, supported, "subscriptions.resume")
    anchor = (parameters.get("billing_cycle_anchor") or {}).get("type", "now")
    if anchor != "now":
        raise unsupported("resuming in the old period", "billing_cycle_anchor[type]")
    record = unit.get("subscription", subscription)
    if record.body["status"] != "paused":
        raise ApiError(
            "You can only resume a subscription whose status is `paused`: it is"
            f" {record.body['status']}."
        )
    behavior = parameters.get("payment_behavior", "resume_on_payment_attempt")
    resume_paused(unit.on_clock_of(record), record, behavior)
    return unit.get("subscription", subscription)


@provides("customer", "subscriptions")
def _of_customer(unit: UnitOfWork, customer: Json) -> Json:
    url = f"/v1/customers/{customer['id']}/subscriptions"
    filters = [Filter("customer", "=", customer["id"]), Filter("status", "!=", "canceled")]
    return page(unit, "subscription", url, {}, filters)
