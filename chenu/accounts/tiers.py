"""The tier of an account, as its subscription or contract gives it."""

from dataclasses import dataclass
from datetime import datetime

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.tiers.catalogue import TierCode


@dataclass(frozen=True, slots=True)
class Period:
    """Of the subscription that gives the tier; budgets are granted from its first day."""

    start: datetime
    end: datetime


async def set_tier(account_id: AccountId, tier: TierCode, period: Period | None) -> None:
    """`period` None: no subscription gives the tier."""
    sql = """
        UPDATE account SET tier = $2, period_start = $3, period_end = $4
        WHERE id = $1 AND (tier, period_start, period_end) IS DISTINCT FROM ($2, $3, $4)
    """
    start, end = (period.start, period.end) if period else (None, None)
    await db.execute(sql, account_id, tier, start, end)


async def set_seats(account_id: AccountId, seats: int | None) -> None:
    """What a contract says in place of the tier; None: the tier's."""
    await db.execute("UPDATE account SET seats = $2 WHERE id = $1", account_id, seats)
