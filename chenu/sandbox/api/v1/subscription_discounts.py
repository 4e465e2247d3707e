"""Taking the discounts of a subscription away, as the Dashboard does."""

from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.discount import deleted_discount, end_discount


@ROUTES.delete("/v1/subscriptions/{subscription}/discount")
def delete(unit: UnitOfWork, parameters: Json, subscription: str) -> Json:
    """All of them; the answer shows the last one."""
    record = unit.get("subscription", subscription)
    unit = unit.on_clock_of(record)
    ids = list(record.body["discounts"])
    if not ids:
        raise ApiError(
            f"No active discount for subscription: {subscription}",
            status=404,
            code="resource_missing",
        )
    discounts = [unit.get("discount", one) for one in ids]
    for discount in discounts:
        end_discount(unit, record, discount)
    return deleted_discount(discounts[-1])
