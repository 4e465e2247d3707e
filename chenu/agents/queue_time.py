"""How long a review usually takes, from those of the last weeks."""

from datetime import timedelta

from chenu.core import db
from chenu.core.clock import business_now

_WINDOW = timedelta(days=60)
_LEAST = 3
_MOST = 50


async def find_usual_wait() -> timedelta | None:
    """The median of the latest fifty approvals; None while there are too few to go by."""
    sql = """
        SELECT CASE WHEN count(*) >= $2 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY wait) END
        FROM (SELECT published_at - submitted_at AS wait FROM agent
            WHERE status = 'PUBLISHED' AND published_at > $1 AND submitted_at < published_at
            ORDER BY published_at DESC LIMIT $3) latest
    """
    found: timedelta | None = await db.fetch_value(sql, business_now() - _WINDOW, _LEAST, _MOST)
    return found
