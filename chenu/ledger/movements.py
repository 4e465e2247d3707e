"""What moved on a creator's accounts, by kind of transaction: the sums of a statement."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.money import Cents


class Booked(msgspec.Struct, frozen=True):
    """What was booked for a time before `end`, in entries up to `last_entry`."""

    end: datetime
    last_entry: int


NOTHING_BOOKED = Booked(datetime.fromisoformat("2000-01-01T00:00:00+00:00"), 0)


class Movement(msgspec.Struct, frozen=True):
    """Of one kind of transaction, in cents, credits positive.

    `own` is the creator's, `fee` the platform's, `tax` the VAT of what buyers paid.
    """

    event: str
    count: int
    own: Cents
    fee: Cents
    tax: Cents


_OWN = """
    SELECT e.transaction_id, sum(e.amount) AS own, max(e.id) AS last_entry
    FROM ledger_account a JOIN ledger_entry e ON e.ledger_account_id = a.id
    WHERE a.owner_id = $1 AND a.asset = 'EUR' AND e.id <= $2
        AND a.kind IN ('CREATOR_PAYABLE', 'CREATOR_RECEIVABLE')
    GROUP BY e.transaction_id
"""
_NEW = "NOT (t.business_at < $3 AND o.last_entry <= $4)"


async def list_movements(creator_id: UUID, before: Booked, now: Booked) -> Sequence[Movement]:
    """Of what is in `now` and was not in `before`."""
    sql = f"""
        SELECT t.kind AS event, count(*) AS count, sum(o.own)::bigint AS own,
            sum(other.fee)::bigint AS fee, sum(other.tax)::bigint AS tax
        FROM ({_OWN}) o JOIN ledger_transaction t ON t.id = o.transaction_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(e.amount) FILTER (WHERE a.kind = 'PLATFORM_REVENUE'), 0) AS fee,
                coalesce(sum(e.amount) FILTER (WHERE a.kind = 'TAX_PAYABLE'), 0) AS tax
            FROM ledger_entry e JOIN ledger_account a ON a.id = e.ledger_account_id
            WHERE e.transaction_id = t.id) other
        WHERE t.business_at < $5 AND {_NEW}
        GROUP BY t.kind ORDER BY t.kind
    """  # noqa: S608 - texts of ours
    bounds = (now.last_entry, before.end, before.last_entry, now.end)
    return await db.fetch_all(Movement, sql, creator_id, *bounds)


async def find_first_movement(creator_id: UUID, before: Booked, now: Booked) -> datetime | None:
    """The earliest business time of what is in `now` and was not in `before`."""
    sql = f"""
        SELECT min(t.business_at) FROM ({_OWN}) o
        JOIN ledger_transaction t ON t.id = o.transaction_id
        WHERE t.business_at < $5 AND {_NEW}
    """  # noqa: S608 - texts of ours
    bounds = (now.last_entry, before.end, before.last_entry, now.end)
    found: datetime | None = await db.fetch_value(sql, creator_id, *bounds)
    return found
