"""Anybody reports an agent or a review: docs/decisions/0052."""

from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor
from chenu.accounts.users import get_user
from chenu.accounts.validation import normalise_email
from chenu.agents.buyer_reviews import get_shown_review
from chenu.agents.model import AgentId, ReviewId
from chenu.agents.queries import get_visible_agent, is_own
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import Forbidden, NotFound, reject_if_any
from chenu.core.i18n import Locale, known_locale
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.report_mail_params import ReportReceivedParams
from chenu.core.text import tidy
from chenu.moderation.report_cases import lock_open_case
from chenu.moderation.report_model import CaseId, ReportedKind, ReportId
from chenu.moderation.reports import (
    ReportInput,
    ReportRow,
    check_report,
    count_report,
    find_report_by_receipt,
    find_report_of,
    insert_report,
    receipt_of,
)


class _Reported(msgspec.Struct, frozen=True):
    """What is reported: the agent itself, or a review of it."""

    kind: ReportedKind
    subject: UUID
    agent: AgentRow


async def report_agent(actor: Actor, agent_id: AgentId, data: ReportInput) -> str:
    """Returns the receipt. Raises NotFound, Forbidden for one's own, Invalid, RateLimited."""
    agent = await get_visible_agent(actor, agent_id)
    if is_own(actor, agent):
        raise Forbidden("You made this agent: you can change it, or take it off the store")
    return await _send(actor, _Reported(ReportedKind.AGENT, agent.id, agent), data)


async def report_review(actor: Actor, review_id: ReviewId, data: ReportInput) -> str:
    """Returns the receipt. Raises NotFound, Forbidden for one's own, Invalid, RateLimited."""
    review = await get_shown_review(review_id)
    try:
        agent = await get_visible_agent(actor, review.agent_id)
    except NotFound:
        raise NotFound("There is no such review", path=("review_id",)) from None
    if actor.user_id is not None and actor.user_id == review.author_id:
        raise Forbidden("You wrote this review: you can write it anew")
    return await _send(actor, _Reported(ReportedKind.REVIEW, review.id, agent), data)


async def _send(actor: Actor, reported: _Reported, data: ReportInput) -> str:
    """A form that was sent twice, and a person who reports twice, have one report."""
    email = "" if actor.user_id is not None else normalise_email(data.email)
    reject_if_any(check_report(data, email))
    receipt = receipt_of(data.key, reported.subject, actor.user_id)
    if await find_report_by_receipt(receipt) is not None:
        return receipt

    async def write() -> str:
        await count_report(actor, email)
        case = await lock_open_case(reported.kind, reported.subject, reported.agent.id)
        if actor.user_id is not None:
            earlier = await find_report_of(case.id, actor.user_id)
            if earlier is not None:
                return earlier.receipt
        row = _make_report(actor, case.id, receipt, email, data)
        if await insert_report(row):
            await _mail_receipt(row, reported)
        return receipt

    return await db.run_in_transaction(write)


def _make_report(
    actor: Actor, case_id: CaseId, receipt: str, email: str, data: ReportInput
) -> ReportRow:
    return ReportRow(
        id=ReportId(new_id()),
        case_id=case_id,
        receipt=receipt,
        reporter_id=actor.user_id,
        email=email or None,
        locale=data.locale,
        ground=data.ground,
        body=tidy(data.body),
        created_at=business_now(),
    )


async def find_mailbox(report: ReportRow) -> tuple[str, Locale] | None:
    """Where the reporter is told something, and in which language; None where they stay unknown."""
    if report.reporter_id is not None:
        person = await get_user(report.reporter_id)
        return person.email, person.locale
    if report.email is None:
        return None
    return report.email, known_locale(report.locale)


async def _mail_receipt(report: ReportRow, reported: _Reported) -> None:
    """Without the reporter's own words: the address may be somebody else's."""
    mailbox = await find_mailbox(report)
    if mailbox is None:
        return
    email, locale = mailbox
    params = ReportReceivedParams(
        agent=reported.agent.text(locale).name,
        is_review=reported.kind is ReportedKind.REVIEW,
        receipt=report.receipt,
    )
    key = f"report:{report.id}"
    await queue_mail(MailKind.REPORT_RECEIVED, email, locale, key, params)
