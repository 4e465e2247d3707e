"""Who asked for an ENTERPRISE contract: their inquiries, and the queue in which staff answer."""

from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts import attempts
from chenu.accounts.actor import Actor, Staff
from chenu.accounts.attempts import Limit
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.accounts.validation import check_email, check_line, check_text, normalise_email
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Invalid, InvalidState, NotFound, reject_if_any
from chenu.core.i18n import Locale, mark
from chenu.core.ids import new_id
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns
from chenu.core.text import tidy
from chenu.support.tables import EnterpriseInquiry

InquiryId = NewType("InquiryId", UUID)

MAX_MESSAGE = 3000
MAX_SEATS = 100_000
PER_IP = Limit("inquiry_address", 10, timedelta(hours=1))
PER_EMAIL = Limit("inquiry_email", 3, timedelta(hours=24))


class InquiryRow(msgspec.Struct, frozen=True):
    """`seats` None: not said."""

    id: InquiryId
    name: str
    company: str
    email: str
    seats: int | None
    message: str
    locale: str
    created_at: datetime
    closed_at: datetime | None


_INQUIRIES = Columns(InquiryRow, EnterpriseInquiry)
_INQUIRY = f"SELECT {_INQUIRIES.select()} FROM enterprise_inquiry"  # noqa: S608 - own columns


class InquiryInput(msgspec.Struct, frozen=True):
    name: str
    company: str
    email: str
    seats: int | None
    message: str
    locale: Locale


async def ask_for_offer(actor: Actor, data: InquiryInput) -> InquiryId:
    """Anybody may. Raises Invalid, RateLimited."""
    email = normalise_email(data.email)
    reject_if_any(_check(data, email))
    row = InquiryRow(
        id=InquiryId(new_id()),
        name=tidy(data.name),
        company=tidy(data.company),
        email=email,
        seats=data.seats,
        message=tidy(data.message),
        locale=data.locale,
        created_at=business_now(),
        closed_at=None,
    )

    async def write() -> None:
        await attempts.count_attempt(PER_IP, actor.ip)
        await attempts.count_attempt(PER_EMAIL, email)
        await _INQUIRIES.insert(row)

    await db.run_in_transaction(write)
    return row.id


def _check(data: InquiryInput, email: str) -> list[ChenuError]:
    errors = check_line(data.name, path=("name",))
    errors += check_line(data.company, path=("company",))
    errors += check_email(email)
    errors += check_text(data.message, path=("message",), longest=MAX_MESSAGE)
    if data.seats is not None and not 1 <= data.seats <= MAX_SEATS:
        message = mark("Please enter a number from {lowest} to {highest}")
        errors.append(Invalid(message, path=("seats",), lowest=1, highest=MAX_SEATS))
    return errors


async def list_inquiries(page: PageRequest) -> Page[InquiryRow]:
    """What is not closed, the oldest last."""
    return await fetch_page(InquiryRow, _INQUIRY, "closed_at IS NULL", page=page)


@db.transactional
async def close_inquiry(actor: Actor, inquiry_id: InquiryId, reason: str | None = None) -> None:
    """It was answered, or needs no answer. Raises Forbidden, NotFound, Invalid, InvalidState."""
    actor.require_staff(Staff.SUPPORT)
    reject_if_any(check_reason(reason))
    found = await db.find_one(InquiryRow, f"{_INQUIRY} WHERE id = $1 FOR NO KEY UPDATE", inquiry_id)
    if found is None:
        raise NotFound("There is no such inquiry")
    if found.closed_at is not None:
        raise InvalidState("This inquiry is closed")
    sql = "UPDATE enterprise_inquiry SET closed_at = $2 WHERE id = $1"
    await db.execute(sql, inquiry_id, business_now())
    await record_staff_act(actor, StaffAct.INQUIRY_CLOSE, inquiry_id, reason)
