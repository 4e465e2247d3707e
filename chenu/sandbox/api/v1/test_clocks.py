"""Test clocks."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import ApiError, unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer import get_customer
from chenu.sandbox.objects.parameters import deleted
from chenu.sandbox.objects.test_clock import (
    KIND,
    advance_test_clock,
    delete_test_clock,
    get_test_clock,
    new_test_clock,
)

_URL = "/v1/test_helpers/test_clocks"
_LONGEST_NAME = 300


@ROUTES.post(_URL)
def create(unit: UnitOfWork, parameters: Json) -> Record:
    name = parameters.get("name")
    if name is not None and len(name) > _LONGEST_NAME:
        raise ApiError(f"A name has at most {_LONGEST_NAME} characters.", param="name")
    if parameters["frozen_time"] < 0:
        raise ApiError("Invalid timestamp: it is before 1970.", param="frozen_time")
    customer_id = parameters.get("customer")
    customer = get_customer(unit, customer_id) if customer_id is not None else None
    return new_test_clock(unit, parameters["frozen_time"], name, customer)


@ROUTES.get(_URL)
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    _check_platform(unit)
    return page(unit, KIND, _URL, parameters, noun="testclock")


@ROUTES.get(_URL + "/{test_clock}")
def retrieve(unit: UnitOfWork, parameters: Json, test_clock: str) -> Record:
    _check_platform(unit)
    return get_test_clock(unit, test_clock)


def _check_platform(unit: UnitOfWork) -> None:
    if unit.account:
        raise unsupported("test clocks on connected accounts")


@ROUTES.post(_URL + "/{test_clock}/advance")
def advance(unit: UnitOfWork, parameters: Json, test_clock: str) -> Record:
    """Answers at once; the clock is ready when everything that is due on the way has run."""
    clock = get_test_clock(unit, test_clock)
    advance_test_clock(unit, clock, parameters["frozen_time"])
    return clock


@ROUTES.delete(_URL + "/{test_clock}")
def delete(unit: UnitOfWork, parameters: Json, test_clock: str) -> Json:
    delete_test_clock(unit, get_test_clock(unit, test_clock))
    return deleted(KIND, test_clock)
