"""When an affiliate's link was clicked most, and whether two customers came as one visitor."""

from datetime import datetime

from chenu.affiliates.fraud_rules import ClickPeaks
from chenu.affiliates.model import AffiliateId, ReferralId
from chenu.core import db

_PEAKS = """
    WITH of_visitors AS (
        SELECT count(*) AS clicks FROM affiliate_click WHERE affiliate = $1 AND clicked_at >= $2
        GROUP BY visitor, date_trunc('day', clicked_at, 'UTC')
    ), of_hours AS (
        SELECT count(*) AS clicks FROM affiliate_click WHERE affiliate = $1 AND clicked_at >= $2
        GROUP BY date_trunc('hour', clicked_at, 'UTC')
    )
    SELECT (SELECT coalesce(max(clicks), 0) FROM of_visitors)::bigint AS of_visitor,
        coalesce(max(clicks), 0)::bigint AS in_hour, coalesce(sum(clicks), 0)::bigint AS total
    FROM of_hours
"""


async def get_click_peaks(affiliate_id: AffiliateId, since: datetime) -> ClickPeaks:
    """Hours and days are of UTC."""
    [peaks] = await db.fetch_all(ClickPeaks, _PEAKS, affiliate_id, since)
    return peaks


async def shares_visitor(referral_id: ReferralId) -> bool:
    """Whether another customer of the affiliate clicked from the same network, by its hash."""
    sql = """
        SELECT EXISTS (
            SELECT 1 FROM referral r
            JOIN affiliate_click mine ON mine.id = r.click AND mine.clicked_at = r.clicked_at
            JOIN affiliate_click other ON other.visitor = mine.visitor
                AND other.affiliate = mine.affiliate
            JOIN referral o ON o.click = other.id AND o.clicked_at = other.clicked_at
                AND o.affiliate = r.affiliate
            WHERE r.id = $1 AND o.id <> r.id)
    """
    return bool(await db.fetch_value(sql, referral_id))
