"""Coupons: what they take off, and how often and until when they can be redeemed."""

from decimal import Decimal

from chenu.sandbox.config import CURRENCY
from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.errors import ApiError, Refused
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply, check_currency, check_positive

_LONGEST_NAME = 40
_LONGEST_LIFE = 5 * 366 * DAY
_SHORT_ID = 8


def new_coupon(unit: UnitOfWork, parameters: Json) -> Record:
    """Create and announce. Raises ApiError for terms that contradict each other."""
    unit = unit.on_global_clock()
    _check_terms(parameters)
    _check_duration(parameters)
    check_name(parameters)
    _check_limits(unit, parameters)
    coupon_id = parameters.get("id") or unit.token(_SHORT_ID)
    if unit.find("coupon", coupon_id):
        raise ApiError("Coupon already exists.", code="resource_already_exists", param="id")
    body = shapes.new("coupon", id=coupon_id, created=unit.now)
    apply(body, parameters, ("duration", "duration_in_months", "max_redemptions", "redeem_by"))
    apply(body, parameters, ("amount_off", "name"))
    if "amount_off" in parameters:
        body["currency"] = CURRENCY
    if "percent_off" in parameters:
        body["percent_off"] = _shown_percentage(parameters["percent_off"])
    coupon = unit.create("coupon", body, internal=_hidden_terms(unit, parameters))
    if body["redeem_by"] is not None:
        unit.schedule(body["redeem_by"] + 1, "coupon_ends", coupon_id)
    unit.emit("coupon.created", coupon.body)
    return coupon


def _check_terms(parameters: Json) -> None:
    given = [name for name in ("percent_off", "amount_off") if name in parameters]
    if len(given) != 1:
        raise Refused(
            "You must specify exactly one of percent_off and amount_off.",
            code=None if given else "parameter_missing",
            param="percent_off",
        )
    if "currency_options" in parameters:
        raise Refused("This sandbox only handles one currency.", param="currency_options")
    if "percent_off" in parameters:
        if not 0 < parameters["percent_off"] <= 100:
            raise Refused(
                "Invalid percent_off: it has to be larger than 0, and at most 100.",
                param="percent_off",
            )
        return
    check_positive(parameters["amount_off"], "amount_off")
    if "currency" not in parameters:
        raise Refused(
            "You must pass currency when passing amount_off.",
            code="parameter_missing",
            param="currency",
        )
    check_currency(parameters["currency"])


def _check_duration(parameters: Json) -> None:
    repeats = parameters.get("duration", "once") == "repeating"
    if repeats != ("duration_in_months" in parameters):
        raise Refused(
            "duration_in_months is required for the duration repeating, and for no other.",
            code="parameter_missing" if repeats else None,
            param="duration_in_months",
        )
    if repeats:
        check_positive(parameters["duration_in_months"], "duration_in_months")


def check_name(parameters: Json) -> None:
    if len(parameters.get("name") or "") > _LONGEST_NAME:
        raise Refused(
            f"Invalid string: a name has at most {_LONGEST_NAME} characters.", param="name"
        )


def _check_limits(unit: UnitOfWork, parameters: Json) -> None:
    if "max_redemptions" in parameters:
        check_positive(parameters["max_redemptions"], "max_redemptions")
    ends = parameters.get("redeem_by")
    if ends is not None and not unit.now < ends <= unit.now + _LONGEST_LIFE:
        raise ApiError(
            "Invalid timestamp: redeem_by has to be in the future, and within five years.",
            param="redeem_by",
        )


def _shown_percentage(percentage: Decimal) -> int | float:
    """As the API writes it: a JSON number. Amounts are computed from the exact text."""
    whole = percentage.to_integral_value()
    return int(whole) if whole == percentage else float(percentage)


def _hidden_terms(unit: UnitOfWork, parameters: Json) -> Json:
    products = (parameters.get("applies_to") or {}).get("products")
    for place, product_id in enumerate(products or []):
        unit.get("product", product_id, param=f"applies_to[products][{place}]")
    percentage = parameters.get("percent_off")
    return {
        "percent_off": None if percentage is None else str(percentage),
        "products": products or None,
    }


def find_coupon(unit: UnitOfWork, coupon_id: str) -> Record | None:
    """Also a deleted one, which discounts that were made before still name."""
    return unit.find("coupon", coupon_id) or unit.find("deleted_coupon", coupon_id)


def check_redeemable(coupon: Record, param: str) -> None:
    """Raises ApiError for a coupon that has ended or was redeemed as often as it may be."""
    if not coupon.body["valid"]:
        raise ApiError(
            f"Coupon {coupon.id} is expired and cannot be applied.",
            code="coupon_expired",
            param=param,
        )


def count_redemption(unit: UnitOfWork, coupon: Record) -> None:
    """One more; the last one that is possible makes the coupon invalid."""
    unit = unit.on_global_clock()
    with unit.change(coupon, "coupon.updated") as body:
        body["times_redeemed"] += 1
        if body["times_redeemed"] == body["max_redemptions"]:
            body["valid"] = False
    if not coupon.body["valid"]:
        _deactivate_codes(unit, coupon.id)


def delete_coupon(unit: UnitOfWork, coupon: Record) -> None:
    """Nobody can redeem it any more; discounts that were made with it go on."""
    former = unit.find("deleted_coupon", coupon.id)
    if former is not None:
        unit.store.delete(former)
    unit.on_global_clock().emit("coupon.deleted", coupon.body)
    coupon.body["valid"] = False
    unit.save(coupon)
    unit.store.rename(coupon, "deleted_coupon")
    _deactivate_codes(unit, coupon.id)


def _deactivate_codes(unit: UnitOfWork, coupon_id: str) -> None:
    filters = [Filter("promotion.coupon", "=", coupon_id), Filter("active", "=", 1)]
    for code in unit.store.select("promotion_code", unit.account, filters):
        with unit.on_global_clock().change(code, "promotion_code.updated") as body:
            body["active"] = False


@task("coupon_ends")
def _end(unit: UnitOfWork, coupon_id: str) -> None:
    coupon = unit.find("coupon", coupon_id)
    ends = coupon.body["redeem_by"] if coupon else None
    if coupon is None or ends is None or ends >= unit.now:
        return
    with unit.change(coupon) as body:
        body["valid"] = False
    _deactivate_codes(unit, coupon_id)
