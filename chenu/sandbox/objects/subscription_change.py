"""Changes of a subscription's items and periods: what they cost, and when they take effect."""

from dataclasses import dataclass, field

from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.billing_periods import next_boundary
from chenu.sandbox.objects.discount import discounts_in_force
from chenu.sandbox.objects.discount_amounts import Discountable, amounts_off
from chenu.sandbox.objects.invoice_item import Proration, new_proration
from chenu.sandbox.objects.subscription import forget_debits, schedule_steps
from chenu.sandbox.objects.subscription_billing import Bill, draft_bill
from chenu.sandbox.objects.subscription_item import (
    amount_of,
    change_metadata,
    interval_of,
    items_of,
    new_item,
    period_end,
    period_start,
    recurring_price,
    set_period,
    set_price,
)
from chenu.sandbox.objects.subscription_lines import credit, debit_of_item, debit_rest

_MOST_ITEMS = 20


@dataclass
class Change:
    """A planned change: what the subscription's body will be, and what has to be billed."""

    patch: Json = field(default_factory=dict)
    prorations: list[Proration] = field(default_factory=list)
    credited: list[str] = field(default_factory=list)
    """The ids of the items whose debits are given back."""
    is_new_period: bool = False
    """The billing anchor moves to now, and a whole period is due at once."""
    behavior: str = "create_prorations"
    moment: int = 0
    discounts: list[str] = field(default_factory=list)

    @property
    def is_billed_now(self) -> bool:
        return self.is_new_period or (self.behavior == "always_invoice" and bool(self.prorations))

    @property
    def items(self) -> list[Json]:
        rows: list[Json] = self.patch["items"]["data"]
        return rows


def plan_change(
    unit: UnitOfWork,
    subscription: Record,
    given: Json,
    rows: list[Json] | None = None,
    discounts: list[str] | None = None,
) -> Change:
    """Work out what the parameters of an update mean. Raises ApiError; changes nothing.

    `rows`: what the items will be, when they are not named by parameters. `discounts`: those that
    it will have, when they change with the items.
    """
    body = subscription.body
    plan = Change(
        behavior=given.get("proration_behavior", "create_prorations"),
        moment=_moment(unit, body, given),
        discounts=body["discounts"] if discounts is None else discounts,
    )
    before = items_of(body)
    after = rows or _changed_items(unit, subscription, given.get("items") or [])
    plan.patch["items"] = {**copy_json(body["items"]), "data": after}
    _plan_period(unit, body, given, plan)
    if body["status"] in ("active", "past_due", "unpaid") and plan.behavior != "none":
        _plan_prorations(unit, subscription, before, plan)
    return plan


def _moment(unit: UnitOfWork, body: Json, given: Json) -> int:
    moment = given.get("proration_date")
    if moment is None:
        return unit.now
    if not period_start(body) <= moment <= period_end(body):
        raise ApiError(
            "Cannot specify a `proration_date` that is outside of the current period.",
            param="proration_date",
        )
    return int(moment)


def _changed_items(unit: UnitOfWork, subscription: Record, given: list[Json]) -> list[Json]:
    rows = copy_json(subscription.body["items"])["data"]
    known = {row["id"]: row for row in rows}
    for place, one in enumerate(given):
        where = f"items[{place}]"
        if "id" not in one:
            rows.append(_added_item(unit, subscription, one, rows, where))
            continue
        row = known.get(one["id"])
        if row is None:
            raise ApiError(
                f"No such subscription item: '{one['id']}'",
                code="resource_missing",
                param=f"{where}[id]",
            )
        if one.get("deleted"):
            rows.remove(row)
            continue
        if "price" in one:
            set_price(row, recurring_price(unit, one["price"], f"{where}[price]"))
        row["quantity"] = one.get("quantity", row["quantity"])
        change_metadata(row, one)
    if not rows:
        raise ApiError("A subscription must have at least one active item.", param="items")
    if len(rows) > _MOST_ITEMS:
        raise ApiError(f"A subscription has at most {_MOST_ITEMS} items.", param="items")
    return list(rows)


def _added_item(
    unit: UnitOfWork, subscription: Record, given: Json, rows: list[Json], where: str
) -> Json:
    if "price" not in given:
        raise ApiError(
            f"Missing required param: {where}[price].",
            code="parameter_missing",
            param=f"{where}[price]",
        )
    if any(row["price"]["id"] == given["price"] for row in rows):
        raise ApiError(
            f"Cannot add multiple subscription items with the same price: {given['price']}",
            param=where,
        )
    price = recurring_price(unit, given["price"], f"{where}[price]")
    row = new_item(unit, subscription.id, price, given.get("quantity", 1))
    change_metadata(row, given)
    set_period([row], period_start(subscription.body), period_end(subscription.body))
    return row


def _plan_period(unit: UnitOfWork, body: Json, given: Json, plan: Change) -> None:
    """A new interval, a new anchor and the end of a trial begin a new period."""
    interval = interval_of(plan.items)
    trial_end = given.get("trial_end")
    anchor = (given.get("billing_cycle_anchor") or {}).get("type", "unchanged")
    _check_trial(unit, body, trial_end, anchor)
    if trial_end == "now":
        plan.patch |= {"status": "active", "trial_end": unit.now}
    elif trial_end is not None:
        plan.patch |= {"billing_cycle_anchor": trial_end, "trial_end": trial_end}
        for item in plan.items:
            item["current_period_end"] = trial_end
        return
    elif body["status"] == "trialing":
        return
    before = items_of(body)
    plan.is_new_period = (
        trial_end == "now"
        or anchor == "now"
        or interval != interval_of(before)
        or (_is_free(before) and not _is_free(plan.items))
    )
    if plan.is_new_period:
        plan.patch["billing_cycle_anchor"] = unit.now
        set_period(plan.items, unit.now, next_boundary(unit.now, interval, unit.now))


def _check_trial(unit: UnitOfWork, body: Json, trial_end: int | str | None, anchor: str) -> None:
    """Raises ApiError: only a trial that runs has an end to move, and it keeps its anchor."""
    is_trial = body["status"] == "trialing"
    if trial_end is not None and not is_trial:
        raise ApiError("This sandbox only moves the end of a trial that runs.", param="trial_end")
    if isinstance(trial_end, int) and trial_end <= unit.now:
        raise ApiError("Timestamp must be in the future.", param="trial_end")
    if anchor == "now" and is_trial:
        raise ApiError(
            "You cannot reset the billing_cycle_anchor of a trial: end the trial instead.",
            param="billing_cycle_anchor",
        )


def _is_free(items: list[Json]) -> bool:
    return not any(amount_of(item) for item in items)


def _plan_prorations(
    unit: UnitOfWork, subscription: Record, before: list[Json], plan: Change
) -> None:
    """Credits for what is not used up, then debits for the rest of the period."""
    debits = subscription.internal["debits"]
    unchanged = {_terms(item) for item in plan.items}
    old = [one for one in before if plan.is_new_period or _terms(one) not in unchanged]
    for item in old:
        if item["id"] in debits:
            plan.credited.append(item["id"])
            given_back = credit(unit, debits[item["id"]], item, plan.moment)
            plan.prorations += [given_back] if given_back else []
    if not plan.is_new_period:
        known = {_terms(item) for item in before}
        off = _discounts_of_items(unit, plan)
        plan.prorations += [
            debit_rest(unit, item, plan.moment, off[item["id"]])
            for item in plan.items
            if _terms(item) not in known
        ]


def _discounts_of_items(unit: UnitOfWork, plan: Change) -> dict[str, list[Json]]:
    """What discounts take off a whole period of each item; those for once wait for a renewal."""
    discounts = discounts_in_force(unit, plan.discounts, with_once=False)
    lines = [Discountable(amount_of(item), item["price"]["product"]) for item in plan.items]
    return {
        item["id"]: [{"amount": off, "discount": one} for one, off in taken]
        for item, taken in zip(plan.items, amounts_off(lines, discounts), strict=True)
    }


def _terms(item: Json) -> tuple[str, str, int]:
    return item["id"], item["price"]["id"], item["quantity"]


def charge_prorations(unit: UnitOfWork, subscription: Record, plan: Change) -> None:
    """Make the invoice items of a plan; they wait for an invoice."""
    waiting = [new_proration(unit, subscription, one) for one in plan.prorations]
    plan.patch["debits"] = {
        one.body["parent"]["subscription_details"]["subscription_item"]: debit_of_item(one)
        for one in waiting
        if one.body["amount"] > 0
    }


def apply_change(unit: UnitOfWork, subscription: Record, plan: Change, values: Json) -> None:
    """Let a plan, and other values of the body, take effect."""
    debits = plan.patch.pop("debits", {})
    forget_debits(subscription, plan.credited)
    subscription.internal["debits"] |= debits
    with unit.change(subscription, "customer.subscription.updated") as body:
        body |= {**plan.patch, **values}
        if body["cancel_at_period_end"]:
            body["cancel_at"] = period_end(body)
    schedule_steps(unit, subscription)


def draft_change(
    unit: UnitOfWork, subscription: Record, plan: Change, *, is_pending: bool = False
) -> Record:
    """The draft that bills a plan now."""
    items = plan.items if plan.is_new_period else []
    date = plan.moment if plan.prorations else None
    bill = Bill("subscription_update", items, proration_date=date, is_pending=is_pending)
    return draft_bill(unit, subscription, bill)
