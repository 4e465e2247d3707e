"""Who has opened their dashboard: for the share of users whom it reaches."""

from chenu.accounts.actor import UserId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.months import month_of


async def record_view(user_id: UserId) -> None:
    """Once for each person and calendar month; again writes nothing."""
    now = business_now()
    sql = """
        INSERT INTO roi_view (id, viewer, month, seen_at) SELECT $1, $2, $3, $4
        WHERE NOT EXISTS (SELECT 1 FROM roi_view WHERE month = $3 AND viewer = $2)
        ON CONFLICT DO NOTHING
    """
    await db.execute(sql, new_id(), user_id, month_of(now).first_day, now)
