"""Customers."""

from collections.abc import Callable

from chenu.sandbox.api.lists import page, whole
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.expand import PROVIDERS
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer import CUSTOMER_FIELDS, fill_customer, new_customer
from chenu.sandbox.objects.parameters import deleted, refuse_unsupported

_ALWAYS_EMPTY = ("sources", "subscriptions", "tax_ids")
"""Lists that Stripe shows when expanded and in which this sandbox has nothing yet."""


@ROUTES.post("/v1/customers")
def create(unit: UnitOfWork, parameters: Json) -> Record:
    refuse_unsupported(parameters, CUSTOMER_FIELDS, "customers.create")
    customer = new_customer(unit, parameters)
    unit.emit("customer.created", customer.body)
    return customer


@ROUTES.get("/v1/customers")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    return page(unit, "customer", "/v1/customers", parameters, by=("email",))


@ROUTES.get("/v1/customers/{customer}")
def retrieve(unit: UnitOfWork, parameters: Json, customer: str) -> Record | Json:
    """Of a deleted customer a stub is left."""
    if unit.find("deleted_customer", customer):
        return deleted("customer", customer)
    return unit.get("customer", customer)


@ROUTES.post("/v1/customers/{customer}")
def update(unit: UnitOfWork, parameters: Json, customer: str) -> Record:
    refuse_unsupported(parameters, CUSTOMER_FIELDS, "customers.update")
    record = unit.get("customer", customer)
    with unit.change(record, "customer.updated") as body:
        fill_customer(unit, body, parameters)
    return record


@ROUTES.delete("/v1/customers/{customer}")
def delete(unit: UnitOfWork, parameters: Json, customer: str) -> Json:
    record = unit.get("customer", customer)
    unit.emit("customer.deleted", record.body)
    unit.store.rename(record, "deleted_customer")
    return deleted("customer", customer)


def _empty_list(name: str) -> Callable[[UnitOfWork, Json], Json]:
    def provide(unit: UnitOfWork, customer: Json) -> Json:
        return whole([], f"/v1/customers/{customer['id']}/{name}", {})

    return provide


PROVIDERS.update({("customer", name): _empty_list(name) for name in _ALWAYS_EMPTY})
