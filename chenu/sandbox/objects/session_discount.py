"""Discounts of Checkout sessions: checked when one is opened, redeemed when it is completed."""

from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.cards import Decline
from chenu.sandbox.objects.discount import check_source, redeem, source_terms
from chenu.sandbox.objects.discount_amounts import Discountable, amounts_off
from chenu.sandbox.objects.parameters import SMALLEST_CHARGE
from chenu.sandbox.objects.payment_intent import Attempt

_PARAM = "discounts"
_GONE = Decline("coupon_expired", "discount_gone", "This discount cannot be redeemed any more.")


def discount_session(
    unit: UnitOfWork, body: Json, lines: list[Json], given: list[Json], customer: Record | None
) -> None:
    """Write the discounts into a new session and its lines; raises ApiError."""
    if not given:
        return
    if len(given) > 1:
        raise ApiError("A Checkout Session takes one discount.", param=_PARAM)
    coupon, code = check_source(unit, given[0], customer, _price(lines), f"{_PARAM}[0]")
    body["discounts"] = [
        {"coupon": None if code else coupon.id, "promotion_code": code.id if code else None}
    ]
    rows = [Discountable(line["amount_subtotal"], line["price"]["product"]) for line in lines]
    for line, taken in zip(lines, amounts_off(rows, [source_terms(coupon)]), strict=True):
        off = sum(amount for _, amount in taken)
        line |= {"amount_discount": off, "amount_total": line["amount_subtotal"] - off}
    body["amount_total"] = sum(line["amount_total"] for line in lines)
    body["total_details"]["amount_discount"] = body["amount_subtotal"] - body["amount_total"]
    _check_total(body)


def _price(lines: list[Json]) -> int:
    """What the lines cost; in a trial nothing is due, but a minimum still holds."""
    return sum(line["price"]["unit_amount"] * line["quantity"] for line in lines)


def _check_total(body: Json) -> None:
    total = body["amount_total"]
    if total < SMALLEST_CHARGE and (total or body["mode"] == "payment"):
        raise ApiError(
            "The Checkout Session's total amount due must add up to at least €0.50 eur",
            code="amount_too_small",
        )


def sources_of(session: Record) -> list[Json]:
    """As parameters of what the session makes."""
    return [
        {name: value for name, value in one.items() if value}
        for one in session.body["discounts"] or []
    ]


def find_refusal(unit: UnitOfWork, session: Record) -> Attempt | None:
    """A failed attempt when a discount of the session cannot be redeemed any more."""
    customer_id = session.body["customer"]
    customer = unit.find("customer", customer_id) if customer_id else None
    for one in sources_of(session):
        try:
            check_source(unit, one, customer, _price(session.internal["lines"]), _PARAM)
        except ApiError:
            return Attempt("declined", decline=_GONE)
    return None


def redeem_for_payment(unit: UnitOfWork, session: Record) -> list[str]:
    """The ids of the discounts that a one-time payment has redeemed."""
    price = _price(session.internal["lines"])
    customer_id = session.body["customer"]
    customer = unit.find("customer", customer_id) if customer_id else None
    return [
        redeem(unit, one, customer, price, _PARAM, checkout_session=session.id).id
        for one in sources_of(session)
    ]
