"""Previews of invoices: of a change, of the next renewal, or of a subscription to be made."""

from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.api.v1.subscriptions import prices_of, trial_end_of
from chenu.sandbox.engine.errors import ApiError, unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer import get_customer
from chenu.sandbox.objects.invoice_preview import preview_change, preview_start
from chenu.sandbox.objects.parameters import refuse_unsupported
from chenu.sandbox.objects.subscription_parameters import (
    check_billing_mode,
    check_items,
    check_tax,
)

_CHANGE = (
    "billing_cycle_anchor",
    "cancel_at_period_end",
    "cancel_now",
    "items",
    "proration_behavior",
    "proration_date",
    "trial_end",
)
_OF_INVOICE = ("automatic_tax", "discounts")
_START = ("billing_mode", "items", "trial_end")


@ROUTES.post("/v1/invoices/create_preview")
def create_preview(unit: UnitOfWork, parameters: Json) -> Json:
    refuse_unsupported(
        parameters,
        (
            "automatic_tax",
            "customer",
            "discounts",
            "preview_mode",
            "subscription",
            "subscription_details",
        ),
        "invoices.create_preview",
    )
    if parameters.get("preview_mode", "next") != "next":
        raise unsupported("previews of later invoices", "preview_mode")
    details = parameters.get("subscription_details") or {}
    given = {name: parameters[name] for name in _OF_INVOICE if name in parameters}
    if "subscription" in parameters:
        return _of_change(unit, parameters, details, given)
    if "customer" not in parameters or "items" not in details:
        raise ApiError(
            "You must provide a subscription, or a customer and the items of a new one.",
            code="parameter_missing",
            param="subscription",
        )
    customer = get_customer(unit, parameters["customer"])
    unit = unit.on_clock_of(customer)
    refuse_unsupported(details, _START, "subscription_details")
    check_billing_mode(details, "subscription_details[billing_mode]")
    check_tax(given, customer)
    wanted = {**given, "trial_end": trial_end_of(unit, details)}
    return preview_start(unit, customer, prices_of(unit, details["items"]), wanted)


def _of_change(unit: UnitOfWork, parameters: Json, details: Json, given: Json) -> Json:
    record = unit.get("subscription", parameters["subscription"], param="subscription")
    if parameters.get("customer", record.body["customer"]) != record.body["customer"]:
        raise ApiError("The subscription belongs to another customer.", param="customer")
    refuse_unsupported(details, _CHANGE, "subscription_details")
    check_items(
        details.get("items") or [], ("deleted", "id", "price", "quantity"), "subscription_details"
    )
    anchor = (details.get("billing_cycle_anchor") or {}).get("type", "unchanged")
    if anchor == "timestamp":
        raise unsupported(
            "anchors at another moment", "subscription_details[billing_cycle_anchor][type]"
        )
    return preview_change(unit.on_clock_of(record), record, {**details, **given})
