"""Customers."""

from collections.abc import Callable

from chenu.sandbox.api.lists import embedded_page, page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.expand import PROVIDERS, provides
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer import (
    CUSTOMER_FIELDS,
    fill_customer,
    new_customer,
)
from chenu.sandbox.objects.customer_deletion import delete_customer
from chenu.sandbox.objects.parameters import deleted, refuse_unsupported
from chenu.sandbox.objects.tax import tax_of_customer
from chenu.sandbox.objects.tax_id import new_tax_id
from chenu.sandbox.objects.test_clock import check_room, get_test_clock

_ALWAYS_EMPTY = ("sources",)
"""Lists that Stripe shows when expanded and in which this sandbox has nothing yet."""


@ROUTES.post("/v1/customers")
def create(unit: UnitOfWork, parameters: Json) -> Record:
    supported = (*CUSTOMER_FIELDS, "tax_id_data", "test_clock")
    refuse_unsupported(parameters, supported, "customers.create")
    if "test_clock" in parameters:
        clock = get_test_clock(unit, parameters["test_clock"], "test_clock")
        check_room(unit, clock)
        unit = unit.on_test_clock(clock.id)
    customer = new_customer(unit, parameters)
    unit.emit("customer.created", customer.body)
    for given in parameters.get("tax_id_data") or []:
        new_tax_id(unit, given, customer)
    return customer


@ROUTES.get("/v1/customers")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    """Customers with a test clock are only listed when the clock is named."""
    without_clock: list[Filter] = []
    if "test_clock" in parameters:
        get_test_clock(unit, parameters["test_clock"], "test_clock")
    else:
        without_clock = [Filter("test_clock", "IS", None)]
    by = ("email", "test_clock")
    return page(unit, "customer", "/v1/customers", parameters, without_clock, by=by)


@ROUTES.get("/v1/customers/{customer}")
def retrieve(unit: UnitOfWork, parameters: Json, customer: str) -> Record | Json:
    """A deleted customer is answered as a stub."""
    if unit.find("deleted_customer", customer):
        return deleted("customer", customer)
    return unit.get("customer", customer)


@ROUTES.post("/v1/customers/{customer}")
def update(unit: UnitOfWork, parameters: Json, customer: str) -> Record:
    refuse_unsupported(parameters, CUSTOMER_FIELDS, "customers.update")
    record = unit.get("customer", customer)
    with unit.on_clock_of(record).change(record, "customer.updated") as body:
        fill_customer(unit, body, parameters)
    return record


@ROUTES.delete("/v1/customers/{customer}")
def delete(unit: UnitOfWork, parameters: Json, customer: str) -> Json:
    delete_customer(unit, unit.get("customer", customer))
    return deleted("customer", customer)


@provides("customer", "tax")
def _tax(unit: UnitOfWork, customer: Json) -> Json:
    return tax_of_customer(unit.get("customer", customer["id"]))


def _empty_list(name: str) -> Callable[[UnitOfWork, Json], Json]:
    def provide(unit: UnitOfWork, customer: Json) -> Json:
        return embedded_page([], f"/v1/customers/{customer['id']}/{name}", {})

    return provide


PROVIDERS.update({("customer", name): _empty_list(name) for name in _ALWAYS_EMPTY})
