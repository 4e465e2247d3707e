"""Subscription schedules: phases that a subscription goes through, one after the other."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.discount import begin_phase_discounts
from chenu.sandbox.objects.parameters import apply
from chenu.sandbox.objects.schedule_phases import phase_of_subscription, phase_rows
from chenu.sandbox.objects.subscription import ENDED, STEP, cancel_subscription, change
from chenu.sandbox.objects.subscription_change import Change, apply_change
from chenu.sandbox.objects.subscription_item import period_end
from chenu.sandbox.objects.subscription_update import reload, update_subscription

KIND = "subscription_schedule"


def new_schedule(unit: UnitOfWork, subscription: Record, metadata: Json) -> Record:
    """A schedule whose only phase is what the subscription does now. Raises ApiError."""
    body = subscription.body
    if body["schedule"]:
        raise ApiError(
            "You cannot migrate a subscription that is already attached to a schedule:"
            f" `{body['schedule']}`.",
            param="from_subscription",
        )
    if body["status"] in (*ENDED, "incomplete") or body["cancel_at"]:
        raise ApiError(
            "A subscription that ends, or that is not paid yet, cannot be migrated to a schedule.",
            param="from_subscription",
        )
    phase = phase_of_subscription(body)
    schedule = unit.create(
        KIND,
        shapes.new(
            KIND,
            id=unit.new_id(KIND),
            created=unit.now,
            current_phase={"end_date": phase["end_date"], "start_date": phase["start_date"]},
            customer=body["customer"],
            metadata=metadata,
            phases=[phase],
            subscription=subscription.id,
            test_clock=unit.test_clock or None,
        ),
    )
    schedule.body["default_settings"]["default_payment_method"] = body["default_payment_method"]
    unit.save(schedule)
    unit.emit(f"{KIND}.created", schedule.body)
    change(unit, subscription, schedule=schedule.id)
    return schedule


def set_phases(unit: UnitOfWork, schedule: Record, phases: list[Json], given: Json) -> None:
    """Replace the phases and what else is given; the clock stops where a phase begins."""
    now = next(one for one in phases if one["start_date"] <= unit.now < one["end_date"])
    with unit.change(schedule, f"{KIND}.updated") as body:
        apply(body, given, ("end_behavior",))
        body["phases"] = phases
        body["current_phase"] = {"end_date": now["end_date"], "start_date": now["start_date"]}
    for phase in phases:
        if phase["end_date"] > unit.now:
            unit.schedule(phase["end_date"], STEP, schedule.body["subscription"])
    subscription = unit.get("subscription", schedule.body["subscription"])
    change(unit, subscription, discounts=begin_phase_discounts(unit, subscription, now))
    unit.save(schedule)


def check_active(schedule: Record, what: str) -> None:
    """Raises ApiError for a schedule that is over."""
    status = schedule.body["status"]
    if status != "active":
        raise ApiError(
            f"You cannot {what} a subscription schedule that is currently in the `{status}` status."
        )


def release_schedule(unit: UnitOfWork, schedule: Record) -> None:
    """Leave the subscription as it is, without a schedule."""
    subscription = unit.get("subscription", schedule.body["subscription"])
    _release(unit, schedule, subscription)


def _release(unit: UnitOfWork, schedule: Record, subscription: Record) -> None:
    with unit.change(schedule) as body:
        body |= {
            "current_phase": None,
            "released_at": unit.now,
            "released_subscription": subscription.id,
            "status": "released",
            "subscription": None,
        }
    unit.emit(f"{KIND}.released", schedule.body)
    change(unit, subscription, schedule=None)


def follow_schedule(unit: UnitOfWork, subscription: Record) -> None:
    """Begin the phase that is due, or end the schedule after its last one."""
    schedule_id = subscription.body["schedule"]
    schedule = unit.find(KIND, schedule_id) if schedule_id else None
    if schedule is None or schedule.body["status"] != "active":
        return
    if schedule.body["current_phase"]["end_date"] > unit.now:
        return
    phase = next((one for one in schedule.body["phases"] if one["start_date"] == unit.now), None)
    if phase is not None:
        with unit.change(schedule, f"{KIND}.updated") as body:
            body["current_phase"] = {"end_date": phase["end_date"], "start_date": unit.now}
        _begin_phase(unit, subscription, phase)
        unit.save(schedule)
    elif schedule.body["end_behavior"] == "cancel":
        _complete(unit, schedule)
        cancel_subscription(unit, subscription, "cancellation_requested")
    else:
        _release(unit, schedule, subscription)


def _complete(unit: UnitOfWork, schedule: Record) -> None:
    with unit.change(schedule) as body:
        body |= {"completed_at": unit.now, "current_phase": None, "status": "completed"}
    unit.emit(f"{KIND}.completed", schedule.body)


def _begin_phase(unit: UnitOfWork, subscription: Record, phase: Json) -> None:
    """At the end of a period nothing is prorated: the renewal bills the new items."""
    body = subscription.body
    rows = phase_rows(unit, body, phase)
    values: Json = {"discounts": begin_phase_discounts(unit, subscription, phase)}
    if phase["metadata"]:
        values["metadata"] = {**body["metadata"], **phase["metadata"]}
    if period_end(body) > unit.now:
        given = {"proration_behavior": phase["proration_behavior"]}
        apply_change(unit, subscription, Change(), values)
        update_subscription(unit, subscription, given, rows)
        reload(unit, subscription)
        return
    if phase["billing_cycle_anchor"] == "phase_start":
        values["billing_cycle_anchor"] = unit.now
    with unit.change(subscription) as changed:
        changed["items"] = {**copy_json(body["items"]), "data": rows}
        changed |= values
