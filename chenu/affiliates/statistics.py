"""What became of an affiliate's link: clicks, sign-ups, customers who paid, commissions."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

import msgspec

from chenu.affiliates.commissions import get_commission_sums
from chenu.affiliates.model import MINIMUM_PAYOUT, AffiliateId
from chenu.core import db
from chenu.core.money import WHOLE, Cents


class AffiliateStatistics(msgspec.Struct, frozen=True):
    """Since ever. A conversion is a customer bound to the affiliate who has paid an invoice.

    What is held for staff is in none of the sums; clawbacks are taken off.
    """

    clicks: int
    sign_ups: int
    conversions: int
    pending: Cents
    due: Cents
    paid: Cents
    held: Cents

    @property
    def conversion_rate(self) -> float | None:
        """Conversions for each click; None without clicks, and never above 1: a code may also be
        typed by hand.
        """
        return min(1.0, self.conversions / self.clicks) if self.clicks else None

    @property
    def conversion_basis_points(self) -> int | None:
        rate = self.conversion_rate
        return None if rate is None else round(rate * WHOLE)

    @property
    def minimum_payout(self) -> Cents:
        return MINIMUM_PAYOUT

    @property
    def missing(self) -> Cents:
        """How much more must be due before it is paid; 0 once there is enough."""
        return Cents(max(MINIMUM_PAYOUT - self.due, 0))


class _Counts(msgspec.Struct, frozen=True):
    clicks: int
    sign_ups: int
    conversions: int


_COUNTS = """
    SELECT
        (SELECT coalesce(sum(clicks), 0)::bigint FROM affiliate_day WHERE affiliate = $1) AS clicks,
        count(*) AS sign_ups,
        count(*) FILTER (WHERE EXISTS (SELECT 1 FROM commission c
            WHERE c.referral = r.id AND c.kind = 'COMMISSION')) AS conversions
    FROM referral r WHERE r.affiliate = $1 AND r.state <> 'REFUSED'
"""


async def get_statistics(affiliate_id: AffiliateId) -> AffiliateStatistics:
    [counts] = await db.fetch_all(_Counts, _COUNTS, affiliate_id)
    sums = await get_commission_sums(affiliate_id)
    return AffiliateStatistics(
        clicks=counts.clicks,
        sign_ups=counts.sign_ups,
        conversions=counts.conversions,
        pending=sums.pending,
        due=sums.due,
        paid=sums.paid,
        held=sums.held,
    )


class Step(StrEnum):
    """Of a chart: a day of UTC, or a month of the calendar."""

    DAY = "day"
    MONTH = "month"


class StepSums(msgspec.Struct, frozen=True):
    """One day or month, by its first day; `earned` is new commissions less clawbacks."""

    first_day: date
    clicks: int
    sign_ups: int
    earned: Cents


_STEPS = """
    SELECT date_trunc($3, day)::date AS first_day, sum(clicks)::bigint AS clicks,
        sum(sign_ups)::bigint AS sign_ups, sum(earned)::bigint AS earned
    FROM (
        SELECT day::timestamp AS day, clicks, 0 AS sign_ups, 0::bigint AS earned
        FROM affiliate_day WHERE affiliate = $1 AND day >= $2::date
        UNION ALL
        SELECT bound_at AT TIME ZONE 'UTC', 0, 1, 0
        FROM referral WHERE affiliate = $1 AND state <> 'REFUSED'
            AND bound_at >= $2::date::timestamp AT TIME ZONE 'UTC'
        UNION ALL
        SELECT created_at AT TIME ZONE 'UTC', 0, 0, amount
        FROM commission WHERE affiliate = $1
            AND created_at >= $2::date::timestamp AT TIME ZONE 'UTC'
    ) happened
    GROUP BY 1 ORDER BY 1
"""


async def list_steps(affiliate_id: AffiliateId, since: date, step: Step) -> Sequence[StepSums]:
    """Those in which anything happened, the oldest first; `since` begins a step."""
    return await db.fetch_all(StepSums, _STEPS, affiliate_id, since, step.value)
