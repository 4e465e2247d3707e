"""PaymentMethods: cards that were paid with, or saved for a customer."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import ApiError, unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer import forget_card, get_customer
from chenu.sandbox.objects.payment_method import attach as attach_method
from chenu.sandbox.objects.payment_method import check_can_be_saved, usable_method

_FILTERS = ("allow_redisplay", "customer", "type")


@ROUTES.get("/v1/payment_methods")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    if "customer" not in parameters:
        raise unsupported("payment_methods.list without a customer", "customer")
    get_customer(unit, parameters["customer"])
    return page(unit, "payment_method", "/v1/payment_methods", parameters, by=_FILTERS)


@ROUTES.get("/v1/customers/{customer}/payment_methods")
def list_of_customer(unit: UnitOfWork, parameters: Json, customer: str) -> Json:
    get_customer(unit, customer)
    url = f"/v1/customers/{customer}/payment_methods"
    return page(unit, "payment_method", url, {**parameters, "customer": customer}, by=_FILTERS)


@ROUTES.get("/v1/payment_methods/{payment_method}")
def retrieve(unit: UnitOfWork, parameters: Json, payment_method: str) -> Record:
    return unit.get("payment_method", payment_method, noun="PaymentMethod")


@ROUTES.post("/v1/payment_methods/{payment_method}/attach")
def attach(unit: UnitOfWork, parameters: Json, payment_method: str) -> Record:
    customer_id = parameters.get("customer")
    if customer_id is None:
        raise unsupported("attaching to anything but a customer", "customer")
    customer = get_customer(unit, customer_id)
    unit = unit.on_clock_of(customer)
    method = usable_method(unit, payment_method, customer.id)
    check_can_be_saved(method)
    method.internal["set_up"] = True
    attach_method(unit, method, customer.id)
    return method


@ROUTES.post("/v1/payment_methods/{payment_method}/detach")
def detach(unit: UnitOfWork, parameters: Json, payment_method: str) -> Record:
    method = unit.get("payment_method", payment_method, noun="PaymentMethod")
    if method.body["customer"] is None:
        raise ApiError(
            "The payment method you provided is not attached to a customer so detachment is"
            " impossible."
        )
    method.internal["used"] = True
    unit = unit.on_clock_of(method)
    owner = unit.find("customer", method.body["customer"])
    with unit.change(method, "payment_method.detached") as body:
        body["customer"] = None
    if owner is not None:
        forget_card(unit, owner, method.id)
    return method
