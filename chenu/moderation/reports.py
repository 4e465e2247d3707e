"""Reports of agents and reviews, by anybody: what is said, and by whom if they want an answer."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from chenu.accounts import attempts
from chenu.accounts.actor import Actor, UserId
from chenu.accounts.attempts import Limit
from chenu.accounts.validation import check_email, check_text
from chenu.core import db
from chenu.core.errors import ChenuError, Invalid, NotFound
from chenu.core.i18n import Locale, mark
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns
from chenu.core.text import tidy
from chenu.moderation.report_model import CaseId, ReportGround, ReportId
from chenu.moderation.report_tables import ContentReport

SHORTEST, LONGEST = 20, 2000
PER_IP = Limit("report_address", 20, timedelta(hours=1))
PER_PERSON = Limit("report_person", 20, timedelta(hours=24))
PER_EMAIL = Limit("report_email", 5, timedelta(hours=24))
"""Nobody fills somebody else's mailbox with our receipts."""


class ReportInput(msgspec.Struct, frozen=True):
    """`email` is empty for who wants no answer, and unread for who is signed in.

    `key` is made with the form: the same one twice is the same report.
    """

    ground: ReportGround
    body: str
    email: str
    key: str
    locale: Locale


class ReportRow(msgspec.Struct, frozen=True):
    id: ReportId
    case_id: CaseId
    receipt: str
    reporter_id: UserId | None
    email: str | None
    locale: str
    ground: ReportGround
    body: str
    created_at: datetime


_REPORTS = Columns(ReportRow, ContentReport, case_id="report_case", reporter_id="reporter")
_REPORT = f"SELECT {_REPORTS.select()} FROM content_report"  # noqa: S608 - own columns


def check_report(data: ReportInput, email: str) -> list[ChenuError]:
    errors = check_text(data.body, path=("body",), longest=LONGEST)
    if not errors and len(tidy(data.body)) < SHORTEST:
        message = mark("Please write at least {count} characters: what is wrong, and where")
        errors.append(Invalid(message, path=("body",), count=SHORTEST))
    if email:
        errors += check_email(email)
    if not data.key:
        message = mark("This form is too old. Please load the page anew")
        errors.append(Invalid(message, path=("idempotency_key",)))
    return errors


def receipt_of(key: str, subject: UUID, reporter: UserId | None) -> str:
    """Nobody guesses it who does not know the form's key."""
    sent = f"{subject}\n{reporter or ''}\n{key}".encode()
    return hashlib.sha256(sent).hexdigest()[:40]


async def count_report(actor: Actor, email: str) -> None:
    """Raises RateLimited."""
    await attempts.count_attempt(PER_IP, actor.ip)
    if actor.user_id is not None:
        await attempts.count_attempt(PER_PERSON, str(actor.user_id))
    elif email:
        await attempts.count_attempt(PER_EMAIL, email)


async def insert_report(row: ReportRow) -> bool:
    """Whether it is new: a form that was sent twice at the same moment is one report."""
    return bool(await _REPORTS.insert(row, "ON CONFLICT (receipt) DO NOTHING"))


async def find_report_by_receipt(receipt: str) -> ReportRow | None:
    return await db.find_one(ReportRow, f"{_REPORT} WHERE receipt = $1", receipt)


async def get_report_by_receipt(receipt: str) -> ReportRow:
    """Raises NotFound."""
    found = await find_report_by_receipt(receipt)
    if found is None:
        raise NotFound("There is no such report")
    return found


async def find_report_of(case_id: CaseId, user_id: UserId) -> ReportRow | None:
    """What this person has said already, while staff have not decided."""
    sql = f"{_REPORT} WHERE report_case = $1 AND reporter = $2 ORDER BY id LIMIT 1"
    return await db.find_one(ReportRow, sql, case_id, user_id)


async def list_reports(case_id: CaseId, page: PageRequest) -> Page[ReportRow]:
    """The newest first."""
    return await fetch_page(ReportRow, _REPORT, "report_case = $1", case_id, page=page)


async def list_answerable(case_id: CaseId) -> list[ReportRow]:
    """Those whose reporters can be told what became of it."""
    sql = f"""
        {_REPORT} WHERE report_case = $1 AND (reporter IS NOT NULL OR email IS NOT NULL) ORDER BY id
    """
    return await db.fetch_all(ReportRow, sql, case_id)
