"""The mail outbox: a mail is a row written in the caller's transaction, one per business key."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from chenu.core import db, queue, tracing
from chenu.core.backoff import BACKOFF
from chenu.core.clock import business_now, system_now
from chenu.core.i18n import Locale
from chenu.core.ids import new_id
from chenu.core.mail_encoding import encode_params
from chenu.core.mail_kinds import MailKind, topic_of
from chenu.core.mail_params import MailParams
from chenu.core.mail_preferences import hash_email
from chenu.core.own_session import own_session
from chenu.core.personal_data import is_pseudonymous
from chenu.core.row_reader import read_rows
from chenu.core.rows import Columns
from chenu.core.site import current_site
from chenu.core.tables import OutboxMail

__all__ = ["MailKind", "MailRow", "queue_mail"]

_AT_ONCE = asyncio.Semaphore(4)
"""Each mail that is being sent holds a database connection, perhaps for long."""


NOT_STORED = frozenset({MailKind.PERSON_DELETED})
"""Deleted once they are sent or given up, because nothing else has the address any more."""


class MailRow(msgspec.Struct, frozen=True):
    """`params` is JSON; `created_at` is business time and becomes the mail's date.

    `site`: the account whose site asked for it.
    """

    id: UUID
    business_key: str
    kind: str
    to_address: str
    locale: str
    params: str
    state: str
    attempts: int
    created_at: datetime
    site: UUID | None = None


_MAILS = Columns(MailRow, OutboxMail, params="{0}params::text")

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
_QUEUE = f"""
    WITH mail AS (
        INSERT INTO outbox_mail (id, business_key, kind, to_address, locale, params, state,
            attempts, created_at, next_attempt_at, site)
        SELECT $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::jsonb, 'QUEUED', 0,
            $7::timestamptz, $10::timestamptz, $13::uuid
        WHERE $8::boolean AND NOT EXISTS
            (SELECT 1 FROM mail_preference WHERE email_hash = $11::bytea AND topic = $12::text)
        ON CONFLICT (business_key) DO NOTHING
        RETURNING id
    ), {queue.enqueueing(queue.Job.MAIL, "SELECT id::text, $9::jsonb FROM mail")}
    SELECT id FROM mail
"""  # noqa: S608 - texts of ours


async def queue_mail(
    kind: MailKind,
    to_address: str,
    locale: Locale,
    business_key: str,
    params: MailParams | Mapping[str, Any],
    *,
    is_wanted: bool = True,
) -> None:
    """Stores the mail once per business key, however often this is called, in one statement.

    A mail that its recipient has turned off, or to somebody who was deleted, is not stored. Raises
    TypeError for parameters that its template does not have.

    With `is_wanted` False the same statement stores nothing, so that the response time does not
    reveal whether there is a recipient.
    """
    encoded = encode_params(kind, params)
    headers = msgspec.json.encode(tracing.headers()).decode()
    row = (new_id(), business_key, kind, to_address, locale, encoded, business_now())
    preference = (hash_email(to_address), topic_of(kind))
    is_read = is_wanted and not is_pseudonymous(to_address)
    site = current_site()
    asked_by = None if site is None else site.account_id
    await db.execute(_QUEUE, *row, is_read, headers, system_now(), *preference, asked_by)


@asynccontextmanager
async def claim(mail_id: UUID) -> AsyncIterator[MailRow | None]:
    """The mail, locked for this sender; None if it was sent or another sender holds it.

    A session lock rather than a lease: it is freed with the connection of a sender that dies.
    """
    async with _AT_ONCE, own_session() as connection:
        if not await connection.fetchval(_LOCK, f"mail:{mail_id}"):
            yield None
            return
        try:
            yield await _find_waiting(connection, mail_id)
        finally:
            unlock = "SELECT pg_advisory_unlock(hashtextextended($1, 0))"
            await connection.execute(unlock, f"mail:{mail_id}")


async def _find_waiting(connection: Any, mail_id: UUID) -> MailRow | None:
    """Of the server that holds the lock."""
    columns = _MAILS.select()
    sql = f"SELECT {columns} FROM outbox_mail WHERE id = $1 AND state = 'QUEUED'"  # noqa: S608 - own columns
    found = read_rows(MailRow, await connection.fetch(sql, mail_id))
    return found[0] if found else None


async def mark_sent(mail_id: UUID) -> None:
    if await _delete_if_not_stored(mail_id):
        return
    sql = "UPDATE outbox_mail SET state = 'SENT', sent_at = $2, last_error = NULL WHERE id = $1"
    await db.execute(sql, mail_id, system_now())


async def release(mail_id: UUID, error: str, *, final: bool) -> None:
    """After a failed attempt: the mail waits for the next one, or is given up."""
    if final and await _delete_if_not_stored(mail_id):
        return
    sql = f"""
        UPDATE outbox_mail SET attempts = attempts + 1, last_error = $2,
            state = CASE WHEN $3 THEN 'FAILED' ELSE 'QUEUED' END,
            next_attempt_at = $4::timestamptz + {BACKOFF}
        WHERE id = $1
    """  # noqa: S608 - texts of ours
    await db.execute(sql, mail_id, error[:500], final, system_now())


async def _delete_if_not_stored(mail_id: UUID) -> bool:
    sql = "DELETE FROM outbox_mail WHERE id = $1 AND kind = ANY($2)"
    return bool(await db.execute(sql, mail_id, list(NOT_STORED)))


class _Id(msgspec.Struct, frozen=True):
    id: UUID


async def list_unsent(*, limit: int = 200) -> list[UUID]:
    """Mails that are due, the most overdue first: for the start of the worker and its schedule."""
    sql = """
        SELECT id FROM outbox_mail WHERE state = 'QUEUED' AND next_attempt_at <= $2
        ORDER BY next_attempt_at LIMIT $1
    """
    return [row.id for row in await db.fetch_all(_Id, sql, limit, system_now())]


async def count_unsent() -> int:
    return int(await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE state = 'QUEUED'"))
