"""Subscription schedules, made from a subscription."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import refuse_unsupported
from chenu.sandbox.objects.schedule_phases import read_phases
from chenu.sandbox.objects.subscription import cancel_subscription
from chenu.sandbox.objects.subscription_schedule import (
    KIND,
    check_active,
    new_schedule,
    release_schedule,
    set_phases,
)

_URL = "/v1/subscription_schedules"


@ROUTES.post(_URL)
def create(unit: UnitOfWork, parameters: Json) -> Record:
    refuse_unsupported(parameters, ("from_subscription",), "subscription_schedules.create")
    if "from_subscription" not in parameters:
        raise unsupported("schedules of subscriptions to be made", "from_subscription")
    subscription = unit.get(
        "subscription", parameters["from_subscription"], param="from_subscription"
    )
    unit = unit.on_clock_of(subscription)
    return new_schedule(unit, subscription, parameters.get("metadata") or {})


@ROUTES.get(_URL)
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    return page(unit, KIND, _URL, parameters, by=("customer",), noun="subscription schedule")


@ROUTES.get(_URL + "/{schedule}")
def retrieve(unit: UnitOfWork, parameters: Json, schedule: str) -> Record:
    return unit.get(KIND, schedule)


@ROUTES.post(_URL + "/{schedule}")
def update(unit: UnitOfWork, parameters: Json, schedule: str) -> Record:
    refuse_unsupported(
        parameters,
        ("end_behavior", "phases", "proration_behavior"),
        "subscription_schedules.update",
    )
    record = unit.get(KIND, schedule)
    unit = unit.on_clock_of(record)
    check_active(record, "update")
    if parameters.get("end_behavior", "release") not in ("cancel", "release"):
        raise unsupported("schedules that begin anew", "end_behavior")
    phases = record.body["phases"]
    if "phases" in parameters:
        phases = read_phases(unit, record.body, parameters["phases"])
    set_phases(unit, record, phases, parameters)
    return record


@ROUTES.post(_URL + "/{schedule}/release")
def release(unit: UnitOfWork, parameters: Json, schedule: str) -> Record:
    record = unit.get(KIND, schedule)
    check_active(record, "release")
    release_schedule(unit.on_clock_of(record), record)
    return record


@ROUTES.post(_URL + "/{schedule}/cancel")
def cancel(unit: UnitOfWork, parameters: Json, schedule: str) -> Record:
    """Cancels the schedule and its subscription at once."""
    refuse_unsupported(parameters, (), "subscription_schedules.cancel")
    record = unit.get(KIND, schedule)
    unit = unit.on_clock_of(record)
    check_active(record, "cancel")
    subscription = unit.get("subscription", record.body["subscription"])
    cancel_subscription(unit, subscription, "cancellation_requested")
    return unit.get(KIND, schedule)
