"""Mails of the outbox as staff see them: never what is written in one, which may be a secret."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from chenu.core import db, queue
from chenu.core.clock import system_now
from chenu.core.errors import NotFound
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest, by_time
from chenu.core.rows import Columns
from chenu.core.tables import OutboxMail
from chenu.core.time_line import Line, fetch_lines


class MailState(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"


class ListedMail(msgspec.Struct, frozen=True):
    """`created_at` is business time, `next_attempt_at` and `sent_at` are system time."""

    id: UUID
    kind: str
    to_address: str
    locale: str
    state: str
    attempts: int
    last_error: str | None
    next_attempt_at: datetime
    created_at: datetime
    sent_at: datetime | None


_COLUMNS = Columns(ListedMail, OutboxMail).select()
_ROWS = f"SELECT {_COLUMNS} FROM outbox_mail"  # noqa: S608 - own columns
_NEWEST_FIRST = by_time("created_at", "id")
_LINES = """
    SELECT created_at AS at, 'mail:' || id AS ref, state AS what, kind AS words, NULL AS amount,
        NULL::text AS stripe_id, id::text AS page_id
    FROM outbox_mail WHERE to_address = ANY($1)
"""


async def list_mail_lines(emails: Collection[str], page: PageRequest) -> list[Line]:
    return await fetch_lines(_LINES, page, list(emails))


async def list_mails(state: MailState | None, page: PageRequest) -> Page[ListedMail]:
    """The newest first; None: in every state."""
    if state is None:
        return await fetch_page(ListedMail, _ROWS, "true", page=page, order=_NEWEST_FIRST)
    where, value = "state = $1", state.value
    return await fetch_page(ListedMail, _ROWS, where, value, page=page, order=_NEWEST_FIRST)


async def get_mail(mail_id: UUID, *, lock: bool = False) -> ListedMail:
    """Raises NotFound."""
    suffix = "FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(ListedMail, f"{_ROWS} WHERE id = $1 {suffix}", mail_id)
    if found is None:
        raise NotFound("There is no such mail: mails are stored for 90 days")
    return found


async def send_again(mail_id: UUID) -> None:
    """It waits to be sent as if it never was, with a job. In the caller's transaction."""
    sql = """
        UPDATE outbox_mail SET state = 'QUEUED', attempts = 0, last_error = NULL,
            next_attempt_at = $2
        WHERE id = $1
    """
    await db.execute(sql, mail_id, system_now())
    await queue.enqueue(queue.Job.MAIL, str(mail_id))
