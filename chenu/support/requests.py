"""Requests to the support desk: asked by members, answered by staff, in the order in which due."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts import attempts
from chenu.accounts.actor import AccountId, Actor, Staff, UserId
from chenu.accounts.attempts import Limit
from chenu.accounts.roles import Right
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.accounts.users import get_user
from chenu.accounts.validation import check_line, check_text
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState, NotFound, RefusedError, reject_if_any
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest, by_time
from chenu.core.rows import Columns, insert
from chenu.core.text import tidy
from chenu.support.business_hours import due_at
from chenu.support.tables import SupportAnswer, SupportRequest
from chenu.tiers.catalogue import SupportLevel, TierCode, get_tier

RequestId = NewType("RequestId", UUID)

MAX_SUBJECT, MAX_BODY = 120, 5000
PER_PERSON = Limit("support_request", 10, timedelta(hours=1))


class SupportNotIncluded(RefusedError):
    """A plan whose support is the page of answers."""

    code = "PLAN_REQUIRED"


class RequestRow(msgspec.Struct, frozen=True):
    id: RequestId
    account_id: AccountId
    requester_id: UserId
    level_code: str
    subject: str
    body: str
    created_at: datetime
    due_at: datetime
    answered_at: datetime | None
    closed_at: datetime | None

    @property
    def is_late(self) -> bool:
        return self.answered_at is None and self.due_at < business_now()


class AnswerRow(msgspec.Struct, frozen=True):
    request_id: RequestId
    body: str
    created_at: datetime


_COLUMNS = Columns(
    RequestRow,
    SupportRequest,
    account_id="account",
    requester_id="requester",
    level_code="level",
).select()
_SELECT = f"SELECT {_COLUMNS} FROM support_request"  # noqa: S608 - own columns
_ANSWER_COLUMNS = Columns(AnswerRow, SupportAnswer, request_id="request").select()


def level_of(tier: TierCode | str) -> SupportLevel:
    return get_tier(tier).support


def find_refusal(actor: Actor) -> RefusedError | None:
    """Why the account's plan has no support desk; None where it has one."""
    if level_of(actor.tier) is SupportLevel.COMMUNITY:
        tier = next(tier for tier in TierCode if level_of(tier) is not SupportLevel.COMMUNITY)
        return SupportNotIncluded(
            "Personal answers come with the {tier} plan or higher", tier=get_tier(tier).name
        )
    return None


def may_ask_support(actor: Actor) -> bool:
    """Whether the account's plan has a support desk and the caller's role includes it."""
    return find_refusal(actor) is None and actor.has_right(Right.ASK_SUPPORT)


async def ask_support(actor: Actor, subject: str, body: str) -> RequestId:
    """A mail says by when it is answered. Raises SupportNotIncluded, Invalid, RateLimited."""
    account_id = actor.require_right(Right.ASK_SUPPORT)
    actor.require_verified()
    refusal = find_refusal(actor)
    if refusal is not None:
        raise refusal
    errors = check_line(subject, path=("subject",), longest=MAX_SUBJECT)
    reject_if_any([*errors, *check_text(body, path=("body",), longest=MAX_BODY)])

    async def write() -> RequestId:
        await attempts.count_attempt(PER_PERSON, str(actor.require_user()))
        request_id, due = await _insert(actor, account_id, tidy(subject), tidy(body))
        person = await get_user(actor.require_user())
        params = {"name": person.mail_name, "due_at": due.isoformat()}
        key = f"support:{request_id}"
        await queue_mail(MailKind.SUPPORT_ASKED, person.email, person.locale, key, params)
        return request_id

    return await db.run_in_transaction(write)


async def _insert(
    actor: Actor, account_id: AccountId, subject: str, body: str
) -> tuple[RequestId, datetime]:
    request_id, now, level = RequestId(new_id()), business_now(), level_of(actor.tier)
    due = due_at(now, level)
    row = {
        "id": request_id,
        "account": account_id,
        "requester": actor.require_user(),
        "level": level,
        "subject": subject,
        "body": body,
        "created_at": now,
        "due_at": due,
    }
    await insert(SupportRequest, row)
    return request_id, due


async def list_own_requests(user_id: UserId, page: PageRequest) -> Page[RequestRow]:
    """What the person asked, whatever account they acted for; the newest first."""
    return await fetch_page(RequestRow, _SELECT, "requester = $1", user_id, page=page)


async def list_answers(request_ids: Sequence[RequestId]) -> list[AnswerRow]:
    """The oldest first."""
    sql = f"""
        SELECT {_ANSWER_COLUMNS} FROM support_answer WHERE request = ANY($1) ORDER BY id LIMIT 1000
    """  # noqa: S608 - own columns
    return await db.fetch_all(AnswerRow, sql, list(request_ids))


async def list_queue(page: PageRequest) -> Page[RequestRow]:
    """What is not closed, in the order in which answers are due."""
    soonest = by_time("due_at", "id", descending=False)
    return await fetch_page(RequestRow, _SELECT, "closed_at IS NULL", page=page, order=soonest)


async def get_request(request_id: RequestId) -> RequestRow:
    """For staff. Raises NotFound."""
    found = await db.find_one(RequestRow, f"{_SELECT} WHERE id = $1", request_id)
    if found is None:
        raise NotFound("There is no such request")
    return found


async def answer_request(
    actor: Actor, request_id: RequestId, body: str, reason: str | None = None
) -> None:
    """By mail to who asked. Raises Forbidden, NotFound, Invalid, InvalidState once it is closed."""
    author = actor.require_staff(Staff.SUPPORT)
    errors = check_text(body, path=("answer",), longest=MAX_BODY)
    reject_if_any([*errors, *check_reason(reason)])

    async def write() -> None:
        request = await _lock_open(request_id)
        answer_id, now = new_id(), business_now()
        await insert(
            SupportAnswer,
            {
                "id": answer_id,
                "request": request.id,
                "author": author,
                "body": tidy(body),
                "created_at": now,
            },
        )
        sql = "UPDATE support_request SET answered_at = coalesce(answered_at, $2) WHERE id = $1"
        await db.execute(sql, request.id, now)
        await record_staff_act(actor, StaffAct.SUPPORT_ANSWER, request.id, reason)
        await _mail_answer(request, answer_id, tidy(body))

    await db.run_in_transaction(write)


async def _mail_answer(request: RequestRow, answer_id: UUID, body: str) -> None:
    person = await get_user(request.requester_id)
    params = {"name": person.mail_name, "answer": body}
    key = f"support answer:{answer_id}"
    await queue_mail(MailKind.SUPPORT_ANSWERED, person.email, person.locale, key, params)


async def close_request(actor: Actor, request_id: RequestId, reason: str | None = None) -> None:
    """Once, for good. Raises Forbidden, NotFound, InvalidState when it is closed or unanswered."""
    actor.require_staff(Staff.SUPPORT)
    reject_if_any(check_reason(reason))

    async def write() -> None:
        request = await _lock_open(request_id)
        if request.answered_at is None:
            raise InvalidState("Please answer before you close the request")
        sql = "UPDATE support_request SET closed_at = $2 WHERE id = $1"
        await db.execute(sql, request.id, business_now())
        await record_staff_act(actor, StaffAct.SUPPORT_CLOSE, request.id, reason)

    await db.run_in_transaction(write)


async def _lock_open(request_id: RequestId) -> RequestRow:
    sql = f"{_SELECT} WHERE id = $1 FOR NO KEY UPDATE"
    found = await db.find_one(RequestRow, sql, request_id)
    if found is None:
        raise NotFound("There is no such request")
    if found.closed_at is not None:
        raise InvalidState("This request is closed")
    return found
