"""The items of subscriptions: which price, how many, for which period."""

from collections.abc import Iterable

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Condition, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.billing_periods import Interval
from chenu.sandbox.objects.parameters import merge_metadata


def new_item(unit: UnitOfWork, subscription_id: str, price: Json, quantity: int) -> Json:
    """An item without a period; it is stored inside its subscription."""
    item = shapes.new(
        "subscription_item",
        id=unit.new_id("subscription_item"),
        created=unit.now,
        quantity=quantity,
        subscription=subscription_id,
    )
    set_price(item, price)
    return item


def set_price(item: Json, price: Json) -> None:
    item["price"] = copy_json(price)
    item["plan"] = plan_of(price)


def plan_of(price: Json) -> Json:
    """The same price in its old form, which items still show."""
    recurring = price["recurring"]
    return shapes.new(
        "plan",
        id=price["id"],
        active=price["active"],
        amount=price["unit_amount"],
        amount_decimal=price["unit_amount_decimal"],
        created=price["created"],
        interval=recurring["interval"],
        interval_count=recurring["interval_count"],
        metadata=copy_json(price["metadata"]),
        nickname=price["nickname"],
        product=price["product"],
        trial_period_days=recurring["trial_period_days"],
        usage_type=recurring["usage_type"],
    )


def recurring_price(unit: UnitOfWork, price_id: str, where: str) -> Json:
    """An active recurring price; raises ApiError."""
    price = unit.get("price", price_id, param=where).body
    if not price["active"]:
        raise ApiError(
            "The price specified is inactive. This field only accepts active prices.", param=where
        )
    if not price["recurring"]:
        raise ApiError(
            "The price specified is set to `type=one_time` but this field only accepts prices with"
            " `type=recurring`.",
            param=where,
        )
    return price


def items_of(subscription: Json) -> list[Json]:
    items: list[Json] = subscription["items"]["data"]
    return items


def amount_of(item: Json) -> int:
    """What a whole period of the item costs."""
    return int(item["price"]["unit_amount"]) * int(item["quantity"])


def interval_of(items: Iterable[Json]) -> Interval:
    """The interval that all items share; raises ApiError when they do not."""
    found = {Interval.of(item["price"]) for item in items}
    if len(found) != 1:
        raise ApiError(
            "This sandbox only supports subscriptions whose prices all recur at the same interval.",
            param="items",
        )
    return found.pop()


def set_period(items: Iterable[Json], start: int, end: int) -> None:
    for item in items:
        item |= {"current_period_start": start, "current_period_end": end}


def period_end(subscription: Json) -> int:
    return min(int(item["current_period_end"]) for item in items_of(subscription))


def period_start(subscription: Json) -> int:
    return min(int(item["current_period_start"]) for item in items_of(subscription))


def change_metadata(item: Json, given: Json) -> None:
    if "metadata" in given:
        merge_metadata(item, given["metadata"])


def find_subscription_of_item(unit: UnitOfWork, item_id: str) -> Record | None:
    holds = Condition(
        "EXISTS (SELECT 1 FROM json_each(body, '$.items.data')"
        " WHERE json_extract(value, '$.id') = ?)",
        (item_id,),
    )
    found = unit.store.select("subscription", unit.account, [holds], limit=1)
    return found[0] if found else None
