"""Coupons: what a code does to a plan, the discount of a plan, and the back office's list."""

from datetime import datetime
from typing import Annotated

import msgspec
import strawberry

from chenu.accounts.actor import Staff
from chenu.billing.coupon_rules import CouponDuration, CouponInput
from chenu.billing.coupons import CouponId, CouponRow, count_coupons, list_coupons
from chenu.billing.recurring import BillingInterval
from chenu.core.errors import RefusedError
from chenu.core.money import Cents
from chenu.flows.coupons.codes import CouponOffer, TypedCode
from chenu.flows.coupons.manage import create_coupon, withdraw_coupon
from chenu.flows.subscriptions.discounts import quote_plan
from chenu.tiers.catalogue import TierCode
from chenu_graphql.connection import (
    After,
    Before,
    Connection,
    ConnectionSource,
    First,
    Last,
    PageArguments,
    by_row_id,
    read_page,
)
from chenu_graphql.context import Context, Info
from chenu_graphql.errors import Refusal, UserError, describe_refusal
from chenu_graphql.fields import argument, field, input_argument, input_field
from chenu_graphql.ids import public_id
from chenu_graphql.money import Money
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import FINANCE, PARENT, READER
from chenu_graphql.relations import by_key
from chenu_graphql.scalars import BigInt


class DiscountSource(msgspec.Struct, frozen=True):
    """Of a coupon that is quoted, or of a plan that has one."""

    code: str
    percent_off: int | None
    amount_off: Cents | None
    duration: CouponDuration
    ends_at: datetime | None = None


@strawberry.type(description="What a coupon takes off a plan.")
class Discount:
    code: str = field("The code that was typed.", PARENT)
    percent_off: int | None = field("Per cent; null: an amount.", PARENT)
    amount_off: Money | None = field("Off each invoice; null: per cent.", PARENT)
    duration: CouponDuration = field("How long it lasts.", PARENT)
    ends_at: datetime | None = field(
        "When a repeating one stops; null for others, and before the plan has begun.", PARENT
    )


_Coupon = strawberry.Parent[CouponRow]


def _coupon_id(root: _Coupon) -> strawberry.ID:
    return public_id("Coupon", root.id)


_redemptions = by_key(
    lambda ctx: ctx.loaders.redemptions,
    lambda root: root.id,
    lambda counted: 0 if counted is None else counted.redeemed,
)


@strawberry.type(description="A code that takes something off plans; for staff.")
class Coupon(Node):
    id: strawberry.ID = field("Global id.", FINANCE, _coupon_id)
    code: str = field("What customers type, in capitals.", FINANCE)
    percent_off: int | None = field("Per cent; null: an amount.", FINANCE)
    amount_off: Money | None = field("Off each invoice; null: per cent.", FINANCE)
    duration: CouponDuration = field("How long it lasts.", FINANCE)
    duration_in_months: int | None = field("Of a repeating one.", FINANCE)
    starts_at: datetime | None = field("Not before; null: at once.", FINANCE)
    redeem_by: datetime | None = field("Not after; null: without end.", FINANCE)
    max_redemptions: int | None = field(
        "In total, pages that are open included; null: no limit.", FINANCE
    )
    max_redemptions_per_customer: int = field("By one account.", FINANCE)
    redemptions: int = field("How many plans began with it.", FINANCE, _redemptions)
    tiers: list[TierCode] | None = field("Which plans; null: all.", FINANCE)
    intervals: list[BillingInterval] = field("Paid by the month, the year, or both.", FINANCE)
    active: bool = field("false once it was withdrawn.", FINANCE)


CouponConnection = Connection[Coupon]


async def page_coupons(
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[CouponRow]:
    cursors = info.context.cursors.of_list("coupons")
    page = read_page(cursors, PageArguments(first, after, last, before))
    coupons = await list_coupons(page)
    info.context.reading.record_staff_read("coupons", "coupons")
    return ConnectionSource(cursors, coupons, by_row_id, count_coupons)


async def _find_coupon(ctx: Context, row_id: CouponId) -> CouponRow | None:
    READER.require(ctx)
    if not ctx.actor.has_staff(Staff.FINANCE):
        return None
    row = await ctx.loaders.coupons.load(row_id)
    if row is not None:
        ctx.reading.record_staff_read("coupon", row.id)
    return row


register_node("Coupon", (CouponRow,), _find_coupon)


class QuoteSource(msgspec.Struct, frozen=True):
    coupon: DiscountSource | None = None
    first_invoice: Cents | None = None
    later_invoices: Cents | None = None
    discounted_invoices: int | None = None
    user_errors: tuple[Refusal, ...] = ()


@strawberry.type(description="What a code would do to one tier, before anyone pays.")
class CouponQuote:
    coupon: Discount | None = field("null where the code is refused.", PARENT)
    first_invoice: Money | None = field("The first one, after a trial if there is one.", PARENT)
    later_invoices: Money | None = field("Those that it takes nothing off any more.", PARENT)
    discounted_invoices: int | None = field(
        "How many in a row are as the first; null: all of them.", PARENT
    )
    user_errors: list[UserError] = user_errors()


async def resolve_quote(
    info: Info,
    code: Annotated[str, argument("However it is written.")],
    tier: Annotated[TierCode, argument("STARTER, PRO or BUSINESS.")],
    interval: Annotated[BillingInterval, argument("How it is paid.")] = BillingInterval.MONTH,
) -> QuoteSource:
    """A refusal is an answer; too many wrong codes are RATE_LIMITED."""
    ctx = info.context
    try:
        offer = await quote_plan(ctx.actor, TypedCode(code, ("code",)), tier, interval)
    except RefusedError as refusal:
        return QuoteSource(user_errors=(describe_refusal(refusal, ctx.locale),))
    return _describe_offer(offer)


def _describe_offer(offer: CouponOffer) -> QuoteSource:
    coupon, quote = offer.coupon, offer.quote
    return QuoteSource(
        DiscountSource(coupon.code, coupon.percent_off, coupon.amount_off, coupon.duration),
        quote.first_invoice,
        quote.later_invoices,
        quote.discounted_invoices,
    )


@strawberry.input(description="A coupon to make; either percentOff or amountOffMinor.")
class CouponCreateInput:
    code: str = input_field("4 to 30 letters A to Z, digits and single dashes.")
    duration: CouponDuration = input_field("How long it lasts.")
    percent_off: int | None = input_field("1 to 99.", default=None)
    amount_off_minor: BigInt | None = input_field(
        "In cents; at least 50 are left of the cheapest plan that it is for.", default=None
    )
    duration_in_months: int | None = input_field("1 to 36, for REPEATING alone.", default=None)
    starts_at: datetime | None = input_field("null: at once.", default=None)
    redeem_by: datetime | None = input_field("null: without end.", default=None)
    max_redemptions: int | None = input_field("In total; null: no limit.", default=None)
    max_redemptions_per_customer: int = input_field("By one account.", default=1)
    tiers: list[TierCode] | None = input_field("null: all that are sold.", default=None)
    intervals: list[BillingInterval] | None = input_field(
        "null: months; years as well for FOREVER.", default=None
    )
    reason: str | None = input_field("Why it is made, for the audit trail.", default=None)


@strawberry.type(description="The coupon as it is afterwards.")
class CouponPayload:
    coupon: Coupon | None = field("null where it was refused.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_create(
    info: Info, data: Annotated[CouponCreateInput, input_argument()]
) -> Payload:
    ctx = info.context
    request = CouponInput(
        code=data.code,
        duration=data.duration,
        percent_off=data.percent_off,
        amount_off=None if data.amount_off_minor is None else Cents(data.amount_off_minor),
        duration_in_months=data.duration_in_months,
        starts_at=data.starts_at,
        redeem_by=data.redeem_by,
        max_redemptions=data.max_redemptions,
        max_redemptions_per_customer=data.max_redemptions_per_customer,
        tiers=None if data.tiers is None else tuple(data.tiers),
        intervals=None if data.intervals is None else tuple(data.intervals),
    )
    coupon = await create_coupon(ctx.services, ctx.actor, request, data.reason)
    return Payload(coupon=coupon)


async def resolve_deactivate(
    info: Info,
    code: Annotated[str, argument("However it is written.")],
    reason: Annotated[str | None, argument("Why, for the audit trail.")] = None,
) -> Payload:
    return Payload(coupon=await withdraw_coupon(info.context.actor, code, reason))
