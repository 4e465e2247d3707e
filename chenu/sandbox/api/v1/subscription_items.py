"""The items of subscriptions, read; they are changed with their subscription."""

from chenu.sandbox.api.lists import embedded_page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import missing
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import refuse_unsupported
from chenu.sandbox.objects.subscription_item import find_subscription_of_item, items_of

_PAGING = ("ending_before", "limit", "starting_after", "subscription")


@ROUTES.get("/v1/subscription_items")
def list_items(unit: UnitOfWork, parameters: Json) -> Json:
    refuse_unsupported(parameters, _PAGING, "subscription_items.list")
    record = unit.get("subscription", parameters["subscription"], param="subscription")
    url = f"/v1/subscription_items?subscription={record.id}"
    return embedded_page(items_of(record.body), url, parameters, "subscription item")


@ROUTES.get("/v1/subscription_items/{item}")
def retrieve(unit: UnitOfWork, parameters: Json, item: str) -> Json:
    record = find_subscription_of_item(unit, item)
    if record is None:
        raise missing("subscription item", item)
    return next(one for one in items_of(record.body) if one["id"] == item)
