"""The phases of subscription schedules: read from parameters, and turned into items."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError, unsupported
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.billing_periods import Interval
from chenu.sandbox.objects.parameters import refuse_unsupported
from chenu.sandbox.objects.subscription_item import (
    interval_of,
    items_of,
    new_item,
    period_end,
    period_start,
    recurring_price,
    set_period,
)

_SUPPORTED = (
    "billing_cycle_anchor",
    "currency",
    "discounts",
    "duration",
    "end_date",
    "items",
    "proration_behavior",
    "start_date",
    "trial",
    "trial_end",
)
_MOST_PHASES = 10


def phase_of_subscription(body: Json) -> Json:
    """The phase that a subscription is in: its current period."""
    return shapes.new(
        "schedule_phase",
        discounts=[_discount({"discount": one}) for one in body["discounts"]],
        end_date=period_end(body),
        items=[
            _item(item["price"]["id"], item["quantity"], item["metadata"])
            for item in items_of(body)
        ],
        start_date=period_start(body),
        trial_end=body["trial_end"] if body["status"] == "trialing" else None,
    )


def _item(price_id: str, quantity: int, metadata: Json) -> Json:
    return {
        "billing_thresholds": None,
        "discounts": [],
        "metadata": dict(metadata),
        "plan": price_id,
        "price": price_id,
        "quantity": quantity,
        "tax_rates": [],
    }


def _discount(given: Json) -> Json:
    return {name: given.get(name) for name in ("coupon", "discount", "promotion_code")}


def read_phases(unit: UnitOfWork, schedule: Json, given: list[Json]) -> list[Json]:
    """The phases of an update, each beginning where the one before ends; raises ApiError."""
    if not 1 <= len(given) <= _MOST_PHASES:
        raise ApiError(f"A schedule has between 1 and {_MOST_PHASES} phases.", param="phases")
    phases: list[Json] = []
    start = _first_start(unit, schedule, given[0])
    for place, one in enumerate(given):
        where = f"phases[{place}]"
        refuse_unsupported(one, _SUPPORTED, "subscription_schedules.update")
        if place and one.get("start_date", start) != start:
            raise ApiError(
                "The start date of a phase must be the end date of the phase before.",
                param=f"{where}[start_date]",
            )
        phases.append(_phase(unit, one, start, where))
        start = phases[-1]["end_date"]
    _check_current(unit.get("subscription", schedule["subscription"]).body, phases[0])
    _check_intervals(unit, phases)
    current = schedule["current_phase"]
    if phases[0]["start_date"] != current["start_date"] or phases[0]["end_date"] <= unit.now:
        raise ApiError(
            "The first phase has to be the current one: it may end later, not in the past.",
            param="phases[0][end_date]",
        )
    return phases


def _check_current(subscription: Json, phase: Json) -> None:
    """Raises Refused for a current phase that is not what the subscription does.

    Stripe would change the subscription at once, and end a trial that the phase does not name.
    """
    does = {(one["price"]["id"], one["quantity"]) for one in items_of(subscription)}
    if does != {(one["price"], one["quantity"]) for one in phase["items"]}:
        raise unsupported("other items in the current phase", "phases[0][items]")
    is_trial = subscription["status"] == "trialing"
    if is_trial and phase["trial_end"] != subscription["trial_end"]:
        raise unsupported(
            "a current phase without the `trial_end` of the trial", "phases[0][trial_end]"
        )


def _check_intervals(unit: UnitOfWork, phases: list[Json]) -> None:
    """Raises Refused where another interval would keep the old anchor.

    Stripe then bills nothing at the beginning of the phase, which nobody wants.
    """
    intervals = [
        {Interval.of(unit.get("price", item["price"]).body) for item in phase["items"]}
        for phase in phases
    ]
    for place in range(1, len(phases)):
        anchor = phases[place]["billing_cycle_anchor"]
        if intervals[place] != intervals[place - 1] and anchor != "phase_start":
            raise unsupported(
                "a phase of another interval without billing_cycle_anchor=phase_start",
                f"phases[{place}][billing_cycle_anchor]",
            )


def _first_start(unit: UnitOfWork, schedule: Json, first: Json) -> int:
    current = int(schedule["current_phase"]["start_date"])
    given = first.get("start_date", current)
    if given != current:
        raise ApiError(
            "You can not modify the start date of the current phase.",
            param="phases[0][start_date]",
        )
    return current


def _phase(unit: UnitOfWork, given: Json, start: int, where: str) -> Json:
    rows = [
        _read_item(unit, one, f"{where}[items][{place}]")
        for place, one in enumerate(given["items"])
    ]
    trial_end = given.get("trial_end")
    end = _end(given, start, where)
    if given.get("trial"):
        trial_end = end
    if trial_end and given.get("billing_cycle_anchor") == "phase_start":
        raise ApiError(
            "`billing_cycle_anchor` cannot be `phase_start` in a phase with a trial.",
            param=f"{where}[billing_cycle_anchor]",
        )
    return shapes.new(
        "schedule_phase",
        billing_cycle_anchor=given.get("billing_cycle_anchor"),
        discounts=read_discounts(unit, given.get("discounts") or [], f"{where}[discounts]"),
        end_date=end,
        items=rows,
        metadata=given.get("metadata") or {},
        proration_behavior=given.get("proration_behavior", "create_prorations"),
        start_date=start,
        trial_end=trial_end,
    )


def _read_item(unit: UnitOfWork, given: Json, where: str) -> Json:
    refuse_unsupported(given, ("price", "quantity"), "subscription_schedules.update")
    price = recurring_price(unit, given.get("price", ""), f"{where}[price]")
    return _item(price["id"], given.get("quantity", 1), given.get("metadata") or {})


def read_discounts(unit: UnitOfWork, given: list[Json], where: str) -> list[Json]:
    """What a phase lists: coupons, promotion codes or discounts that exist; raises ApiError."""
    for place, one in enumerate(given):
        for kind, object_id in one.items():
            unit.get(kind, object_id, param=f"{where}[{place}][{kind}]")
    return [_discount(one) for one in given]


def _end(given: Json, start: int, where: str) -> int:
    if "duration" in given and "end_date" not in given:
        duration = given["duration"]
        interval = Interval(duration["interval"], duration.get("interval_count", 1))
        return interval.after(start, 1)
    end = given.get("end_date")
    if not isinstance(end, int):
        raise ApiError(
            "Each phase needs an `end_date` or a `duration`.",
            code="parameter_missing",
            param=f"{where}[end_date]",
        )
    if end <= start:
        raise ApiError("A phase ends after it begins.", param=f"{where}[end_date]")
    return end


def phase_rows(unit: UnitOfWork, body: Json, phase: Json) -> list[Json]:
    """The items of a subscription in a phase: those with the same price stay the same items."""
    known = {item["price"]["id"]: item for item in items_of(body)}
    rows = []
    for wanted in phase["items"]:
        item = known.get(wanted["price"])
        if item is None:
            price = unit.get("price", wanted["price"]).body
            item = new_item(unit, body["id"], price, wanted["quantity"])
            set_period([item], period_start(body), period_end(body))
        row = copy_json(item)
        row |= {"metadata": wanted["metadata"] or row["metadata"], "quantity": wanted["quantity"]}
        rows.append(row)
    interval_of(rows)
    return rows
