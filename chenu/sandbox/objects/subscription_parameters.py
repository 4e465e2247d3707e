"""Parameters that calls about subscriptions share, and what they refuse."""

from chenu.sandbox.engine.errors import ApiError, unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import refuse_unsupported
from chenu.sandbox.objects.tax import check_location, wants_tax


def check_billing_mode(given: Json, where: str = "billing_mode") -> None:
    """Only flexible billing is here, which is the default."""
    mode = given.get("billing_mode") or {}
    if mode.get("type", "flexible") != "flexible":
        raise unsupported("classic billing", f"{where}[type]")
    discounts = (mode.get("flexible") or {}).get("proration_discounts", "itemized")
    if discounts != "itemized":
        raise unsupported("prorations that include discounts", f"{where}[flexible]")


def check_items(given: list[Json], supported: tuple[str, ...], call: str) -> None:
    for place, item in enumerate(given):
        refuse_unsupported(item, supported, call)
        if item.get("quantity", 1) < 1:
            raise ApiError(
                "This value must be greater than or equal to 1.",
                code="parameter_invalid_integer",
                param=f"items[{place}][quantity]",
            )


def check_collection(given: Json) -> None:
    if given.get("collection_method", "charge_automatically") != "charge_automatically":
        raise unsupported("invoices that are sent instead of charged", "collection_method")
    refuse_unsupported(
        given.get("payment_settings") or {}, ("save_default_payment_method",), "payment_settings"
    )


def check_tax(given: Json, customer: Record) -> None:
    """Automatic tax needs the customer's country; raises ApiError."""
    if wants_tax(given):
        check_location(customer)


def check_method(unit: UnitOfWork, given: Json, customer_id: str) -> None:
    """A default card has to belong to the customer; raises ApiError."""
    method_id = given.get("default_payment_method")
    if not method_id:
        return
    method = unit.get("payment_method", method_id, param="default_payment_method")
    if method.body["customer"] != customer_id:
        raise ApiError(
            f"The customer does not have a payment method with the ID {method_id}. The payment"
            " method must be attached to the customer.",
            code="resource_missing",
            param="default_payment_method",
        )
