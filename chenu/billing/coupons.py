"""Coupons: their rows. What becomes of one that is used stands in coupon_redemptions.py."""

from collections.abc import Sequence
from datetime import datetime
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import UserId
from chenu.billing.coupon_rules import (
    SOLD,
    CouponDuration,
    CouponInput,
    DiscountTerms,
    is_code,
    normalise_code,
)
from chenu.billing.recurring import BillingInterval, CouponRequest
from chenu.billing.tables import Coupon
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns, insert
from chenu.tiers.catalogue import TierCode

CouponId = NewType("CouponId", UUID)

_STRIPE_PREFIX = "chenu_"


def stripe_id_of(code: str) -> str:
    """Chosen by us, so that a coupon that is made again is the same one at Stripe."""
    return f"{_STRIPE_PREFIX}{code.lower()}"


def find_code(stripe_id: str) -> str | None:
    """The code of one of our coupons at Stripe; None for another's."""
    if not stripe_id.startswith(_STRIPE_PREFIX):
        return None
    return stripe_id.removeprefix(_STRIPE_PREFIX).upper()


class CouponRow(msgspec.Struct, frozen=True):
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

    def is_for(self, tier: TierCode, interval: BillingInterval) -> bool:
        """Whether a plan that has it may be, or become, this one."""
        return (self.tiers is None or tier in self.tiers) and interval in self.intervals

    @property
    def tiers(self) -> list[TierCode] | None:
        return None if self.tier_codes is None else [TierCode(each) for each in self.tier_codes]

    @property
    def intervals(self) -> list[BillingInterval]:
        return [BillingInterval(each) for each in self.interval_codes]

    @property
    def stripe_id(self) -> str:
        return stripe_id_of(self.code)

    def to_request(self) -> CouponRequest:
        """For plans alone: nothing else that we sell is ever discounted by it."""
        return CouponRequest(
            id=self.stripe_id,
            name=self.code,
            percent_off=self.percent_off,
            amount_off=self.amount_off,
            duration=self.duration.lower(),
            duration_in_months=self.duration_in_months,
            product_ids=tuple(f"plan_{tier.lower()}" for tier in self.tiers or SOLD),
        )

    def is_announced(self, now: datetime) -> bool:
        """Whether people may know of it: not one that was withdrawn, or has not begun yet."""
        return self.active and (self.starts_at is None or self.starts_at <= now)

    def has_ended(self, now: datetime) -> bool:
        return self.redeem_by is not None and self.redeem_by <= now


_COUPONS = Columns(CouponRow, Coupon, tier_codes="tiers", interval_codes="intervals")
COUPON = f"SELECT {_COUPONS.select()} FROM coupon"  # noqa: S608 - own columns


async def find_coupon_by_code(code: str) -> CouponRow | None:
    """However it is written."""
    sql = f"{COUPON} WHERE code = $1"
    wanted = normalise_code(code)
    return await db.find_one(CouponRow, sql, wanted) if is_code(wanted) else None


async def list_coupons(page: PageRequest) -> Page[CouponRow]:
    """The newest first."""
    return await fetch_page(CouponRow, COUPON, "true", page=page)


async def count_coupons() -> int:
    """At most 1,001: more are not counted."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM coupon LIMIT 1001) counted"
    return int(await db.fetch_value(sql))


async def list_coupons_by_id(ids: Sequence[CouponId]) -> list[CouponRow]:
    """In no particular order."""
    return await db.fetch_all(CouponRow, f"{COUPON} WHERE id = ANY($1)", list(ids))


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
