"""Sessions of the customer portal: one customer, one configuration, and at most one flow."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError, Refused, missing, unsupported
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer import get_customer
from chenu.sandbox.objects.parameters import check_url
from chenu.sandbox.objects.portal_configuration import KIND as CONFIGURATION
from chenu.sandbox.objects.subscription import ENDED

KIND = "billing_portal.session"
LIFE_SECONDS = 3600
"""Of the global clock."""

_FLOWS = {
    "payment_method_update": "payment_method_update",
    "subscription_cancel": "subscription_cancel",
    "subscription_update_confirm": "subscription_update",
}
"""The flows that the page knows, and the features that they need."""
_DETAILS = ("subscription_cancel", "subscription_update_confirm")


def new_portal_session(unit: UnitOfWork, given: Json) -> Record:
    """Raises ApiError, for example if the flow needs a feature that is off."""
    customer = get_customer(unit, given.get("customer", ""))
    unit = unit.on_clock_of(customer)
    configuration = _configuration(unit, given.get("configuration"))
    return_url = given.get("return_url") or configuration.body["default_return_url"]
    if return_url:
        check_url(return_url, "return_url")
    session_id = unit.new_id(KIND)
    body = shapes.new(
        KIND,
        id=session_id,
        configuration=configuration.id,
        created=unit.now,
        customer=customer.id,
        flow=_flow(unit, configuration, customer, given.get("flow_data")),
        locale=given.get("locale"),
        return_url=return_url,
        url=unit.config.link(f"/p/session/{session_id}"),
    )
    record = unit.create(KIND, body, internal={"expires_at": unit.global_now + LIFE_SECONDS})
    unit.emit(f"{KIND}.created", record.body)
    return record


def _configuration(unit: UnitOfWork, configuration_id: str | None) -> Record:
    if configuration_id is None:
        raise ApiError(
            "No configuration provided and your test mode default configuration has not been"
            " created. Provide a configuration.",
            param="configuration",
        )
    record = unit.get(CONFIGURATION, configuration_id, param="configuration")
    if not record.body["active"]:
        raise ApiError("This configuration is not active.", param="configuration")
    return record


def _flow(
    unit: UnitOfWork, configuration: Record, customer: Record, given: Json | None
) -> Json | None:
    if given is None:
        return None
    kind = given["type"]
    feature = _FLOWS.get(kind)
    if feature is None:
        raise unsupported(f"the flow {kind}", "flow_data[type]")
    if not configuration.body["features"][feature]["enabled"]:
        raise ApiError(
            f"This session cannot have the flow {kind}: the configuration's feature {feature} is"
            " disabled.",
            param="flow_data[type]",
        )
    flow: Json = {
        "after_completion": _after_completion(given.get("after_completion") or {}),
        "customer_update": None,
        "subscription_cancel": None,
        "subscription_pause": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": kind,
    }
    if kind in _DETAILS:
        flow[kind] = _details(unit, customer, given.get(kind), f"flow_data[{kind}]")
    return flow


def _details(unit: UnitOfWork, customer: Record, given: Json | None, where: str) -> Json:
    if given is None:
        raise Refused(f"Missing required param: {where}.", code="parameter_missing", param=where)
    if given.get("retention"):
        raise unsupported("offers to those who cancel", f"{where}[retention]")
    name = f"{where}[subscription]"
    subscription = unit.get("subscription", given["subscription"], param=name)
    if subscription.body["customer"] != customer.id:
        raise missing("subscription", subscription.id, name)
    if subscription.body["status"] in ENDED or (
        "cancel" in where and subscription.body["cancel_at"]
    ):
        raise ApiError("This subscription ends, or has ended already.", param=name)
    if "items" not in given:
        return {"retention": None, "subscription": subscription.id}
    _check_items(unit, subscription, given, where)
    items = [
        {"id": one["id"], "price": one.get("price"), "quantity": one.get("quantity")}
        for one in given["items"]
    ]
    return {
        "discounts": copy_json({"all": given.get("discounts")})["all"],
        "items": items,
        "subscription": subscription.id,
    }


def _check_items(unit: UnitOfWork, subscription: Record, given: Json, where: str) -> None:
    known = [item["id"] for item in subscription.body["items"]["data"]]
    for place, one in enumerate(given["items"]):
        if one["id"] not in known:
            raise missing("subscription item", one["id"], f"{where}[items][{place}][id]")
        if "price" in one:
            unit.get("price", one["price"], param=f"{where}[items][{place}][price]")


def _after_completion(given: Json) -> Json:
    redirect = given.get("redirect")
    if redirect:
        check_url(redirect["return_url"], "flow_data[after_completion][redirect][return_url]")
    return {
        "hosted_confirmation": {
            "custom_message": (given.get("hosted_confirmation") or {}).get("custom_message")
        },
        "redirect": redirect,
        "type": given.get("type", "portal_homepage"),
    }


def find_open_session(unit: UnitOfWork, session_id: str) -> Record | None:
    """None for an unknown or expired one, or one whose customer is gone."""
    session = unit.find(KIND, session_id)
    if session is None or unit.global_now >= session.internal["expires_at"]:
        return None
    return session if unit.find("customer", session.body["customer"]) else None
