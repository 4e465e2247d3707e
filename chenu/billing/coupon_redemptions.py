"""Redemptions of coupons: their limits, and what becomes of each.

One is RESERVED with the order whose payment page opens, REDEEMED when the subscription begins,
RELEASED when the page comes to nothing. `coupon.uses` counts the first two: it is raised by one
conditional statement, which holds the limits under any number of parallel redemptions.
"""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.billing.coupon_rules import CouponRejected
from chenu.billing.coupons import COUPON, CouponId, CouponRow
from chenu.billing.tables import CouponRedemption
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import insert

ENDED = mark("This code is no longer valid")
USED = mark("You have used this code as often as it can be used")


class RedemptionStatus(StrEnum):
    RESERVED = "RESERVED"
    REDEEMED = "REDEEMED"
    RELEASED = "RELEASED"


class RedemptionCount(msgspec.Struct, frozen=True):
    coupon_id: CouponId
    redeemed: int


async def count_redemptions(ids: Sequence[CouponId]) -> list[RedemptionCount]:
    """Those that began a plan; a coupon without any is left out."""
    sql = """
        SELECT coupon AS coupon_id, count(*) AS redeemed FROM coupon_redemption
        WHERE coupon = ANY($1) AND status = 'REDEEMED' GROUP BY coupon
    """
    return await db.fetch_all(RedemptionCount, sql, list(ids))


class _OwnUse(msgspec.Struct, frozen=True):
    reserved: int
    redeemed: int


async def check_limits(
    coupon: CouponRow, account_id: AccountId | None, path: Sequence[str]
) -> None:
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
        {COUPON} WHERE id = (SELECT r.coupon FROM coupon_redemption r
            WHERE r.subscription_order = $1)
    """  # noqa: S608 - own columns
    return await db.find_one(CouponRow, sql, order_id)


async def find_redeemed_coupon(stripe_subscription_id: str) -> CouponRow | None:
    """What the subscription began with."""
    sql = f"""
        {COUPON} WHERE id = (SELECT r.coupon FROM coupon_redemption r
            WHERE r.stripe_subscription_id = $1)
    """  # noqa: S608 - own columns
    return await db.find_one(CouponRow, sql, stripe_subscription_id)
