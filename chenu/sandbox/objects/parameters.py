"""Rules that many calls share for parameters: metadata, clearing, amounts, currency, URLs."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from chenu.sandbox.config import CURRENCY
from chenu.sandbox.engine.errors import ApiError, Refused, unsupported
from chenu.sandbox.engine.json_types import Json

SMALLEST_CHARGE = 50
LARGEST_AMOUNT = 99_999_999


def merge_metadata(body: Json, given: object) -> None:
    """Stripe's rule: keys are added or replaced, an empty value removes, "" removes all."""
    if given == "" or given is None:
        body["metadata"] = {} if given == "" else body["metadata"]
        return
    if isinstance(given, dict):
        merged = {**body["metadata"], **given}
        body["metadata"] = {key: value for key, value in merged.items() if value not in ("", None)}


def apply(body: Json, parameters: Json, names: Iterable[str]) -> None:
    """Copy the named parameters that were given; an empty string clears to null."""
    for name in names:
        if name in parameters:
            body[name] = None if parameters[name] == "" else parameters[name]
    if "metadata" in parameters:
        merge_metadata(body, parameters["metadata"])


def refuse_unsupported(parameters: Json, supported: Iterable[str], call: str) -> None:
    """Refuse parameters that Stripe handles and this sandbox does not."""
    for name in parameters.keys() - set(supported) - {"expand", "metadata"}:
        raise unsupported(f"the parameter {name} of {call}", name)


def check_currency(currency: str, param: str = "currency") -> None:
    if currency.lower() != CURRENCY:
        raise ApiError(
            f"Invalid currency: {currency}. This sandbox only handles {CURRENCY}.", param=param
        )


def check_charge_amount(amount: int, param: str = "amount") -> None:
    """At least 50 cents, at most eight digits."""
    if amount < SMALLEST_CHARGE:
        raise ApiError("Amount must be at least €0.50 eur", code="amount_too_small", param=param)
    check_largest(amount, param)


def check_positive(amount: int, param: str = "amount") -> None:
    if amount < 1:
        raise ApiError(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param=param,
        )
    check_largest(amount, param)


def check_largest(amount: int, param: str = "amount") -> None:
    if amount > LARGEST_AMOUNT:
        raise ApiError(
            "Amount must be no more than €999,999.99", code="amount_too_large", param=param
        )


def check_url(url: str, param: str) -> None:
    """Require an absolute URL with http or https; raises Refused."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Refused("Not a valid URL", code="url_invalid", param=param)


def deleted(kind: str, object_id: str) -> Json:
    """The answer to a DELETE."""
    return {"id": object_id, "object": kind, "deleted": True}


POSTAL_ADDRESS_FIELDS = ("city", "country", "line1", "line2", "postal_code", "state")


def postal_address(given: object) -> Json | None:
    """All six keys, or null when cleared; an empty part is null too."""
    if not isinstance(given, dict):
        return None
    return {key: given.get(key) or None for key in POSTAL_ADDRESS_FIELDS}
