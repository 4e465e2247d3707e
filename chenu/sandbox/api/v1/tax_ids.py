"""Tax ids: of customers, and of the platform itself."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import missing, unsupported
from chenu.sandbox.engine.expand import provides
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer import get_customer
from chenu.sandbox.objects.parameters import deleted
from chenu.sandbox.objects.tax_id import delete_tax_id, new_tax_id

_URL = "/v1/tax_ids"
_OF_CUSTOMER = "/v1/customers/{customer}/tax_ids"
_NOUN = "tax ID"


@ROUTES.post(_URL)
def create(unit: UnitOfWork, parameters: Json) -> Record:
    return new_tax_id(unit, parameters, _owner(unit, parameters))


def _owner(unit: UnitOfWork, parameters: Json) -> Record | None:
    """The customer that owns it; None for the platform itself."""
    owner = parameters.get("owner") or {"type": "self"}
    if owner["type"] == "self":
        return None
    if owner["type"] != "customer" or "customer" not in owner:
        raise unsupported("owners of tax ids other than self and customers", "owner[type]")
    return get_customer(unit, owner["customer"], "owner[customer]")


@ROUTES.get(_URL)
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    customer = _owner(unit, parameters)
    filters = [Filter("customer", "IS", customer.id if customer else None)]
    return page(unit, "tax_id", _URL, parameters, filters, handled=("owner",), noun=_NOUN)


@ROUTES.get(_URL + "/{tax_id}")
def retrieve(unit: UnitOfWork, parameters: Json, tax_id: str) -> Record:
    return unit.get("tax_id", tax_id, noun=_NOUN)


@ROUTES.delete(_URL + "/{tax_id}")
def delete(unit: UnitOfWork, parameters: Json, tax_id: str) -> Json:
    delete_tax_id(unit, unit.get("tax_id", tax_id, noun=_NOUN))
    return deleted("tax_id", tax_id)


@ROUTES.post(_OF_CUSTOMER)
def create_of_customer(unit: UnitOfWork, parameters: Json, customer: str) -> Record:
    return new_tax_id(unit, parameters, unit.get("customer", customer))


@ROUTES.get(_OF_CUSTOMER)
def list_of_customer(unit: UnitOfWork, parameters: Json, customer: str) -> Json:
    unit.get("customer", customer)
    return _page(unit, customer, parameters)


def _page(unit: UnitOfWork, customer: str, parameters: Json) -> Json:
    url = f"/v1/customers/{customer}/tax_ids"
    return page(unit, "tax_id", url, parameters, [Filter("customer", "=", customer)], noun=_NOUN)


@ROUTES.get(_OF_CUSTOMER + "/{tax_id}")
def retrieve_of_customer(unit: UnitOfWork, parameters: Json, customer: str, tax_id: str) -> Record:
    return _of(unit, customer, tax_id)


@ROUTES.delete(_OF_CUSTOMER + "/{tax_id}")
def delete_of_customer(unit: UnitOfWork, parameters: Json, customer: str, tax_id: str) -> Json:
    delete_tax_id(unit, _of(unit, customer, tax_id))
    return deleted("tax_id", tax_id)


def _of(unit: UnitOfWork, customer_id: str, tax_id: str) -> Record:
    record = unit.get("tax_id", tax_id, noun=_NOUN)
    if record.body["customer"] != customer_id:
        raise missing(_NOUN, tax_id)
    return record


@provides("customer", "tax_ids")
def _tax_ids(unit: UnitOfWork, customer: Json) -> Json:
    return _page(unit, customer["id"], {})
