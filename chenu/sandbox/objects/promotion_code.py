"""Promotion codes: what customers type to redeem a coupon."""

import re

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError, Refused, unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import Condition, Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.coupon import count_redemption
from chenu.sandbox.objects.customer import get_customer
from chenu.sandbox.objects.parameters import apply, check_currency, check_positive

_CODE = re.compile(r"[A-Za-z0-9-]{1,500}")
_GENERATED = 8


def new_promotion_code(unit: UnitOfWork, parameters: Json) -> Record:
    """Create and announce. Raises ApiError for a code that is taken or limits that do not fit."""
    unit = unit.on_global_clock()
    coupon = _coupon(unit, parameters["promotion"])
    if "customer" in parameters:
        get_customer(unit, parameters["customer"])
    code = parameters.get("code") or unit.token(_GENERATED).upper()
    if not _CODE.fullmatch(code):
        raise Refused("A code consists of letters, digits and dashes.", param="code")
    _check_limits(unit, coupon, parameters)
    body = shapes.new(
        "promotion_code",
        id=unit.new_id("promotion_code"),
        code=code,
        created=unit.now,
        promotion={"coupon": coupon.id, "type": "coupon"},
        restrictions=_restrictions(parameters.get("restrictions") or {}),
    )
    apply(body, parameters, ("active", "customer", "expires_at", "max_redemptions"))
    if body["active"]:
        _check_unique(unit, body)
    record = unit.create("promotion_code", body)
    if body["expires_at"] is not None:
        unit.schedule(body["expires_at"] + 1, "promotion_code_ends", record.id)
    unit.emit("promotion_code.created", record.body)
    return record


def _coupon(unit: UnitOfWork, promotion: Json) -> Record:
    if "coupon" not in promotion:
        raise Refused(
            "Missing required param: promotion[coupon].",
            code="parameter_missing",
            param="promotion[coupon]",
        )
    coupon = unit.get("coupon", promotion["coupon"], param="promotion[coupon]")
    if not coupon.body["valid"]:
        raise ApiError("This coupon is not valid any more.", param="promotion[coupon]")
    return coupon


def _check_limits(unit: UnitOfWork, coupon: Record, parameters: Json) -> None:
    most = parameters.get("max_redemptions")
    if most is not None:
        check_positive(most, "max_redemptions")
        if most > (coupon.body["max_redemptions"] or most):
            raise ApiError(
                "max_redemptions cannot be greater than the coupon's max_redemptions.",
                param="max_redemptions",
            )
    ends = parameters.get("expires_at")
    if ends is None:
        return
    if ends <= unit.now:
        raise ApiError("Invalid timestamp: expires_at has to be in the future.", param="expires_at")
    if ends > (coupon.body["redeem_by"] or ends):
        raise ApiError("expires_at cannot be after the coupon's redeem_by.", param="expires_at")


def _restrictions(given: Json) -> Json:
    if "currency_options" in given:
        raise unsupported("more than one currency", "restrictions[currency_options]")
    minimum = given.get("minimum_amount")
    if (minimum is None) != ("minimum_amount_currency" not in given):
        raise Refused(
            "minimum_amount and minimum_amount_currency go together.",
            param="restrictions[minimum_amount]",
        )
    if minimum is not None:
        check_positive(minimum, "restrictions[minimum_amount]")
        currency_name = "restrictions[minimum_amount_currency]"
        check_currency(given["minimum_amount_currency"], currency_name)
    return {
        "first_time_transaction": given.get("first_time_transaction", False),
        "minimum_amount": minimum,
        "minimum_amount_currency": given.get("minimum_amount_currency"),
    }


def same_code(code: str) -> Condition:
    """Codes are compared without regard to case."""
    return Condition("lower(json_extract(body, '$.code')) = lower(?)", (code,))


def _check_unique(unit: UnitOfWork, body: Json) -> None:
    """Among the active codes for the same customer, or for everybody."""
    filters: list[Filter | Condition] = [
        same_code(body["code"]),
        Filter("active", "=", 1),
        Filter("customer", "IS", body["customer"]),
    ]
    if unit.store.select("promotion_code", unit.account, filters, limit=1):
        raise ApiError(
            f"An active promotion code with `code: {body['code']}` already exists.", param="code"
        )


def set_active(unit: UnitOfWork, body: Json, *, active: bool) -> None:
    """Only a code that can still be redeemed is activated again. `body`: what is being changed."""
    if active and not body["active"]:
        if not _is_redeemable(unit, body):
            raise ApiError(
                "This promotion code cannot be activated: it or its coupon has expired or was"
                " redeemed as often as possible.",
                param="active",
            )
        _check_unique(unit, body)
    body["active"] = active


def _is_redeemable(unit: UnitOfWork, body: Json) -> bool:
    coupon = unit.find("coupon", body["promotion"]["coupon"])
    ends, most = body["expires_at"], body["max_redemptions"]
    return (
        coupon is not None
        and bool(coupon.body["valid"])
        and (ends is None or unit.global_now <= ends)
        and (most is None or body["times_redeemed"] < most)
    )


def check_code(unit: UnitOfWork, record: Record, customer: Record | None, subtotal: int) -> None:
    """Raises ApiError unless this customer may redeem the code for that amount."""
    name = "promotion_code"
    if not record.body["active"]:
        raise ApiError(
            "This promotion code cannot be redeemed because it is not active.",
            code="promotion_code_expired" if record.body["expires_at"] else None,
            param=name,
        )
    wanted = record.body["customer"]
    if wanted and (customer is None or customer.id != wanted):
        raise ApiError("This promotion code is for another customer.", param=name)
    restrictions = record.body["restrictions"]
    if restrictions["first_time_transaction"] and _has_bought(unit, customer):
        raise ApiError(
            "This promotion code cannot be redeemed because the associated customer has prior"
            " transactions.",
            param=name,
        )
    if subtotal < (restrictions["minimum_amount"] or 0):
        raise ApiError(
            "This promotion code cannot be redeemed because the amount is below its minimum.",
            param=name,
        )


def _has_bought(unit: UnitOfWork, customer: Record | None) -> bool:
    if customer is None:
        return False
    of_customer = Filter("customer", "=", customer.id)
    return any(
        unit.store.select(kind, unit.account, [of_customer, Filter("status", "=", status)], limit=1)
        for kind, status in (("invoice", "paid"), ("payment_intent", "succeeded"))
    )


def redeem_code(unit: UnitOfWork, record: Record) -> None:
    """Count one redemption of the code and of its coupon."""
    with unit.on_global_clock().change(record, "promotion_code.updated") as body:
        body["times_redeemed"] += 1
        if body["times_redeemed"] == body["max_redemptions"]:
            body["active"] = False
    coupon = unit.get("coupon", record.body["promotion"]["coupon"])
    count_redemption(unit, coupon)


@task("promotion_code_ends")
def _end(unit: UnitOfWork, code_id: str) -> None:
    record = unit.get("promotion_code", code_id)
    with unit.change(record) as body:
        body["active"] = False
