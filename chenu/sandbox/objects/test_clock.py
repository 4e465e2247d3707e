"""Test clocks: simulated time for up to three customers each. They only move forward."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine import test_clocks
from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.errors import ApiError, missing
from chenu.sandbox.engine.scheduler import CLOCK_FAILED, task
from chenu.sandbox.engine.store import PLATFORM, Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer_deletion import delete_customer
from chenu.sandbox.objects.subscription_item import interval_of, items_of

KIND = "test_helpers.test_clock"
_LIFE = 30 * DAY
_MOST_CUSTOMERS = 3
_LONGEST_ADVANCE = 2 * 365 * DAY
"""Without subscriptions; with some it is two intervals of the shortest."""


def new_test_clock(
    unit: UnitOfWork, frozen_time: int, name: str | None, customer: Record | None
) -> Record:
    """Create and announce a clock. `customer`: an existing one that is attached to it."""
    body = shapes.new(
        KIND,
        id=unit.new_id(KIND),
        created=unit.now,
        deletes_after=unit.now + _LIFE,
        frozen_time=frozen_time,
        name=name,
    )
    clock = unit.create(KIND, body)
    test_clocks.add_clock(unit.store, clock.id, frozen_time)
    unit.schedule(body["deletes_after"], "delete_test_clock", clock.id)
    unit.emit("test_helpers.test_clock.created", clock.body)
    if customer is not None:
        _attach(unit, clock, customer)
    return clock


def _attach(unit: UnitOfWork, clock: Record, customer: Record) -> None:
    if customer.body["test_clock"]:
        raise ApiError("The customer already has a test clock.", param="customer")
    live = [Filter("customer", "=", customer.id), Filter("ended_at", "IS", None)]
    if unit.store.select("subscription", PLATFORM, live, limit=1):
        raise ApiError(
            "A customer with subscriptions stays on the clock on which they began.",
            param="customer",
        )
    customer.internal["test_clock"] = clock.id
    on_clock = unit.on_test_clock(clock.id)
    with on_clock.change(customer, "customer.updated") as body:
        body["test_clock"] = clock.id


def get_test_clock(unit: UnitOfWork, clock_id: str, param: str | None = None) -> Record:
    """Raises ApiError for an unknown clock."""
    clock = unit.find(KIND, clock_id)
    if clock is None:
        raise missing("testclock", clock_id, param)
    return clock


def check_room(unit: UnitOfWork, clock: Record) -> None:
    """Raises ApiError if the clock cannot take another customer."""
    if len(customers_of(unit, clock)) >= _MOST_CUSTOMERS:
        raise ApiError(
            f"A test clock can have at most {_MOST_CUSTOMERS} customers.", param="test_clock"
        )
    _check_ready(clock, "test_clock")


def customers_of(unit: UnitOfWork, clock: Record) -> list[Record]:
    """The customers that live on the clock."""
    return unit.store.select("customer", PLATFORM, [Filter("test_clock", "=", clock.id)])


def _check_ready(clock: Record, param: str) -> None:
    if clock.body["status"] != "ready":
        raise ApiError(
            f"The test clock has to be ready, but its status is {clock.body['status']}.",
            param=param,
        )


def advance_test_clock(unit: UnitOfWork, clock: Record, target: int) -> None:
    """Start to advance: the scheduler runs what is due on the way, then the clock is ready."""
    _check_ready(clock, "test_clock")
    if target <= clock.body["frozen_time"]:
        raise ApiError(
            "The new frozen_time must be after the test clock's current frozen_time.",
            param="frozen_time",
        )
    if target > _furthest(unit, clock):
        raise ApiError(
            "A test clock can be advanced by at most two intervals of the shortest subscription at"
            " a time, or by two years without one.",
            param="frozen_time",
        )
    with unit.change(clock) as body:
        body["status"] = "advancing"
        body["status_details"] = {"advancing": {"target_frozen_time": target}}
    unit.emit("test_helpers.test_clock.advancing", clock.body)
    unit.on_test_clock(clock.id).schedule(target, "test_clock_ready", clock.id)
    test_clocks.set_target(unit.store, clock.id, target)


def _furthest(unit: UnitOfWork, clock: Record) -> int:
    now = int(clock.body["frozen_time"])
    filters = [Filter("test_clock", "=", clock.id), Filter("ended_at", "IS", None)]
    ends = [
        interval_of(items_of(subscription.body)).after(now, 2)
        for subscription in unit.store.select("subscription", PLATFORM, filters)
    ]
    return min(ends, default=now + _LONGEST_ADVANCE)


@task("test_clock_ready")
def _arrive(unit: UnitOfWork, clock_id: str) -> None:
    """Last of all tasks until the target: others that are due by then run before."""
    if unit.store.value(
        "SELECT 1 FROM tasks WHERE clock = ? AND due <= ? LIMIT 1", (clock_id, unit.now)
    ):
        unit.schedule(unit.now, "test_clock_ready", clock_id)
        return
    _finish(unit, clock_id, "ready", unit.now)


@task(CLOCK_FAILED)
def _fail(unit: UnitOfWork, clock_id: str) -> None:
    time = test_clocks.find_time(unit.store, clock_id)
    _finish(unit, clock_id, "internal_failure", time)


def _finish(unit: UnitOfWork, clock_id: str, status: str, time: int | None) -> None:
    unit = unit.on_global_clock()
    clock = get_test_clock(unit, clock_id)
    with unit.change(clock) as body:
        body |= {"status": status, "status_details": {"advancing": None}}
        body["frozen_time"] = time or body["frozen_time"]
    unit.emit(f"test_helpers.test_clock.{status}", clock.body)


def delete_test_clock(unit: UnitOfWork, clock: Record) -> None:
    """Delete the clock with its customers, and drop what is scheduled on it."""
    for customer in customers_of(unit, clock):
        delete_customer(unit, customer)
    test_clocks.remove_clock(unit.store, clock.id)
    unit.store.delete(clock)
    unit.emit("test_helpers.test_clock.deleted", clock.body)


@task("delete_test_clock")
def _delete_at_end_of_life(unit: UnitOfWork, clock_id: str) -> None:
    clock = unit.find(KIND, clock_id)
    if clock is not None:
        delete_test_clock(unit, clock)
