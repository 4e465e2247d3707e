"""The audit trail: append-only rows of who did what, and of what staff have read.

What staff do is recorded by accounts/staff_acts.py, with the reason.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor
from chenu.accounts.tables import AuditEvent
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.rows import insert


async def record(actor: Actor, action: str, subject: UUID | str = "", **detail: str | int) -> None:
    """Part of the caller's transaction. `detail` must not contain secrets or card data."""
    await insert(AuditEvent, make_event(actor, action, subject, detail))


def make_event(
    actor: Actor,
    action: str,
    subject: UUID | str,
    detail: Mapping[str, str | int],
    *,
    by_staff: bool = False,
) -> dict[str, Any]:
    """The columns of one row."""
    return {
        "id": new_id(),
        "at": business_now(),
        "actor": actor.user_id,
        "account_id": actor.account_id,
        "action": action,
        "subject": str(subject),
        "detail": msgspec.json.encode(detail).decode(),
        "ip": actor.ip,
        "by_staff": by_staff,
    }


async def is_recorded(action: str) -> bool:
    sql = "SELECT EXISTS (SELECT 1 FROM audit_event WHERE action = $1)"
    return bool(await db.fetch_value(sql, action))


class StaffRead(msgspec.Struct, frozen=True):
    """Something that is not public and was shown to somebody because of a staff role."""

    what: str
    subject: UUID | str


async def record_staff_reads(actor: Actor, reads: Collection[StaffRead]) -> None:
    """Called when the answer that shows these things is complete; one row for each."""
    sql = """
        INSERT INTO audit_event (id, at, actor, account_id, action, subject, detail, ip)
        SELECT id, $3, $4, $5, 'staff.read', subject, jsonb_build_object('what', what), $6
        FROM unnest($1::uuid[], $2::text[], $7::text[]) AS read (id, subject, what)
    """
    await db.execute(
        sql,
        [new_id() for _ in reads],
        [str(read.subject) for read in reads],
        business_now(),
        actor.user_id,
        actor.account_id,
        actor.ip,
        [read.what for read in reads],
    )
