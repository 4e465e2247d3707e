"""The audit trail: append-only rows of who did what."""

from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id


async def record(actor: Actor, action: str, subject: UUID | str = "", **detail: str | int) -> None:
    """Part of the caller's transaction. No secret and no card ever goes into `detail`."""
    sql = """
        INSERT INTO audit_event (id, at, actor, account_id, action, subject, detail, address)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    """
    await db.execute(
        sql,
        new_id(),
        business_now(),
        actor.user_id,
        actor.account_id,
        action,
        str(subject),
        msgspec.json.encode(detail).decode(),
        actor.address,
    )
