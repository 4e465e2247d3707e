"""What is particular to Checkout in payment mode and in subscription mode."""

from chenu.sandbox.engine.errors import ApiError, unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import refuse_unsupported
from chenu.sandbox.objects.payment_intent import INTENT_FIELDS
from chenu.sandbox.objects.subscription_parameters import check_billing_mode

_SUBSCRIPTION_DATA = (
    "billing_mode",
    "description",
    "trial_end",
    "trial_period_days",
    "trial_settings",
)
_SHORTEST_TRIAL = 2 * 86_400
_LONGEST_TRIAL_DAYS = 730


def check_mode(parameters: Json) -> None:
    """Raises Refused for what a mode does not support."""
    if parameters["mode"] not in ("payment", "subscription"):
        raise unsupported(f"Checkout in {parameters['mode']} mode", "mode")
    intent_data = parameters.get("payment_intent_data") or {}
    refuse_unsupported(
        intent_data, {*INTENT_FIELDS, "capture_method"} - {"customer"}, "payment_intent_data"
    )
    if intent_data.get("capture_method") == "manual":
        raise unsupported("manual capture", "payment_intent_data[capture_method]")


def subscription_data(unit: UnitOfWork, parameters: Json) -> Json:
    """The parameters of the subscription that will be made; raises ApiError."""
    data: Json = parameters.get("subscription_data") or {}
    refuse_unsupported(data, _SUBSCRIPTION_DATA, "subscription_data")
    check_billing_mode(data, "subscription_data[billing_mode]")
    days, end = data.get("trial_period_days"), data.get("trial_end")
    if days is not None and not 1 <= days <= _LONGEST_TRIAL_DAYS:
        raise ApiError(
            f"The trial period has to be between 1 and {_LONGEST_TRIAL_DAYS} days.",
            param="subscription_data[trial_period_days]",
        )
    if end is not None and end < unit.now + _SHORTEST_TRIAL:
        raise ApiError(
            "The `trial_end` date has to be at least 2 days in the future.",
            param="subscription_data[trial_end]",
        )
    if data.get("trial_settings") and days is None and end is None:
        raise ApiError(
            "You can only set `trial_settings` when a trial is given.",
            param="subscription_data[trial_settings]",
        )
    return data


def fill_mode(body: Json, parameters: Json) -> None:
    """The fields of a session that depend on its mode."""
    body["mode"] = parameters["mode"]
    if parameters["mode"] == "subscription":
        body["payment_method_collection"] = parameters.get("payment_method_collection", "always")
        body["invoice_creation"] = None
        body["customer_creation"] = None
