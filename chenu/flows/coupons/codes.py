"""A code that somebody typed: is it one, and what would it do to a plan?

What is said about a code, and what is not, stands in docs/decisions/0026.
"""

import msgspec

from chenu.accounts.actor import Actor
from chenu.billing.coupon_redemptions import check_limits
from chenu.billing.coupon_rules import CouponRejected, Quote, check_plan, quote
from chenu.billing.coupons import CouponRow, find_coupon_by_code
from chenu.billing.recurring import BillingInterval
from chenu.core.clock import business_now
from chenu.core.i18n import mark
from chenu.core.money import Cents
from chenu.flows.coupons.guesses import count_guess, release_guess
from chenu.tiers.catalogue import TierCode

UNKNOWN = mark("There is no such code: please check how it is written")


class TypedCode(msgspec.Struct, frozen=True):
    """`path` names the field where it was typed."""

    code: str
    path: tuple[str, ...]


async def find_typed_coupon(
    actor: Actor, typed: TypedCode, tier: TierCode, interval: BillingInterval
) -> CouponRow:
    """The coupon, which could be reserved for this plan now.

    Raises CouponRejected with the reason, RateLimited for the tenth code that does not exist.
    """
    windows = await count_guess(actor, typed.path)
    coupon = await find_coupon_by_code(typed.code)
    if coupon is None or not coupon.is_announced(business_now()):
        raise CouponRejected(UNKNOWN, path=typed.path)
    await release_guess(windows)
    await check_limits(coupon, actor.account_id, typed.path)
    check_plan(coupon.tiers, coupon.intervals, (tier, interval), typed.path)
    return coupon


class CouponOffer(msgspec.Struct, frozen=True):
    """What a code would do to one plan, before anybody pays."""

    coupon: CouponRow
    quote: Quote


async def quote_coupon(
    actor: Actor, typed: TypedCode, plan: tuple[TierCode, BillingInterval], price: Cents
) -> CouponOffer:
    """Raises CouponRejected, RateLimited."""
    coupon = await find_typed_coupon(actor, typed, *plan)
    return CouponOffer(coupon, quote(coupon.terms, price, plan[1]))
