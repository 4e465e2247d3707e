"""Operations of coupons, taxes and credit notes for random sequences; `a` and `b` choose."""

from typing import Any

from tests.sandbox.operations import KEY, Engine, Operation
from tests.sandbox.playground import CARD

_DURATIONS = ("once", "repeating", "forever")
_COUNTRIES = ("FR", "DE", "US")


async def make_coupon(engine: Engine, a: int, b: int) -> None:
    form: dict[str, Any] = {
        "duration": _DURATIONS[b % 3],
        "max_redemptions": 1 + a % 3,
    }
    if b % 3 == 1:
        form["duration_in_months"] = 1 + a % 4
    if a % 2:
        form["percent_off"] = (10, 33.33, 50, 100)[b % 4]
    else:
        form |= {"amount_off": 1 + b * 211, "currency": "eur"}
    coupon = await engine.post("/v1/coupons", form)
    await engine.post(
        "/v1/promotion_codes",
        {
            "promotion[type]": "coupon",
            "promotion[coupon]": coupon["id"],
            "max_redemptions": 1 + b % (1 + a % 3),
        },
    )


async def delete_coupon(engine: Engine, a: int, b: int) -> None:
    coupon = await engine.pick("/v1/coupons", a)
    if coupon and b % 4 == 0:
        await engine.play.http.request("DELETE", f"/v1/coupons/{coupon['id']}", headers=KEY)


async def _source(engine: Engine, a: int, b: int) -> dict[str, str] | None:
    """The parameters `discounts` of a coupon, or of a code."""
    if b % 2:
        code = await engine.pick("/v1/promotion_codes", a)
        return {"discounts[0][promotion_code]": code["id"]} if code else None
    coupon = await engine.pick("/v1/coupons", a)
    return {"discounts[0][coupon]": coupon["id"]} if coupon else None


async def buy_discounted(engine: Engine, a: int, b: int) -> None:
    source = await _source(engine, a, b)
    is_subscription = b % 3 > 0
    recurring = {"line_items[0][price_data][recurring][interval]": "month"}
    form: dict[str, Any] = {
        "mode": "subscription" if is_subscription else "payment",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": 60 + a * 137,
        "line_items[0][price_data][tax_behavior]": ("inclusive", "exclusive")[a % 2],
        "line_items[0][price_data][product_data][name]": "Plan",
        "line_items[0][quantity]": 1 + b % 2,
        "success_url": "http://shop.test/done",
        "automatic_tax[enabled]": "true" if a % 3 else "false",
        **(recurring if is_subscription else {"invoice_creation[enabled]": "true"}),
        **(source or {}),
    }
    session = await engine.post("/v1/checkout/sessions", form)
    if "error" not in session:
        typed = {**CARD, "email": "x@example.org", "country": _COUNTRIES[b % 3]}
        await engine.play.http.post(f"/c/pay/{session['id']}", data=typed)


async def change_discounts(engine: Engine, a: int, b: int) -> None:
    found = await engine.pick("/v1/subscriptions", a)
    if not found:
        return
    path = f"/v1/subscriptions/{found['id']}"
    if b % 5 == 0:
        await engine.play.http.request("DELETE", f"{path}/discount", headers=KEY)
        return
    source = await _source(engine, b, a)
    if source is None:
        return
    retained = {
        f"discounts[{place}][discount]": one for place, one in enumerate(found["discounts"], 1)
    }
    await engine.post(path, {**source, **(retained if b % 2 else {})})


async def credit(engine: Engine, a: int, b: int) -> None:
    invoice = await engine.pick("/v1/invoices", a)
    if not invoice:
        return
    form: dict[str, Any] = {"invoice": invoice["id"], "amount": 1 + b * 53}
    if invoice["status"] == "paid":
        form[("refund_amount", "out_of_band_amount")[b % 2]] = form["amount"]
    await engine.post("/v1/credit_notes", form)


DISCOUNT_OPERATIONS: tuple[Operation, ...] = (
    make_coupon,
    make_coupon,
    delete_coupon,
    buy_discounted,
    buy_discounted,
    change_discounts,
    credit,
    credit,
)
