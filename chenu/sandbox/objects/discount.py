"""Discounts: coupons that were redeemed, for a subscription or for a Checkout session."""

from collections.abc import Iterable
from decimal import Decimal

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError, missing
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.billing_periods import Interval
from chenu.sandbox.objects.coupon import check_redeemable, count_redemption
from chenu.sandbox.objects.discount_amounts import Discount
from chenu.sandbox.objects.promotion_code import check_code, redeem_code

_UPDATED = "customer.subscription.updated"


def check_source(
    unit: UnitOfWork, given: Json, customer: Record | None, subtotal: int, where: str
) -> tuple[Record, Record | None]:
    """The coupon and the promotion code that are named; raises ApiError unless redeemable."""
    named = [name for name in ("coupon", "promotion_code") if given.get(name)]
    if len(named) != 1:
        raise ApiError("Give a coupon or a promotion code.", param=where)
    name = f"{where}[{named[0]}]"
    code = None
    coupon_id = given.get("coupon")
    if coupon_id is None:
        code = unit.get("promotion_code", given["promotion_code"], param=name)
        check_code(unit, code, customer, subtotal)
        coupon_id = code.body["promotion"]["coupon"]
    coupon = unit.get("coupon", coupon_id, param=name)
    check_redeemable(coupon, name)
    return coupon, code


def redeem(
    unit: UnitOfWork,
    given: Json,
    customer: Record | None,
    subtotal: int,
    where: str,
    **owner: object,
) -> Record:
    """Redeem what is named, count that, and announce the discount. `owner`: what it is for."""
    coupon, code = check_source(unit, given, customer, subtotal, where)
    months = coupon.body["duration_in_months"]
    end = Interval("month", months).after(unit.now, 1) if months else None
    body = shapes.new(
        "discount",
        id=unit.new_id("discount"),
        customer=customer.id if customer else None,
        end=end,
        promotion_code=code.id if code else None,
        source={"coupon": coupon.id, "type": "coupon"},
        start=unit.now,
        **owner,
    )
    if code is not None:
        redeem_code(unit, code)
    else:
        count_redemption(unit, coupon)
    terms = {
        "amount_off": coupon.body["amount_off"],
        "duration": coupon.body["duration"],
        "has_ended": False,
        **coupon.internal,
    }
    record = unit.create("discount", body, internal=terms)
    unit.emit("customer.discount.created", record.body)
    if end is not None and body["subscription"]:
        unit.schedule(end, "discount_ends", record.id)
    return record


def replaced_discounts(
    unit: UnitOfWork, subscription: Record, given: object, where: str = "discounts"
) -> list[str]:
    """The ids that a subscription has from now on: new ones are redeemed, others stay or end.

    `given` is a parameter: a list, or an empty text for none. The caller writes the result into the
    subscription. Raises ApiError.
    """
    wanted: list[Json] = given if isinstance(given, list) else []
    current: list[str] = subscription.body["discounts"]
    for place, one in enumerate(wanted):
        if one.get("discount") and one["discount"] not in current:
            raise missing("discount", one["discount"], f"{where}[{place}][discount]")
    retained = [one["discount"] for one in wanted if one.get("discount")]
    for discount_id in current:
        if discount_id not in retained:
            _end(unit, unit.get("discount", discount_id))
    customer = unit.get("customer", subscription.body["customer"])
    items = subscription.body["items"]["data"]
    subtotal = sum(item["price"]["unit_amount"] * item["quantity"] for item in items)
    return [
        one.get("discount")
        or redeem(
            unit,
            one,
            customer,
            subtotal,
            f"{where}[{place}]",
            subscription=subscription.id,
        ).id
        for place, one in enumerate(wanted)
    ]


def _end(unit: UnitOfWork, discount: Record) -> None:
    discount.internal["has_ended"] = True
    unit.save(discount)
    unit.emit("customer.discount.deleted", discount.body)


def end_discount(unit: UnitOfWork, subscription: Record, discount: Record) -> None:
    """Take it off its subscription; invoices that were made with it keep it."""
    _end(unit, discount)
    with unit.change(subscription, _UPDATED) as body:
        body["discounts"] = [one for one in body["discounts"] if one != discount.id]


@task("discount_ends")
def _end_in_time(unit: UnitOfWork, discount_id: str) -> None:
    discount = unit.get("discount", discount_id)
    subscription = unit.find("subscription", discount.body["subscription"])
    if subscription is not None and discount_id in subscription.body["discounts"]:
        end_discount(unit, subscription, discount)


def discounts_in_force(
    unit: UnitOfWork, ids: Iterable[str], *, with_once: bool = True
) -> tuple[Discount, ...]:
    """As they apply to an invoice that is made now."""
    records = [unit.get("discount", one) for one in ids]
    return tuple(
        _terms(one)
        for one in records
        if (one.body["end"] is None or unit.now < one.body["end"])
        and (with_once or one.internal["duration"] != "once")
    )


def _terms(record: Record) -> Discount:
    hidden = record.internal
    percentage, products = hidden["percent_off"], hidden["products"]
    return Discount(
        record.id,
        Decimal(percentage) if percentage else None,
        hidden["amount_off"],
        frozenset(products) if products else None,
    )


def source_terms(coupon: Record) -> Discount:
    """A coupon that is not redeemed yet, as it will apply."""
    hidden = coupon.internal
    products = hidden["products"]
    return Discount(
        coupon.id,
        Decimal(hidden["percent_off"]) if hidden["percent_off"] else None,
        coupon.body["amount_off"],
        frozenset(products) if products else None,
    )


def use_up(unit: UnitOfWork, subscription: Record, invoice: Json) -> None:
    """A discount for once ends with the first invoice that it takes something off."""
    for one in invoice["total_discount_amounts"]:
        if one["discount"] in subscription.body["discounts"] and one["amount"] > 0:
            discount = unit.get("discount", one["discount"])
            if discount.internal["duration"] == "once":
                end_discount(unit, subscription, discount)


def begin_phase_discounts(unit: UnitOfWork, subscription: Record, phase: Json) -> list[str]:
    """The ids that hold in a phase: those that it lists, and no others.

    What has ended, or cannot be redeemed any more, is left out. The phase names what was redeemed.
    """
    current = subscription.body["discounts"]
    listed = [one for one in phase["discounts"] if _can_begin(unit, subscription, one, current)]
    given = [{name: value for name, value in one.items() if value} for one in listed]
    ids = replaced_discounts(unit, subscription, given, "phases[discounts]")
    phase["discounts"] = [{"coupon": None, "discount": one, "promotion_code": None} for one in ids]
    return ids


def _can_begin(unit: UnitOfWork, subscription: Record, one: Json, current: list[str]) -> bool:
    if one["discount"]:
        return one["discount"] in current
    customer = unit.get("customer", subscription.body["customer"])
    try:
        check_source(unit, one, customer, 99_999_999, "discounts")
    except ApiError:
        return False
    return True


def deleted_discount(discount: Record) -> Json:
    """The answer to taking a discount away."""
    return {**copy_json(discount.body), "deleted": True}
