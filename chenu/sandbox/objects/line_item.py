"""The lines of a Checkout session: what is sold, how many, for how much."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError, unsupported
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.unit_of_work import UnitOfWork
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


def build_lines(unit: UnitOfWork, given: list[Json]) -> list[Json]:
    """Line items in the API's shape; raises ApiError."""
    if len(given) > _MOST_LINES:
        raise ApiError(f"At most {_MOST_LINES} line items are possible.", param="line_items")
    lines = [_line(unit, line, f"line_items[{place}]") for place, line in enumerate(given)]
    total = sum(line["amount_total"] for line in lines)
    if total < SMALLEST_CHARGE:
        raise ApiError(
            "The Checkout Session's total amount due must add up to at least €0.50 eur",
            code="amount_too_small",
        )
    check_largest(total, "line_items")
    return lines


def _line(unit: UnitOfWork, given: Json, where: str) -> Json:
    refuse_unsupported(given, _SUPPORTED, "line_items")
    quantity = given["quantity"]
    if quantity < 1:
        raise ApiError(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param=f"{where}[quantity]",
        )
    price, name = _stored_price(unit, given, where) if "price" in given else _new_price(unit, given)
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
    if price["recurring"]:
        raise ApiError(
            "You specified `payment` mode but passed a recurring price. Either switch to"
            " `subscription` mode or use only one-time prices.",
            param=f"{where}[price]",
        )
    return copy_json(price), product["name"]


def _new_price(unit: UnitOfWork, given: Json) -> tuple[Json, str]:
    """`price_data` makes an inactive price that only this session uses."""
    data = given["price_data"]
    check_currency(data["currency"], "currency")
    if data.get("recurring"):
        raise unsupported("recurring prices in payment mode")
    if "product" in data:
        product = unit.get("product", data["product"], param="line_items[price_data][product]")
    else:
        product = announce_product(unit, new_product(unit, data["product_data"]))
    body = describe_price(unit, data, product.id)
    body["active"] = False
    unit.create("price", body)
    return copy_json(body), product.body["name"]
