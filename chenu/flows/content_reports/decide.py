"""Staff decide about all reports of one agent or review at once, and their reporters are told."""

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.agents.model import AgentId, ReviewId
from chenu.agents.queries import find_agent
from chenu.agents.review_removal import get_review
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.core.errors import Forbidden, Invalid, NotFound, reject_if_any
from chenu.core.mail import MailKind, queue_mail
from chenu.core.report_mail_params import ReportDecidedParams
from chenu.core.text import tidy
from chenu.flows.content_reports.send import find_mailbox
from chenu.flows.creators.review_agent import is_of_reviewer
from chenu.moderation.report_cases import CaseRow, close_case, get_case
from chenu.moderation.report_model import CaseId, CaseState, ReportedKind
from chenu.moderation.reports import list_answerable

_ACTS = {CaseState.DISMISSED: StaffAct.REPORT_DISMISS, CaseState.ACTED: StaffAct.REPORT_ACT}


async def decide_case(
    actor: Actor, case_id: CaseId, outcome: CaseState, reason: str | None
) -> None:
    """Raises Forbidden, NotFound, Invalid, InvalidState when it is decided already."""
    actor.require_staff(Staff.REVIEWER)
    reject_if_any(check_reason(reason))
    if outcome not in _ACTS:
        allowed = ", ".join(_ACTS)
        raise Invalid("Please choose one of: {allowed}", path=("outcome",), allowed=allowed)

    async def write() -> None:
        case = await get_case(case_id, lock=True)
        await settle_case(actor, case, outcome, reason or "")
        await record_staff_act(actor, _ACTS[outcome], case_id, reason)

    await db.run_in_transaction(write)


async def settle_case(actor: Actor, case: CaseRow, outcome: CaseState, reason: str) -> None:
    """Part of the transaction of what staff did, which holds the lock of the case."""
    agent = await find_agent(AgentId(case.agent))
    if agent is None:
        raise NotFound("There is no such agent")
    await _require_apart(actor, case, agent)
    await close_case(case, outcome, actor.require_user(), reason)
    for report in await list_answerable(case.id):
        mailbox = await find_mailbox(report)
        if mailbox is None:
            continue
        email, locale = mailbox
        params = ReportDecidedParams(
            agent=agent.text(locale).name,
            is_review=case.kind is ReportedKind.REVIEW,
            is_acted=outcome is CaseState.ACTED,
            reason=tidy(reason),
            receipt=report.receipt,
        )
        key = f"report-decided:{report.id}"
        await queue_mail(MailKind.REPORT_DECIDED, email, locale, key, params)


async def _require_apart(actor: Actor, case: CaseRow, agent: AgentRow) -> None:
    """Four eyes: neither who sells the agent nor who wrote the review. Raises Forbidden."""
    if await is_of_reviewer(actor, agent):
        raise Forbidden("You have a part in this agent: another reviewer decides about it")
    if case.kind is ReportedKind.REVIEW:
        review = await get_review(ReviewId(case.subject))
        if review.author_id == actor.require_user():
            raise Forbidden("You have a part in this review: another reviewer decides about it")
