"""Control room: test clocks and the customers that live on them."""

from litestar import Response, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from chenu.sandbox.engine.clock import parse_duration
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import PLATFORM, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer import get_customer
from chenu.sandbox.objects.test_clock import (
    KIND,
    advance_test_clock,
    customers_of,
    delete_test_clock,
    new_test_clock,
)
from chenu.sandbox.pages.control_payloads import answer, payload
from chenu.sandbox.pages.rendering import render
from chenu.sandbox.pages.requests import HttpRequest, sandbox_of
from chenu.sandbox.runtime import Sandbox

_PAGE = "/_sandbox/test_clocks"
_STEPS = ("PT1H", "P1D", "P7D", "P30D", "P365D")
_SHOWN = 100


@get("/test_clocks", sync_to_thread=False)
def show_test_clocks(request: HttpRequest) -> Response[str]:
    sandbox = sandbox_of(request)
    sandbox.scheduler.run_due()
    return render("test_clocks.html", clocks=_clocks(sandbox), steps=_STEPS)


def _clocks(sandbox: Sandbox) -> list[Json]:
    with sandbox.engine.unit() as unit:
        return [
            {
                **clock.body,
                "customers": [customer.body for customer in customers_of(unit, clock)],
                "next_due": sandbox.scheduler.next_due(clock.id),
            }
            for clock in unit.store.select(KIND, PLATFORM, limit=_SHOWN)
        ]


@post("/test_clocks", status_code=200)
async def add_test_clock(request: HttpRequest) -> Response[bytes] | Redirect:
    """{"name": text, "customer": id}, both optional. The clock starts at the global time."""
    given = await payload(request)
    with sandbox_of(request).engine.unit() as unit:
        try:
            customer_id = str(given.get("customer") or "")
            customer = get_customer(unit, customer_id) if customer_id else None
            name = str(given["name"]) if given.get("name") else None
            clock = new_test_clock(unit, unit.now, name, customer)
        except ApiError as error:
            raise ClientException(error.message) from error
    return answer(request, clock.body, back_to=_PAGE)


@post("/test_clocks/{clock_id:str}/advance", status_code=200)
async def move_test_clock(
    request: HttpRequest, clock_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """{"advance": "P30D"}; what is due on the way has run when this answers."""
    given, sandbox = await payload(request), sandbox_of(request)
    try:
        seconds = parse_duration(str(given.get("advance")))
    except ValueError as error:
        raise ClientException('send {"advance": "P30D"}') from error
    with sandbox.engine.unit() as unit:
        clock = _get(unit, clock_id)
        try:
            advance_test_clock(unit, clock, clock.body["frozen_time"] + seconds)
        except ApiError as error:
            raise ClientException(error.message) from error
    sandbox.scheduler.run_due()
    with sandbox.engine.unit() as unit:
        return answer(request, _get(unit, clock_id).body, back_to=_PAGE)


@post("/test_clocks/{clock_id:str}/delete", status_code=200)
async def remove_test_clock(
    request: HttpRequest, clock_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Delete it with its customers."""
    with sandbox_of(request).engine.unit() as unit:
        delete_test_clock(unit, _get(unit, clock_id))
    return answer(request, {"id": clock_id, "deleted": True}, back_to=_PAGE)


def _get(unit: UnitOfWork, clock_id: str) -> Record:
    clock = unit.find(KIND, clock_id)
    if clock is None:
        raise NotFoundException("no such test clock")
    return clock


TEST_CLOCK_HANDLERS = [add_test_clock, move_test_clock, remove_test_clock, show_test_clocks]
