"""Coupons and what they make of the invoices of a subscription, for several test files."""

from typing import Any

from tests.sandbox.playground import Playground
from tests.sandbox.subscription_lives import Life

FOREVER = {"percent_off": 50, "duration": "forever"}
REPEATING = {"percent_off": 50, "duration": "repeating", "duration_in_months": 3}
ONCE = {"percent_off": 50, "duration": "once"}


async def new_coupon(play: Playground, terms: dict[str, Any], **values: Any) -> Any:
    """The parameter `discounts` of a new coupon."""
    coupon = await play.stripe.v1.coupons.create_async({**terms, **values})
    return [{"coupon": coupon.id}]


async def totals_of(life: Life) -> list[int]:
    """Oldest first."""
    invoices = await life.play.stripe.v1.invoices.list_async(
        {"subscription": life.id, "limit": 100}
    )
    return [invoice.total for invoice in reversed(invoices.data)]


async def latest_invoice(life: Life, **values: Any) -> Any:
    """The latest one."""
    latest = (await life.now()).latest_invoice
    return await life.play.stripe.v1.invoices.retrieve_async(latest, values)


async def new_code(play: Playground, terms: dict[str, Any], **values: Any) -> Any:
    coupon = (await new_coupon(play, terms))[0]["coupon"]
    return await play.stripe.v1.promotion_codes.create_async(
        {"promotion": {"type": "coupon", "coupon": coupon}, **values}
    )
