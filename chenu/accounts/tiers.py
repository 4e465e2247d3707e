"""The tier of an account, as its subscription or contract gives it."""

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.tiers.catalogue import TierCode


async def set_tier(account_id: AccountId, tier: TierCode) -> None:
    await db.execute("UPDATE account SET tier = $2 WHERE id = $1 AND tier <> $2", account_id, tier)


async def set_seats(account_id: AccountId, seats: int | None) -> None:
    """What a contract says in place of the tier; None: the tier's."""
    await db.execute("UPDATE account SET seats = $2 WHERE id = $1", account_id, seats)
