"""Who has had the trial: one a person, whatever account they pay with. docs/money.md."""

import hashlib
from uuid import UUID

from chenu.billing.tables import TrialUse
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.rows import insert


def _hash(email: str) -> bytes:
    """Of a normalised address: it outlives the deletion of the person's data."""
    return hashlib.sha256(email.encode()).digest()


async def has_used_trial(email: str) -> bool:
    sql = "SELECT EXISTS (SELECT 1 FROM trial_use WHERE email_hash = $1)"
    return bool(await db.fetch_value(sql, _hash(email)))


async def record_trial(email: str, order_id: UUID) -> None:
    """Only the first of a person counts."""
    values = {
        "id": new_id(),
        "email_hash": _hash(email),
        "order": order_id,
        "started_at": business_now(),
    }
    await insert(TrialUse, values, "ON CONFLICT (email_hash) DO NOTHING")
