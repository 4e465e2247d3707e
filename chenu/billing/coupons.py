"""Coupons and their redemptions: rows, limits, and what becomes of a redemption.

A redemption is RESERVED with the order whose payment page opens, REDEEMED when the subscription
begins, RELEASED when the page comes to nothing. `coupon.uses` counts the first two: it is raised by
one conditional statement, which keeps the limits under any number of parallel redemptions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from chenu.accounts.actor import AccountId, UserId
from chenu.billing.coupon_rules import (
    CouponDuration,
    CouponInput,
    CouponRejected,
    DiscountTerms,
    normalise_code,
)
from chenu.billing.recurring import BillingInterval
from chenu.billing.tables import Coupon, CouponRedemption
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.paging import Page, PageRequest, by_id, cut
from chenu.core.rows import Columns, insert
from chenu.tiers.catalogue import TierCode

CouponId = NewType("CouponId", UUID)

_STRIPE_PREFIX = "chenu_"

ENDED = mark("This code is no longer valid")
USED = mark("You have used this code as often as it can be used")


class RedemptionStatus(StrEnum):
    RESERVED = "RESERVED"
    REDEEMED = "REDEEMED"
    RELEASED = "RELEASED"


def stripe_id_of(code: str) -> str:
    """Chosen by us, so that a coupon that is made again is the same one at Stripe."""
    return f"{_STRIPE_PREFIX}{code.lower()}"


def find_code(stripe_id: str) -> str | None:
    """The code of one of our coupons at Stripe; None for another's."""
    if not stripe_id.startswith(_STRIPE_PREFIX):
        return None
    return stripe_id.removeprefix(_STRIPE_PREFIX).upper()


@dataclass(frozen=True, slots=True)
class CouponRow:
    """`uses`: reserved and redeemed. The times are on business time."""

    id: CouponId
    code: str
    percent_off: int | None
    amount_off: Cents | None
    duration: CouponDuration
    duration_in_months: int | None
    starts_at: datetime | None
    redeem_by: datetime | None
    max_redemptions: int | None
    max_redemptions_per_customer: int
    uses: int
    tier_codes: list[str] | None
    interval_codes: list[str]
    active: bool
    is_at_stripe: bool
    created_at: datetime

    @property
    def terms(self) -> DiscountTerms:
        return DiscountTerms(
            self.percent_off, self.amount_off, self.duration, self.duration_in_months
        )

    @property
    def tiers(self) -> list[TierCode] | None:
        return None if self.tier_codes is None else [TierCode(each) for each in self.tier_codes]

    @property
    def intervals(self) -> list[BillingInterval]:
        return [BillingInterval(each) for each in self.interval_codes]

    @property
    def stripe_id(self) -> str:
        return stripe_id_of(self.code)

    def is_announced(self, now: datetime) -> bool:
        """Whether people may know of it: not one that was withdrawn, or has not begun yet."""
        return self.active and (self.starts_at is None or self.starts_at <= now)

    def has_ended(self, now: datetime) -> bool:
        return self.redeem_by is not None and self.redeem_by <= now


_COUPONS = Columns(CouponRow, Coupon, tier_codes="tiers", interval_codes="intervals")
_COUPON = f"SELECT {_COUPONS.select()} FROM coupon"  # noqa: S608 - own columns


async def find_coupon_by_code(code: str, *, lock: bool = False) -> CouponRow | None:
    """However it is written. `lock` holds the row until the transaction ends."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    sql = f"{_COUPON} WHERE code = $1{suffix}"
    return await db.find_one(CouponRow, sql, normalise_code(code))


async def list_coupons(page: PageRequest) -> Page[CouponRow]:
    """The newest first."""
    args: list[Any] = []
    order = by_id("id")
    where = order.where(page, args)
    sql = f"{_COUPON} WHERE {where} ORDER BY {order.order(page)} LIMIT {page.size + 1}"
    return cut(await db.fetch_all(CouponRow, sql, *args), page)


async def count_coupons() -> int:
    """At most 1,001: more are not counted."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM coupon LIMIT 1001) counted"
    return int(await db.fetch_value(sql))


async def list_coupons_by_id(ids: Sequence[CouponId]) -> list[CouponRow]:
    """In no particular order."""
    return await db.fetch_all(CouponRow, f"{_COUPON} WHERE id = ANY($1)", list(ids))


@dataclass(frozen=True, slots=True)
class RedemptionCount:
    coupon_id: CouponId
    redeemed: int


async def count_redemptions(ids: Sequence[CouponId]) -> list[RedemptionCount]:
    """Those that began a plan; a coupon without any is left out."""
    sql = """
        SELECT coupon AS coupon_id, count(*) AS redeemed FROM coupon_redemption
        WHERE coupon = ANY($1) AND status = 'REDEEMED' GROUP BY coupon
    """
    return await db.fetch_all(RedemptionCount, sql, list(ids))


async def insert_coupon(data: CouponInput, created_by: UserId | None) -> bool:
    """False where the code is taken."""
    values = {
        "id": new_id(),
        "code": normalise_code(data.code),
        "percent_off": data.percent_off,
        "amount_off": data.amount_off,
        "duration": data.duration,
        "duration_in_months": data.duration_in_months,
        "starts_at": data.starts_at,
        "redeem_by": data.redeem_by,
        "max_redemptions": data.max_redemptions,
        "max_redemptions_per_customer": data.max_redemptions_per_customer,
        "tiers": None if data.tiers is None else list(dict.fromkeys(data.tiers)),
        "intervals": list(data.effective_intervals),
        "created_by": created_by,
        "created_at": business_now(),
    }
    return bool(await insert(Coupon, values, "ON CONFLICT (code) DO NOTHING"))


async def deactivate_coupon(coupon_id: CouponId) -> bool:
    """False where it is inactive already."""
    sql = "UPDATE coupon SET active = false, deactivated_at = $2 WHERE id = $1 AND active"
    return bool(await db.execute(sql, coupon_id, business_now()))


async def set_at_stripe(code: str, *, is_there: bool) -> None:
    sql = "UPDATE coupon SET is_at_stripe = $2 WHERE code = $1 AND is_at_stripe <> $2"
    await db.execute(sql, code, is_there)


@dataclass(frozen=True, slots=True)
class _OwnUse:
    reserved: int
    redeemed: int


async def check_limits(coupon: CouponRow, account_id: AccountId | None, path: Sequence[str]) -> None:
    """Whether it could be reserved now, but for what this account's open page holds itself.

    Raises CouponRejected. `reserve` decides; this only says so before anything changes.
    """
    sql = """
        SELECT count(*) FILTER (WHERE status = 'RESERVED') AS reserved,
            count(*) FILTER (WHERE status = 'REDEEMED') AS redeemed
        FROM coupon_redemption WHERE coupon = $1 AND account = $2
    """
    own = await db.find_one(_OwnUse, sql, coupon.id, account_id) or _OwnUse(0, 0)
    if own.redeemed >= coupon.max_redemptions_per_customer:
        raise CouponRejected(USED, path=path)
    most = coupon.max_redemptions
    is_used_up = most is not None and coupon.uses - own.reserved >= most
    if is_used_up or coupon.has_ended(business_now()):
        raise CouponRejected(ENDED, path=path)


async def reserve(
    coupon_id: CouponId, account_id: AccountId, order_id: UUID, path: Sequence[str]
) -> None:
    """In the transaction of the order. Raises CouponRejected when a limit has been reached."""
    sql = """
        UPDATE coupon SET uses = uses + 1
        WHERE id = $1 AND active AND (starts_at IS NULL OR starts_at <= $2)
            AND (redeem_by IS NULL OR redeem_by > $2)
            AND (max_redemptions IS NULL OR uses < max_redemptions)
    """
    if not await db.execute(sql, coupon_id, business_now()):
        raise CouponRejected(ENDED, path=path)
    own = """
        SELECT count(*) >= (SELECT max_redemptions_per_customer FROM coupon WHERE id = $1)
        FROM coupon_redemption WHERE coupon = $1 AND account = $2 AND status <> 'RELEASED'
    """
    if await db.fetch_value(own, coupon_id, account_id):  # the coupon's row is locked by now
        raise CouponRejected(USED, path=path)
    values = {
        "id": new_id(),
        "coupon": coupon_id,
        "account": account_id,
        "subscription_order": order_id,
        "status": RedemptionStatus.RESERVED,
        "created_at": business_now(),
        "updated_at": system_now(),
    }
    await insert(CouponRedemption, values)


async def redeem(order_id: UUID, stripe_subscription_id: str) -> None:
    """The subscription of that order has begun."""
    sql = """
        UPDATE coupon_redemption SET status = 'REDEEMED', stripe_subscription_id = $2,
            updated_at = $3
        WHERE subscription_order = $1 AND status = 'RESERVED'
    """
    await db.execute(sql, order_id, stripe_subscription_id, system_now())


async def release(order_id: UUID) -> None:
    """The page of that order came to nothing: somebody else may have the use."""
    sql = """
        WITH released AS (
            UPDATE coupon_redemption SET status = 'RELEASED', updated_at = $2
            WHERE subscription_order = $1 AND status = 'RESERVED' RETURNING coupon)
        UPDATE coupon SET uses = uses - 1 FROM released WHERE coupon.id = released.coupon
    """
    await db.execute(sql, order_id, system_now())


async def find_coupon_of_order(order_id: UUID) -> CouponRow | None:
    sql = f"""
        {_COUPON} WHERE id = (SELECT r.coupon FROM coupon_redemption r
            WHERE r.subscription_order = $1)
    """
    return await db.find_one(CouponRow, sql, order_id)


async def find_redeemed_coupon(stripe_subscription_id: str) -> CouponRow | None:
    """What the subscription began with."""
    sql = f"""
        {_COUPON} WHERE id = (SELECT r.coupon FROM coupon_redemption r
            WHERE r.stripe_subscription_id = $1)
    """
    return await db.find_one(CouponRow, sql, stripe_subscription_id)
