"""Coupons, for finance: the list, a new one, and one that is withdrawn."""

from enum import StrEnum
from typing import TypeVar

from litestar import get, post
from litestar.di import NamedDependency

from chenu.billing.coupon_redemptions import count_redemptions
from chenu.billing.coupon_rules import SOLD, CouponDuration, CouponInput
from chenu.billing.coupons import CouponRow, list_coupons
from chenu.billing.recurring import BillingInterval
from chenu.core.clock import business_now
from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.core.money import Cents
from chenu.core.paging import Key
from chenu.flows.coupons.manage import create_coupon, withdraw_coupon
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode, get_tier
from storefront.access import FINANCE
from storefront.discount_words import DURATIONS
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.money_input import parse_euros
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.typed_values import read_day, read_number

Choice = TypeVar("Choice", bound=StrEnum)

PAGE_SIZE = 25
_PATH = "/staff/coupons"
_FIELDS = (
    "code",
    "percent_off",
    "amount_off",
    "duration",
    "duration_in_months",
    "starts_at",
    "redeem_by",
    "max_redemptions",
    "max_redemptions_per_customer",
    "tiers",
    "intervals",
    "reason",
)


@get(_PATH, opt=FINANCE)
async def show_coupons(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    return await _render(request, pages, FormView("coupon"))


async def _render(request: HttpRequest, pages: Pages, form: FormView, status: int = 200) -> Page:
    pager = Pager(pages.cursors.of_list("coupons"), _PATH, PAGE_SIZE)
    found = await list_coupons(pager.read(read_query(request)))
    counted = await count_redemptions([coupon.id for coupon in found.rows])
    return pages.show(
        "staff/coupons.html",
        status,
        form=form,
        coupons=found.rows,
        redeemed={count.coupon_id: count.redeemed for count in counted},
        links=pager.links(found, _key_of),
        durations=DURATIONS,
        sold=[get_tier(code) for code in SOLD],
        now=business_now(),
    )


def _key_of(coupon: CouponRow) -> Key:
    return (str(coupon.id), str(coupon.id))


@post(_PATH, opt=FINANCE)
async def make_coupon(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    fields = await read_form(request)
    try:
        actor, reason = pages.request_context.actor, fields.text("reason")
        await create_coupon(services, actor, _read_coupon(fields), reason)
    except REFUSALS as refusal:
        form = pages.refused("coupon", keep(fields, _FIELDS), refusal)
        return await _render(request, pages, form, pages.status(refusal))
    return pages.go(f"{_PATH}?notice=coupon-made")


@post(f"{_PATH}/deactivate", opt=FINANCE)
async def end_coupon(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        actor, reason = pages.request_context.actor, fields.text("reason")
        await withdraw_coupon(actor, fields.text("code"), reason)
    except REFUSALS as refusal:
        name = f"withdraw-{fields.text('code')}"
        form = pages.refused(name, keep(fields, ("code", "reason")), refusal)
        return await _render(request, pages, form, pages.status(refusal))
    return pages.go(f"{_PATH}?notice=coupon-withdrawn")


def _read_coupon(fields: Fields) -> CouponInput:
    """Empty fields are not given. Raises Invalid."""
    amount = fields.text("amount_off").strip()
    by_one = read_number(
        fields.text("max_redemptions_per_customer"), "max_redemptions_per_customer"
    )
    return CouponInput(
        code=fields.text("code"),
        duration=fields.read_choice("duration", CouponDuration),
        percent_off=read_number(fields.text("percent_off"), "percent_off"),
        amount_off=Cents(parse_euros(amount, "amount_off")) if amount else None,
        duration_in_months=read_number(fields.text("duration_in_months"), "duration_in_months"),
        starts_at=read_day(fields.text("starts_at"), "starts_at"),
        redeem_by=read_day(fields.text("redeem_by"), "redeem_by"),
        max_redemptions=read_number(fields.text("max_redemptions"), "max_redemptions"),
        max_redemptions_per_customer=1 if by_one is None else by_one,
        tiers=_read_choices(fields, "tiers", TierCode),
        intervals=_read_choices(fields, "intervals", BillingInterval),
    )


def _read_choices(fields: Fields, name: str, choices: type[Choice]) -> tuple[Choice, ...] | None:
    """None where none is ticked. Raises Invalid."""
    chosen = fields.all(name)
    if not set(chosen) <= set(choices):
        message = mark("Please choose one of: {allowed}")
        raise Invalid(message, path=(name,), allowed=", ".join(choices))
    return tuple(map(choices, chosen)) or None
