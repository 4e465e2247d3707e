"""The lines of a Checkout session: what is sold, how many, for how much."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError, unsupported
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.billing_periods import Interval
from chenu.sandbox.objects.parameters import (
    SMALLEST_CHARGE,
    check_currency,
    check_largest,
    refuse_unsupported,
)
from chenu.sandbox.objects.price import describe_price
from chenu.sandbox.objects.product import announce_product, new_product

_SUPPORTED = ("price", "price_data", "quantity")
_MOST_LINES = 100


def build_lines(
    unit: UnitOfWork, given: list[Json], mode: str = "payment", *, is_trial: bool = False
) -> list[Json]:
    """Line items in the API's shape; raises ApiError. In a trial nothing is due."""
    if len(given) > _MOST_LINES:
        raise ApiError(f"At most {_MOST_LINES} line items are possible.", param="line_items")
    lines = [_line(unit, line, f"line_items[{place}]", mode) for place, line in enumerate(given)]
    if mode == "subscription":
        _check_intervals(lines)
    if is_trial:
        for line in lines:
            line |= {"amount_subtotal": 0, "amount_total": 0}
        return lines
    total = sum(line["amount_total"] for line in lines)
    if total < SMALLEST_CHARGE and (total or mode == "payment"):
        raise ApiError(
            "The Checkout Session's total amount due must add up to at least €0.50 eur",
            code="amount_too_small",
        )
    check_largest(total, "line_items")
    return lines


def _line(unit: UnitOfWork, given: Json, where: str, mode: str) -> Json:
    refuse_unsupported(given, _SUPPORTED, "line_items")
    quantity = given["quantity"]
    if quantity < 1:
        raise ApiError(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param=f"{where}[quantity]",
        )
    if "price" in given:
        price, name = _stored_price(unit, given, where)
    else:
        price, name = _new_price(unit, given)
    _check_mode(price, mode, where)
    amount = price["unit_amount"] * quantity
    return shapes.new(
        "item",
        id=unit.new_id("item"),
        amount_subtotal=amount,
        amount_total=amount,
        description=name,
        price=price,
        quantity=quantity,
    )


def _stored_price(unit: UnitOfWork, given: Json, where: str) -> tuple[Json, str]:
    price = unit.get("price", given["price"], param=f"{where}[price]").body
    if not price["active"]:
        raise ApiError(
            "The price specified is inactive. This field only accepts active prices.",
            param=f"{where}[price]",
        )
    product = unit.get("product", price["product"]).body
    if not product["active"]:
        raise ApiError("The product of this price is not active.", param=f"{where}[price]")
    return copy_json(price), product["name"]


def _check_mode(price: Json, mode: str, where: str) -> None:
    if price["recurring"] and mode == "payment":
        raise ApiError(
            "You specified `payment` mode but passed a recurring price. Either switch to"
            " `subscription` mode or use only one-time prices.",
            param=f"{where}[price]",
        )
    if not price["recurring"] and mode == "subscription":
        raise unsupported("one-time prices beside a subscription", f"{where}[price]")


def _check_intervals(lines: list[Json]) -> None:
    if len({Interval.of(line["price"]) for line in lines}) > 1:
        raise unsupported("prices of several intervals in one subscription", "line_items")


def _new_price(unit: UnitOfWork, given: Json) -> tuple[Json, str]:
    """`price_data` makes an inactive price that only this session uses."""
    data = given["price_data"]
    check_currency(data["currency"], "currency")
    if "product" in data:
        product = unit.get("product", data["product"], param="line_items[price_data][product]")
    else:
        product = announce_product(unit, new_product(unit, data["product_data"]))
    body = describe_price(unit, data, product.id)
    body |= {"active": False, "tax_behavior": data.get("tax_behavior", "unspecified")}
    unit.create("price", body)
    return copy_json(body), product.body["name"]
